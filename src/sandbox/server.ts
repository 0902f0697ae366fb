import {
  createServer as createHttpServer,
  type RequestListener,
  type Server as HttpServer,
} from "node:http";
import { createServer as createHttpsServer, type Server as HttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Collection } from "./ports.js";
import type { RouteRequest } from "./router.js";
import type { SandboxCertificates } from "./tls.js";

type AnyServer = HttpServer | HttpsServer;

export interface ListenerOptions {
  readonly scheme: "https" | "http";
  /** A port that must be had; otherwise the one remembered, if it is free, or any. */
  readonly port?: number | undefined;
  /** What requests carry as their `listener`, if not the listener's own name. */
  readonly label?: string;
}

/**
 * The sandbox's ports on loopback, by name. A port is remembered with its name: what clients wrote
 * down (a vault's address, a registry's login server) stays true after a restart.
 */
export class Listeners {
  private readonly servers = new Map<string, { server: AnyServer; port: number }>();

  constructor(
    private readonly certificates: SandboxCertificates,
    private readonly ports: Collection<number>,
    private readonly route: RouteRequest,
  ) {}

  /** Opens a listener, or finds it open; answers its port. */
  async open(name: string, options: ListenerOptions): Promise<number> {
    const running = this.servers.get(name);
    if (running !== undefined) return running.port;
    const { server, port } = await this.bind(name, options);
    this.servers.set(name, { server, port });
    this.ports.set(name, port);
    return port;
  }

  async close(name: string): Promise<void> {
    const running = this.servers.get(name);
    this.servers.delete(name);
    if (running !== undefined) await stopServer(running.server);
  }

  /** Closes a listener and gives its port away. */
  async forget(name: string): Promise<void> {
    this.ports.delete(name);
    await this.close(name);
  }

  async closeAll(): Promise<void> {
    await this.closeExcept([]);
  }

  async closeExcept(kept: readonly string[]): Promise<void> {
    const names = [...this.servers.keys()].filter((name) => !kept.includes(name));
    await Promise.all(names.map((name) => this.close(name)));
  }

  private async bind(
    name: string,
    options: ListenerOptions,
  ): Promise<{ server: AnyServer; port: number }> {
    const label = options.label ?? name;
    if (options.port !== undefined) return await this.listen(label, options.scheme, options.port);
    const remembered = this.ports.get(name);
    if (remembered !== undefined) {
      try {
        return await this.listen(label, options.scheme, remembered);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
      }
    }
    return await this.listen(label, options.scheme, 0);
  }

  private async listen(
    label: string,
    scheme: ListenerOptions["scheme"],
    port: number,
  ): Promise<{ server: AnyServer; port: number }> {
    const handler: RequestListener = (message, response) => {
      void this.route(message, response, { scheme, listener: label });
    };
    const server =
      scheme === "https"
        ? createHttpsServer({ key: this.certificates.key, cert: this.certificates.cert }, handler)
        : createHttpServer(handler);
    // Long polls and slow uploads are part of the contracts.
    server.requestTimeout = 0;
    server.keepAliveTimeout = 60_000;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, "127.0.0.1", () => resolve());
    });
    // A client that breaks off a handshake is its own affair.
    server.on("tlsClientError", () => {});
    server.on("clientError", (_error, socket) => socket.destroy());
    return { server, port: (server.address() as AddressInfo).port };
  }
}

async function stopServer(server: AnyServer): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
