import { build } from "esbuild";
import { EventEmitter, once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EnginePort } from "../../../src/sandbox/ports.js";
import {
  SandboxHttpError,
  type ArmResource,
  type BuiltImage,
  type Collection,
  type ExecutionRecord,
  type GithubPort,
  type LogRow,
  type SandboxContext,
  type SandboxRequest,
} from "../../../src/sandbox/ports.js";
import { createRunnerRoom } from "../../../src/sandbox/runner/service.js";
import type { Isolation } from "../../../src/sandbox/runner/isolation/container-launch.js";

/** A clock that stands still until a test moves it. */
class ManualClock {
  private time = Date.parse("2026-01-01T00:00:00Z");
  private sleepers: { until: number; wake: () => void }[] = [];

  now(): Date {
    return new Date(this.time);
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(new Error("aborted"));
      signal?.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
      this.sleepers.push({ until: this.time + milliseconds, wake: resolve });
    });
  }

  advance(milliseconds: number): void {
    this.time += milliseconds;
    const due = this.sleepers.filter(({ until }) => until <= this.time);
    this.sleepers = this.sleepers.filter(({ until }) => until > this.time);
    for (const { wake } of due) wake();
  }
}

export interface FakeSandbox {
  readonly context: SandboxContext;
  readonly clock: ManualClock;
  readonly engine: EnginePort;
  readonly folder: string;
  readonly rows: LogRow[];
  readonly issued: { objectId: string; appId: string; audience: string }[];
  readonly pulls: { image: string; identity: string | undefined }[];
  /** A second engine over the same state, as after a restart. */
  restart(): EnginePort;
  consoleOf(container: string): string[];
  reasons(): string[];
  finished(record: ExecutionRecord): Promise<ExecutionRecord>;
  /** Resolves when a line with this text has come from a container. */
  printed(text: string): Promise<void>;
  close(): Promise<void>;
}

export const jobId =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.App/jobs/caj-test";
export const environmentId =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.App/managedEnvironments/cae";
export const identityId =
  "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-vault";

export const caPem = "-----BEGIN CERTIFICATE-----\nc2FuZGJveA==\n-----END CERTIFICATE-----\n";

