import { Server, ServerCredentials, status, type ServiceDefinition } from "@grpc/grpc-js";
import type { UntypedHandleCall } from "@grpc/grpc-js";
import { controllerMethods, providerMethods, type Method } from "./messages.js";
import { decodeMessage, encodeMessage, type Message } from "./wire.js";

type Handler = (request: Message) => Promise<Message> | Message;

export interface PluginServer {
  close(): void;
}

/** Serves the plugin protocol on a Unix socket; `onShutdown` is Terraform saying that it is done. */
export async function servePlugin(
  socket: string,
  handlers: Readonly<Record<string, Handler>>,
  onShutdown: () => void,
): Promise<PluginServer> {
  // The schema of a whole provider is one message.
  const server = new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
  });
  addService(server, "tfplugin6.Provider", providerMethods, handlers);
  addService(server, "plugin.GRPCController", controllerMethods, {
    Shutdown: () => {
      setImmediate(onShutdown);
      return {};
    },
  });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error === null ? resolve() : reject(error),
    );
  });
  return { close: () => server.forceShutdown() };
}

function addService(
  server: Server,
  service: string,
  methods: Readonly<Record<string, Method>>,
  handlers: Readonly<Record<string, Handler>>,
): void {
  const definition: Record<string, ServiceDefinition[string]> = {};
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const [name, { request, response }] of Object.entries(methods)) {
    definition[name] = {
      path: `/${service}/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: (message: Message) => encodeMessage(request, message),
      requestDeserialize: (bytes: Buffer) => decodeMessage(request, bytes),
      responseSerialize: (message: Message) => encodeMessage(response, message),
      responseDeserialize: (bytes: Buffer) => decodeMessage(response, bytes),
    };
    implementation[name] = (
      call: { request: Message },
      callback: (error: { code: number; details: string } | null, reply?: Message) => void,
    ) => {
      Promise.resolve()
        .then(() => handlers[name]?.(call.request) ?? {})
        .then(
          (reply) => callback(null, reply),
          (error: unknown) => callback({ code: status.INTERNAL, details: describe(error) }),
        );
    };
  }
  server.addService(definition, implementation);
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
