import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AccessLog } from "../../../src/sandbox/access-log.js";
import { createArmService, type ArmService } from "../../../src/sandbox/arm/service.js";
import { ControlClock } from "../../../src/sandbox/clock.js";
import { Directory } from "../../../src/sandbox/entra/directory.js";
import { createEntraService } from "../../../src/sandbox/entra/service.js";
import { TokenIssuer } from "../../../src/sandbox/entra/tokens.js";
import { FaultTable } from "../../../src/sandbox/faults.js";
import { loadIdentity, type SandboxIdentity } from "../../../src/sandbox/identity.js";
import {
  SandboxHttpError,
  type ArmResource,
  type ExecutionRecord,
  type SandboxContext,
  type SandboxService,
} from "../../../src/sandbox/ports.js";
import { createRouter } from "../../../src/sandbox/router.js";
import { Listeners } from "../../../src/sandbox/server.js";
import { FileStateStore } from "../../../src/sandbox/state.js";
import { loadCertificates } from "../../../src/sandbox/tls.js";
import { fetchToken, send, type HttpAnswer } from "../core/http.js";

/** Resource Manager and Entra alone; the other rooms answer what a test tells them to. */
export interface ArmFixture {
  readonly origin: string;
  readonly ca: string;
  readonly identity: SandboxIdentity;
  readonly subscription: string;
  readonly group: string;
  readonly clock: ControlClock;
  readonly arm: ArmService;
  readonly directory: Directory;
  readonly images: Set<string>;
  readonly secrets: Map<string, string>;
  readonly executions: ExecutionRecord[];
  readonly starts: { job: ArmResource; override: unknown }[];
  readonly closed: string[];
  readonly ctx: SandboxContext;
  call(method: string, path: string, body?: unknown, token?: string): Promise<HttpAnswer>;
  token(clientId: string, clientSecret: string): Promise<string>;
  close(): Promise<void>;
}