export async function startFakeSandbox(options: {
  readonly github?: GithubPort;
  readonly isolation?: Isolation;
  readonly listenerProgram?: string;
  readonly image?: Partial<BuiltImage>;
}): Promise<FakeSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "engine-"));
  const clock = new ManualClock();
  const rows: LogRow[] = [];
  const issued: FakeSandbox["issued"] = [];
  const pulls: FakeSandbox["pulls"] = [];
  const collections = new Map<string, Map<string, unknown>>();
  const changes = new EventEmitter().setMaxListeners(0);
  const closing = new AbortController();
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;

  const context = {
    state: {
      collection: <T>(name: string): Collection<T> => {
        const map = (collections.get(name) ?? new Map<string, unknown>()) as Map<string, T>;
        collections.set(name, map);
        return {
          get: (key) => map.get(key),
          set: (key, value) => {
            map.set(key, value);
            changes.emit("record", value);
          },
          delete: (key) => map.delete(key),
          entries: (prefix = "") => [...map].filter(([key]) => key.startsWith(prefix)),
        };
      },
      directory: (...segments: string[]) => {
        const path = join(folder, ...segments);
        mkdirSync(path, { recursive: true, mode: 0o700 });
        return path;
      },
    },
    clock,
    origin,
    httpOrigin: origin,
    subscriptionId: "00000000-0000-0000-0000-000000000001",
    ca: { pem: caPem, file: join(folder, "ca.pem") },
    signal: closing.signal,
    entra: {
      issueToken: (claims: FakeSandbox["issued"][number]) => {
        issued.push(claims);
        return "a.sandbox.token";
      },
    },
    arm: {
      find: (id: string) => (id === environmentId ? environment : undefined),
      list: () => [],
    },
    vault: {
      resolveReference: (url: string, identity: string) => {
        if (!url.endsWith("/secrets/github") || identity !== identityId) {
          throw new SandboxHttpError(400, "SecretNotFound", "no such secret");
        }
        return "value-from-the-vault";
      },
    },
    registry: {
      pull: (image: string, identity: string | undefined): BuiltImage => {
        pulls.push({ image, identity });
        if (image.includes("missing")) {
          throw new SandboxHttpError(
            400,
            "InvalidParameterValueInContainerTemplate",
            "no such image",
          );
        }
        return {
          digest: "sha256:0",
          rootfs: join(folder, "no-rootfs"),
          env: {},
          entrypoint: [],
          cmd: [],
          workdir: "",
          user: "runner",
          ...options.image,
        };
      },
    },
    logs: {
      ingest: (customerId: string, added: readonly LogRow[]) => {
        if (customerId !== "workspace-customer-id") return;
        rows.push(...added);
        for (const row of added) changes.emit("row", row);
      },
    },
    github: options.github,
  } as unknown as SandboxContext;

  const makeRoom = () =>
    createRunnerRoom(context, {
      packageRoot: folder,
      ...(options.listenerProgram === undefined
        ? {}
        : { listenerProgram: options.listenerProgram }),
      ...(options.isolation === undefined ? {} : { isolation: options.isolation }),
    });
  const room = makeRoom();
  server.on("request", (message, response) => {
    const url = new URL(message.url ?? "/", origin);
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const read = async (): Promise<Buffer> => {
      const chunks: Buffer[] = [];
      for await (const chunk of message) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    };
    const request = {
      method: message.method ?? "",
      url,
      path: url.pathname,
      query: url.searchParams,
      headers: message.headers,
      listener: "main",
      stream: message,
      signal: AbortSignal.any([gone.signal, closing.signal]),
      body: read,
      json: async () => JSON.parse((await read()).toString()) as unknown,
      form: async () => new URLSearchParams((await read()).toString()),
    } satisfies SandboxRequest;
    void (async () => {
      for (const service of room.services) {
        const reply = await service.handle(request);
        if (reply === undefined) continue;
        response.writeHead(reply.status, { "Content-Type": "application/json" });
        response.end(reply.body === undefined ? "" : JSON.stringify(reply.body));
        return;
      }
      response.writeHead(404).end();
    })().catch((error: unknown) => {
      response.writeHead(error instanceof SandboxHttpError ? error.status : 500);
      response.end(String(error));
    });
  });

  return {
    context,
    clock,
    engine: room.port,
    folder,
    rows,
    issued,
    pulls,
    restart: () => makeRoom().port,
    consoleOf: (container) =>
      rows
        .filter(
          ({ table, columns }) =>
            table === "ContainerAppConsoleLogs_CL" && columns["ContainerName_s"] === container,
        )
        .map(({ columns }) => String(columns["Log_s"])),
    reasons: () =>
      rows
        .filter(({ table }) => table === "ContainerAppSystemLogs_CL")
        .map(({ columns }) => String(columns["Reason_s"])),
    finished: async (record) => {
      for (;;) {
        const found = room.port.find(jobId, record.name);
        if (found?.properties.endTime !== undefined) return found;
        await once(changes, "record");
      }
    },
    printed: async (text) => {
      while (!rows.some(({ columns }) => String(columns["Log_s"]).includes(text))) {
        await once(changes, "row");
      }
    },
    close: async () => {
      closing.abort();
      await Promise.all(room.services.map((service) => service.close?.()));
      server.closeAllConnections();
      server.close();
      await once(server, "close");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const environment: ArmResource = {
  id: environmentId,
  name: "cae",
  type: "Microsoft.App/managedEnvironments",
  properties: {
    appLogsConfiguration: {
      destination: "log-analytics",
      logAnalyticsConfiguration: { customerId: "workspace-customer-id" },
    },
  },
};

/** A job as ARM stores it; containers run bash scripts of the sandbox's image. */
export function makeJob(
  template: Record<string, unknown>,
  configuration: Record<string, unknown> = {},
): ArmResource {
  return {
    id: jobId,
    name: "caj-test",
    type: "Microsoft.App/jobs",
    identity: {
      type: "UserAssigned",
      userAssignedIdentities: {
        [identityId]: { clientId: "client-1", principalId: "principal-1" },
      },
    },
    properties: {
      environmentId,
      configuration: {
        triggerType: "Manual",
        replicaTimeout: 600,
        replicaRetryLimit: 0,
        manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 },
        registries: [{ server: "localhost:5000", identity: identityId }],
        ...configuration,
      },
      template,
    },
  };
}

export function bash(name: string, script: string, more: Record<string, unknown> = {}) {
  return {
    name,
    image: "localhost:5000/runner@sha256:0",
    command: ["bash", "-c"],
    args: [script],
    ...more,
  };
}

/** Bundles the listener program as the package's build does. */
export async function buildListener(
  folder: string,
  name = "sandbox-listener.mjs",
): Promise<string> {
  const outfile = join(folder, name);
  await build({
    entryPoints: [join(import.meta.dirname, "../../../src/sandbox/runner/listener/main.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
    outfile,
  });
  return outfile;
}
