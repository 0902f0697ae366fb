import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { createGithubRoom } from "../../../src/sandbox/github/service.js";
import {
  SandboxHttpError,
  type Clock,
  type Collection,
  type GithubPort,
  type SandboxRequest,
  type SandboxService,
} from "../../../src/sandbox/ports.js";
import { findOperation } from "../../../src/sandbox/github/contract.js";
import responses from "../../fixtures/github-openapi/responses.json" with { type: "json" };

export class HandClock implements Clock {
  private time = Date.now();
  now(): Date {
    return new Date(this.time);
  }
  advance(milliseconds: number): void {
    this.time += milliseconds;
  }
  sleep(): Promise<void> {
    return Promise.reject(new Error("nothing here sleeps"));
  }
}

export interface GithubFixture {
  readonly origin: string;
  readonly api: string;
  readonly clock: HandClock;
  readonly port: GithubPort;
  readonly pat: string;
  readonly appKey: string;
  /** A client signed in with the seeded personal access token. */
  readonly octokit: Octokit;
  /** A client signed in as the seeded App's installation. */
  readonly installation: Octokit;
  readonly signInAs: (token: string) => Octokit;
  readonly control: (method: string, path: string, body?: unknown) => Promise<unknown>;
  readonly fetch: (
    path: string,
    init?: RequestInit & { token?: string | null },
  ) => Promise<Response>;
  /** The room again over the same records, as after a restart of the sandbox. */
  readonly restart: () => GithubPort;
  readonly close: () => Promise<void>;
}

/** The GitHub room alone behind a plain HTTP server, with every JSON answer held against GitHub's description. */
export async function startGithub(): Promise<GithubFixture> {
  const folder = mkdtempSync(join(tmpdir(), "sandbox-github-"));
  const clock = new HandClock();
  const collections = new Map<string, Collection<unknown>>();
  let service: SandboxService | undefined;
  const server = createServer((message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const url = new URL(message.url ?? "/", `http://${message.headers.host}`);
      const body = Buffer.concat(chunks);
      const request: SandboxRequest = {
        method: message.method ?? "GET",
        url,
        path: url.pathname,
        query: url.searchParams,
        headers: message.headers,
        listener: "main",
        stream: message,
        signal: new AbortController().signal,
        body: () => Promise.resolve(body),
        form: () => Promise.resolve(new URLSearchParams(body.toString())),
        json: () => {
          if (body.length === 0) return Promise.resolve(undefined);
          try {
            return Promise.resolve(JSON.parse(body.toString()) as unknown);
          } catch {
            return Promise.reject(new SandboxHttpError(400, "InvalidJson", "malformed"));
          }
        },
      };
      void answer(request).then(({ status, headers, body: content }) => {
        response.writeHead(status, headers as Record<string, string>);
        const plain = typeof content === "string" || Buffer.isBuffer(content);
        response.end(content === undefined ? undefined : plain ? content : JSON.stringify(content));
      });
    });
  });
  const answer = async (request: SandboxRequest) => {
    try {
      const reply = (await service?.handle(request)) ?? { status: 599, body: "nobody answered" };
      checkAnswer(request, reply);
      return { headers: {}, body: undefined, ...reply };
    } catch (error) {
      const known = error instanceof SandboxHttpError;
      return { status: known ? error.status : 598, headers: {}, body: String(error) };
    }
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const open = (): GithubPort => {
    const ctx = {
      clock,
      origin,
      state: {
        collection: <T>(name: string) => {
          const known = collections.get(name) ?? makeCollection();
          collections.set(name, known);
          return known as Collection<T>;
        },
        directory: (...segments: string[]) => makeFolder(join(folder, ...segments)),
      },
    };
    const room = createGithubRoom(ctx, { packageRoot: process.cwd() });
    service = room.services[0];
    return room.port;
  };
  const port = open();
  const api = `${origin}/api/v3`;
  const pat = readFileSync(join(folder, "github/pat"), "utf8").trim();
  const appKey = readFileSync(join(folder, "github/app-private-key.pem"), "utf8");
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const signInAs = (token: string): Octokit =>
    new Octokit({ baseUrl: api, auth: token, log: quiet });
  return {
    origin,
    api,
    clock,
    port,
    pat,
    appKey,
    octokit: signInAs(pat),
    installation: new Octokit({
      baseUrl: api,
      authStrategy: createAppAuth,
      auth: { appId: 1, privateKey: appKey, installationId: 1 },
      log: quiet,
    }),
    signInAs,
    control: async (method, path, body) => {
      const reply = await fetch(`${origin}/_sandbox/github${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${reply.status} ${text}`);
      return text === "" ? undefined : (JSON.parse(text) as unknown);
    },
    fetch: (path, { token, ...init } = {}) =>
      fetch(`${api}${path}`, {
        ...init,
        headers: {
          "user-agent": "test",
          ...(token === null ? {} : { authorization: `Bearer ${token ?? pat}` }),
          ...(init.headers as Record<string, string> | undefined),
        },
      }),
    restart: open,
    close: async () => {
      await closeServer(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeFolder(path: string): string {
  mkdirSync(path, { recursive: true });
  return path;
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function makeCollection(): Collection<unknown> {
  const records = new Map<string, unknown>();
  return {
    get: (key) => records.get(key),
    // As a file would: what is stored is not what the caller still holds.
    set: (key, value) => void records.set(key, structuredClone(value)),
    delete: (key) => records.delete(key),
    entries: (prefix = "") => [...records].filter(([key]) => key.startsWith(prefix)),
  };
}

const ajv = new Ajv({ strict: false, allErrors: true });
(addFormats as unknown as { default: typeof addFormats.default }).default(ajv);
ajv.addFormat("uri-template", true);
ajv.addSchema({ $id: "answers", schemas: responses.schemas });

export interface Misfit {
  readonly request: string;
  readonly problem: string;
}

/** What did not fit the description since the last look. */
export const misfits: Misfit[] = [];
/** Operations answered with success, by id. */
export const covered = new Set<string>();

function checkAnswer(request: SandboxRequest, reply: { status: number; body?: unknown }): void {
  const match = findOperation(request.method, request.path.replace("/api/v3", "") || "/");
  if (match === undefined || !request.path.startsWith("/api/v3")) return;
  const { id } = match.operation;
  if (reply.status < 400) covered.add(id);
  const described = (responses.responses as Record<string, Record<string, unknown>>)[id] ?? {};
  const label = `${request.method} ${request.path} (${id}) → ${reply.status}`;
  const schema = described[String(reply.status)];
  if (schema === undefined) {
    // Errors common to all operations are not in each one's description.
    if (reply.status < 400 && reply.status !== 304)
      misfits.push({ request: label, problem: "status not described" });
    return;
  }
  const { body } = reply;
  if (schema === null || body === undefined || typeof body === "string") return;
  const text = JSON.stringify(schema).replaceAll('"#/schemas/', '"answers#/schemas/');
  const check = ajv.compile(JSON.parse(text) as object);
  const value: unknown = Buffer.isBuffer(body) ? JSON.parse(body.toString()) : body;
  if (!check(value)) {
    misfits.push({ request: label, problem: ajv.errorsText(check.errors).slice(0, 3000) });
  }
}
