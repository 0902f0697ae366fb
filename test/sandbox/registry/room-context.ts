import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { ControlClock } from "../../../src/sandbox/clock.js";
import {
  SandboxHttpError,
  type ArmResource,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../../../src/sandbox/ports.js";
import { FileStateStore } from "../../../src/sandbox/state.js";

export const subscription = "/subscriptions/5ab0c0de-5a4d-4b0e-9a53-0b0c5a4d0002";
export const resourceGroup = `${subscription}/resourceGroups/rg-test`;

/**
 * Just enough of a sandbox for one room: state on disk, a clock, and an Entra and RBAC that do as
 * the test says. A token is `token-OBJECTID@AUDIENCE`.
 */
export function createRoomContext(directory = mkdtempSync(join(tmpdir(), "sandbox-room-"))) {
  const state = new FileStateStore(directory);
  const clock = new ControlClock();
  const resources = new Map<string, ArmResource>();
  /** `objectId action`, with data actions among them. */
  const grants = new Set<string>();
  const partial: Partial<SandboxContext> = {
    state,
    clock,
    origin: "https://localhost:9443",
    httpOrigin: "http://localhost:9080",
    subscriptionId: subscription.split("/")[2] ?? "",
    signal: new AbortController().signal,
    listen: (name) => Promise.resolve(`localhost:${9500 + name.length}`),
    unlisten: () => Promise.resolve(),
    entra: {
      tenantId: "7e2a2d0c-5a4d-4b0e-9a53-0b0c5a4d0001",
      authenticate: (request, audiences) => {
        const token = /^Bearer token-(.+)@(.+)$/.exec(request.headers.authorization ?? "");
        const audience = token?.[2]?.replace(/\/$/, "") ?? "";
        if (token === null || !audiences.includes(audience)) {
          throw new SandboxHttpError(401, "InvalidAuthenticationToken", "The token is bad.");
        }
        return { objectId: token[1] ?? "", appId: "app", audience, tenantId: "tenant" };
      },
      issueToken: () => "unused",
      registerPrincipal: () => {},
    },
    rbac: { allows: (principal, action) => grants.has(`${principal} ${action}`) },
    arm: {
      find: (id) => resources.get(id.toLowerCase()),
      list: (type) => [...resources.values()].filter((one) => one.type === type),
    },
  };
  return {
    ctx: partial as SandboxContext,
    clock,
    directory,
    grant: (principal: string, ...actions: string[]) => {
      for (const action of actions) grants.add(`${principal} ${action}`);
    },
    revokeAll: () => grants.clear(),
    addResource: (resource: ArmResource) => resources.set(resource.id.toLowerCase(), resource),
    dispose: () => {
      state.flush();
      rmSync(directory, { recursive: true, force: true });
    },
    flush: () => state.flush(),
  };
}

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly listener?: string;
  readonly token?: string;
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Json = any;

/** Asks the services in turn, as the sandbox's router does; errors become replies. */
export async function call(
  services: readonly SandboxService[],
  target: string,
  init: Call = {},
): Promise<SandboxReply & { headers: Record<string, string>; json: Json }> {
  const url = new URL(target, "https://localhost:9443");
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(init.headers ?? {})) {
    headers[name.toLowerCase()] = value;
  }
  if (init.token !== undefined) headers["authorization"] = `Bearer ${init.token}`;
  const bytes =
    init.body === undefined
      ? Buffer.alloc(0)
      : Buffer.isBuffer(init.body)
        ? init.body
        : Buffer.from(typeof init.body === "string" ? init.body : JSON.stringify(init.body));
  const request: SandboxRequest = {
    method: init.method ?? "GET",
    url,
    path: url.pathname.replace(/\/{2,}/g, "/"),
    query: url.searchParams,
    headers,
    listener: init.listener ?? "main",
    stream: Readable.from([bytes]),
    signal: new AbortController().signal,
    body: () => Promise.resolve(bytes),
    json: () => Promise.resolve(bytes.length === 0 ? undefined : JSON.parse(bytes.toString())),
    form: () => Promise.resolve(new URLSearchParams(bytes.toString())),
  };
  let reply: SandboxReply | undefined;
  try {
    for (const service of services) {
      reply = await service.handle(request);
      if (reply !== undefined) break;
    }
  } catch (error) {
    if (!(error instanceof SandboxHttpError)) throw error;
    reply = {
      status: error.status,
      headers: error.options.headers ?? {},
      body: error.options.body ?? { error: { code: error.code, message: error.message } },
    };
  }
  if (reply === undefined) throw new Error(`No service answers ${request.method} ${target}`);
  const shown = Object.fromEntries(
    Object.entries(reply.headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
  return { ...reply, headers: shown, json: reply.body };
}
