import { createServer, type Server } from "node:https";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { createLocalhostCertificate } from "./localhost-certificate.js";

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

export interface FakeReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Cut the connection instead of answering. */
  readonly cut?: boolean;
}

export type Handler = (request: SeenRequest) => FakeReply | Promise<FakeReply>;

export interface HttpsServer {
  readonly origin: string;
  readonly host: string;
  readonly ca: string;
  readonly requests: SeenRequest[];
  close(): Promise<void>;
}

let certificate: { readonly key: string; readonly cert: string } | undefined;

/** A tiny HTTPS server with a certificate of its own, for what one adapter asks of one service. */
export async function startHttpsServer(handler: Handler): Promise<HttpsServer> {
  certificate ??= createLocalhostCertificate();
  const { key, cert } = certificate;
  const requests: SeenRequest[] = [];
  const server: Server = createServer({ key, cert }, (request, response) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const url = new URL(request.url ?? "/", "https://localhost");
      const seen = {
        method: request.method ?? "GET",
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString("latin1"),
      };
      requests.push(seen);
      const reply = await handler(seen);
      if (reply.cut === true) {
        request.socket.destroy();
        return;
      }
      const isText = typeof reply.body === "string" || Buffer.isBuffer(reply.body);
      response.writeHead(reply.status, {
        ...(reply.body === undefined || isText ? {} : { "content-type": "application/json" }),
        ...reply.headers,
      });
      response.end(
        reply.body === undefined
          ? undefined
          : isText
            ? (reply.body as string | Buffer)
            : JSON.stringify(reply.body),
      );
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `https://localhost:${port}`,
    host: `localhost:${port}`,
    ca: cert,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