export async function startArm(options: { asyncSeconds?: number } = {}): Promise<ArmFixture> {
  const folder = mkdtempSync(join(tmpdir(), "rctl-arm-"));
  const state = new FileStateStore(join(folder, "state"));
  const certificates = loadCertificates(folder);
  const clock = new ControlClock();
  const identity = loadIdentity(state.collection("core.identity"), {});
  const log = new AccessLog();
  const services: SandboxService[] = [];
  const closing = new AbortController();
  const listeners = new Listeners(
    certificates,
    state.collection("core.ports"),
    createRouter({
      services: () => services,
      faults: new FaultTable(),
      log,
      clock,
      signal: closing.signal,
      guardControl: () => {},
    }),
  );
  const origin = `https://localhost:${await listeners.open("main", { scheme: "https" })}`;
  const images = new Set<string>();
  const secrets = new Map<string, string>();
  const executions: ExecutionRecord[] = [];
  const starts: ArmFixture["starts"] = [];
  const closed: string[] = [];
  const directory = new Directory(state.collection("principals"), (appId) =>
    arm.federatedCredentials(appId),
  );
  const entra = createEntraService({
    tenantId: identity.tenantId,
    origin,
    clock,
    ca: certificates.ca.pem,
    directory,
    tokens: new TokenIssuer(state.collection("entra.keys"), clock),
    noteCaller: (request, objectId) => log.noteCaller(request, objectId),
  });
  const ctx = {
    state,
    clock,
    origin,
    subscriptionId: identity.subscriptionId,
    entra: entra.port,
    get rbac() {
      return arm.rbac;
    },
    vault: {
      open: (vault: ArmResource) => Promise.resolve(`https://localhost:1/${vault.name}/`),
      close: (id: string) => Promise.resolve(void closed.push(id)),
      resolveReference: (url: string) => {
        const found = secrets.get(url);
        if (found === undefined) {
          throw new SandboxHttpError(400, "SecretMissing", `unable to fetch secret ${url}`);
        }
        return found;
      },
    },
    registry: {
      open: () => Promise.resolve("localhost:5000"),
      close: (id: string) => Promise.resolve(void closed.push(id)),
      pull: (image: string) => {
        if (images.has(image)) return {};
        throw new SandboxHttpError(404, "MANIFEST_UNKNOWN", "manifest unknown");
      },
    },
    engine: {
      start: (job: ArmResource, override: unknown) => {
        starts.push({ job, override });
        const name = `${job.name}-${String(executions.length).padStart(7, "x")}`;
        const record: ExecutionRecord = {
          id: `${job.id}/executions/${name}`,
          name,
          type: "Microsoft.App/jobs/executions",
          properties: { status: "Running", startTime: clock.now().toISOString(), template: {} },
        };
        executions.push(record);
        return Promise.resolve(record);
      },
      stop: (_job: string, name?: string) => {
        for (const one of executions) {
          if (name === undefined || one.name === name) one.properties.status = "Stopped";
        }
        return Promise.resolve();
      },
      list: () => executions,
      find: (_job: string, name: string) => executions.find((one) => one.name === name),
      forget: (id: string) => Promise.resolve(void closed.push(id)),
    },
  } as unknown as SandboxContext;
  const arm = createArmService(ctx, {
    tenantId: identity.tenantId,
    asyncSeconds: options.asyncSeconds ?? 0,
    principals: {
      register: (principal) => directory.register(principal),
      forget: (objectId) => directory.forget(objectId),
      has: (objectId) => directory.findByObjectId(objectId) !== undefined,
    },
  });
  directory.register({
    objectId: identity.objectId,
    appId: identity.clientId,
    displayName: "first",
  });
  directory.addSecret(identity.clientId, identity.clientSecret);
  arm.ensureOwner(identity.objectId);
  services.push(entra.service, arm.service);
  const ca = certificates.ca.pem;
  const token = (clientId: string, clientSecret: string): Promise<string> =>
    fetchToken(origin, { ARM_TENANT_ID: identity.tenantId }, { clientId, clientSecret, ca });
  const own = await token(identity.clientId, identity.clientSecret);
  const subscription = `/subscriptions/${identity.subscriptionId}`;
  return {
    origin,
    ca,
    identity,
    subscription,
    group: `${subscription}/resourceGroups/rg-test`,
    clock,
    arm,
    directory,
    images,
    secrets,
    executions,
    starts,
    closed,
    ctx,
    token,
    call: (method, path, body, bearer = own) =>
      send(
        path.startsWith("https:")
          ? path
          : `${origin}${path}${path.includes("api-version=") ? "" : `${path.includes("?") ? "&" : "?"}api-version=2025-07-01`}`,
        { method, ca, body, headers: { authorization: `Bearer ${bearer}` } },
      ),
    close: async () => {
      closing.abort();
      await listeners.closeAll();
      state.flush();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What a job needs before it can be written: group, environment, identity, image, secret. */
export async function prepareJob(fixture: ArmFixture): Promise<{
  readonly job: string;
  readonly body: ReturnType<typeof makeJobBody>;
  readonly identity: string;
  readonly environment: string;
}> {
  const { call, group } = fixture;
  const environment = `${group}/providers/Microsoft.App/managedEnvironments/cae-test`;
  const identity = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-test`;
  await call("PUT", group, { location: "westeurope" });
  await call("PUT", identity, { location: "westeurope" });
  await call("PUT", environment, {
    location: "westeurope",
    properties: {
      workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
    },
  });
  // The next request finds the operation due.
  await call("GET", environment);
  fixture.images.add("localhost:5000/runner@sha256:one");
  fixture.secrets.set("https://localhost:1/secrets/github", "s3cret");
  return {
    environment,
    identity,
    job: `${group}/providers/Microsoft.App/jobs/caj-test`,
    body: makeJobBody(environment, identity),
  };
}

export function makeJobBody(environmentId: string, identity: string) {
  return {
    location: "westeurope",
    identity: { type: "UserAssigned", userAssignedIdentities: { [identity]: {} } },
    properties: {
      environmentId,
      workloadProfileName: "Consumption",
      configuration: {
        triggerType: "Manual",
        replicaTimeout: 600,
        replicaRetryLimit: 0,
        manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 },
        registries: [{ server: "localhost:5000", identity }],
        secrets: [
          { name: "from-vault", keyVaultUrl: "https://localhost:1/secrets/github", identity },
          { name: "plain", value: "v4lue" } as Record<string, string>,
        ],
        identitySettings: [{ identity, lifecycle: "None" }],
      },
      template: {
        containers: [
          {
            name: "runner",
            image: "localhost:5000/runner@sha256:one",
            args: ["run"],
            resources: { cpu: 0.5, memory: "1Gi" },
            volumeMounts: [{ volumeName: "jit", mountPath: "/mnt/jit" }],
          },
        ],
        initContainers: [
          {
            name: "mint",
            image: "localhost:5000/runner@sha256:one",
            args: ["mint"],
            env: [{ name: "TOKEN", secretRef: "from-vault" }],
            resources: { cpu: 0.25, memory: "0.5Gi" },
            volumeMounts: [{ volumeName: "jit", mountPath: "/mnt/jit" }],
          },
        ],
        volumes: [{ name: "jit", storageType: "EmptyDir" }],
      },
    },
  };
}
