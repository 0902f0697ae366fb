import { createVerify, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

export interface StubReply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

export interface StubCall {
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly body: unknown;
}

/** A GitHub whose answers are scripted by route; a list is used up from its start, its last stays. */
export async function startStubGithub(routes: Record<string, StubReply | StubReply[]>): Promise<{
  url: string;
  /** May be changed while it runs. */
  routes: Record<string, StubReply | StubReply[]>;
  calls: StubCall[];
  close: () => Promise<void>;
}> {
  const calls: StubCall[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const path = request.url ?? "";
      calls.push({
        method: request.method ?? "",
        path,
        authorization: request.headers.authorization ?? "",
        body: text === "" ? undefined : JSON.parse(text),
      });
      const route = routes[`${request.method} ${path}`];
      const reply = Array.isArray(route) ? (route.length > 1 ? route.shift() : route[0]) : route;
      const { status, headers, body } = reply ?? { status: 404, body: { message: "Not Found" } };
      response.writeHead(status, { "Content-Type": "application/json", ...headers });
      response.end(body === undefined ? "" : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    routes,
    calls,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export const appKey = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});

/** The claims of a JWT that the App's key really signed. */
export function verifyAppJwt(authorization: string): Record<string, unknown> {
  const [header = "", claims = "", signature = ""] = authorization
    .replace(/^Bearer /, "")
    .split(".");
  const verified = createVerify("RSA-SHA256")
    .update(`${header}.${claims}`)
    .verify(appKey.publicKey, Buffer.from(signature, "base64url"));
  if (!verified) throw new Error("the JWT's signature is not the App's");
  const decoded: unknown = JSON.parse(Buffer.from(header, "base64url").toString());
  if ((decoded as { alg?: string }).alg !== "RS256") throw new Error("the JWT is not RS256");
  return JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, unknown>;
}
