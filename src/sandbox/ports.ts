import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

/*
 * The seams inside the sandbox: what its services are given and what they offer one another. A
 * service is a room of its own (arm, registry, vault, logs, github, runner, entra); it reaches the
 * others only through the ports named here.
 */

/** A parsed HTTP request. Bodies are read once, on demand. */
export interface SandboxRequest {
  readonly method: string;
  /** As the client addressed us, absolute. */
  readonly url: URL;
  /** `url.pathname` with repeated slashes collapsed; case and encoding as sent. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** `main`, or the name given to `SandboxContext.listen` for a port of its own. */
  readonly listener: string;
  readonly stream: Readable;
  /** Ends when the client goes away or the sandbox closes. */
  readonly signal: AbortSignal;
  body(): Promise<Buffer>;
  /** Throws a `SandboxHttpError` 400 for malformed JSON; an empty body is undefined. */
  json(): Promise<unknown>;
  form(): Promise<URLSearchParams>;
}

export interface SandboxReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Objects go out as JSON, strings and buffers as they are. */
  readonly body?: unknown;
}

/** Answers, or returns undefined when the request is not addressed to this service. */
export interface SandboxService {
  readonly name: string;
  handle(request: SandboxRequest): Promise<SandboxReply | undefined>;
  /** Called once when the sandbox stops; ends processes, timers and streams. */
  close?(): Promise<void>;
}

/** Durable records, one JSON file a collection, under the sandbox's state directory. */
export interface Collection<T> {
  get(key: string): T | undefined;
  set(key: string, value: T): void;
  delete(key: string): boolean;
  /** In insertion order; with a prefix, the keys that start with it. */
  entries(prefix?: string): [string, T][];
}

export interface StateStore {
  /** Keys are the service's own; ARM ids are kept in lower case. */
  collection<T>(name: string): Collection<T>;
  /** An absolute folder inside the state directory, made if missing, mode 0700. */
  directory(...segments: string[]): string;
}

export interface Clock {
  now(): Date;
  /** Resolves after `milliseconds` of the sandbox's own time; rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Who is calling, from a token that the sandbox issued and has verified. */
export interface Principal {
  readonly objectId: string;
  readonly tenantId: string;
  /** `aud` of the token, without a trailing slash. */
  readonly audience: string;
  readonly appId: string;
}

export interface EntraPort {
  readonly tenantId: string;
  /** Verifies `Authorization: Bearer`; throws 401 (ARM error body, WWW-Authenticate) when bad, expired or for another audience. */
  authenticate(request: SandboxRequest, audiences: readonly string[]): Principal;
  /** A signed JWT (oid, tid, appid, aud, exp …) for an identity; lifetime in seconds (default 3600). */
  issueToken(
    claims: { objectId: string; appId: string; audience: string },
    lifetimeSeconds?: number,
  ): string;
  /** Makes a service principal known: used by ARM when a managed identity is created. */
  registerPrincipal(principal: { objectId: string; appId: string; displayName: string }): void;
}

export interface RbacPort {
  /**
   * Whether role assignments at `scope` or above allow an action (`Microsoft.App/jobs/start/action`)
   * or data action (`Microsoft.KeyVault/vaults/secrets/getSecret/action`). The sandbox's first
   * principal is Owner of the subscription: every action, no data action, as in Azure.
   */
  allows(
    principalId: string,
    action: string,
    scope: string,
    kind?: "action" | "dataAction",
  ): boolean;
}

/** An ARM resource as stored: the wire body. */
export interface ArmResource {
  id: string;
  name: string;
  type: string;
  location?: string;
  tags?: Record<string, string>;
  identity?: {
    type: string;
    principalId?: string;
    tenantId?: string;
    userAssignedIdentities?: Record<string, { clientId: string; principalId: string }>;
  };
  properties: Record<string, unknown>;
  [key: string]: unknown;
}

export interface ArmPort {
  /** By id, in any case. */
  find(id: string): ArmResource | undefined;
  list(type: string): ArmResource[];
}

export interface VaultPort {
  /** Opens the data plane of a vault that ARM has just created (or re-opened after a restart); returns its vaultUri. */
  open(vault: ArmResource): Promise<string>;
  close(vaultId: string): Promise<void>;
  /**
   * Resolves a Container Apps secret reference as the platform does: with the identity's own role
   * assignments. Throws `SandboxHttpError` (400, code as Container Apps gives it) when it cannot.
   */
  resolveReference(keyVaultUrl: string, identityId: string): string;
}

/** What the engine needs of a built image. */
export interface BuiltImage {
  readonly digest: string;
  /** Folder holding the image's files as they are below `/` (what COPY put there), made by the build. */
  readonly rootfs: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workdir: string;
  readonly user: string;
}

export interface RegistryPort {
  /** Opens the data plane of a registry; returns its loginServer (host:port). */
  open(registry: ArmResource): Promise<string>;
  close(registryId: string): Promise<void>;
  /**
   * Pulls `host:port/repository:tag` or `…@sha256:…` as an identity (needs AcrPull). Throws
   * `SandboxHttpError` with the reason when the registry, image or permission is missing.
   */
  pull(image: string, identityId: string | undefined): BuiltImage;
}

export interface LogRow {
  readonly table: "ContainerAppConsoleLogs_CL" | "ContainerAppSystemLogs_CL";
  readonly timeGenerated: Date;
  readonly columns: Readonly<Record<string, string | number>>;
}

export interface LogsPort {
  /** Takes rows for the workspace an environment logs to, by customerId. */
  ingest(customerId: string, rows: readonly LogRow[]): void;
}

export interface ExecutionRecord {
  id: string;
  name: string;
  type: "Microsoft.App/jobs/executions";
  properties: {
    status: "Running" | "Processing" | "Stopped" | "Degraded" | "Failed" | "Unknown" | "Succeeded";
    startTime: string;
    endTime?: string;
    detailedStatus?: unknown;
    template: Record<string, unknown>;
  };
}

/** One container outside of any job: what `docker run` is to the agent of an ACR Task. */
export interface ContainerRun {
  /** A folder of its own. */
  readonly folder: string;
  readonly name: string;
  /** The image's files; undefined where the machine's own programs stand in for the whole image. */
  readonly rootfs: string | undefined;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly workdir: string;
  readonly asRoot: boolean;
  readonly mounts: readonly {
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  /** Kills it. */
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
}

/** Runs executions of jobs as processes; ARM's job routes call it. */
export interface EnginePort {
  /** Runs a container to its end. */
  runContainer(run: ContainerRun): Promise<{ readonly code: number }>;
  /** Checks the image and starts; the override is the bare template of `POST …/start`. */
  start(job: ArmResource, override: Record<string, unknown> | undefined): Promise<ExecutionRecord>;
  /** Sends TERM, then KILL after 30 s; resolves when the stop is accepted. */
  stop(jobId: string, execution?: string): Promise<void>;
  list(jobId: string): ExecutionRecord[];
  find(jobId: string, execution: string): ExecutionRecord | undefined;
  /** Ends and forgets everything of a job that is being deleted. */
  forget(jobId: string): Promise<void>;
}

/** A runner of the sandbox's GitHub, as its own listener knows it. */
export interface GithubRunner {
  readonly id: number;
  readonly name: string;
  readonly labels: readonly string[];
  readonly group: string;
  readonly workFolder: string;
  readonly ephemeral: boolean;
}

export interface GithubStep {
  /** 1-based, as the REST API numbers the steps that a workflow file declares. */
  readonly number: number;
  readonly name: string;
  readonly id?: string;
  /** Expressions are evaluated; `$VARIABLES` are the shell's. */
  readonly run: string;
  readonly shell: string;
  readonly workingDirectory?: string;
  readonly env: Readonly<Record<string, string>>;
  /** `if:` as one of the status functions; the default is success. */
  readonly condition: "success" | "always" | "failure" | "cancelled" | "never";
  readonly continueOnError: boolean;
  readonly timeoutMinutes?: number;
}

/** All that a runner is told of the job it has been given. */
export interface GithubJobMessage {
  readonly jobId: number;
  readonly jobKey: string;
  readonly jobName: string;
  readonly runId: number;
  readonly runNumber: number;
  readonly runAttempt: number;
  /** `owner/name`. */
  readonly repository: string;
  readonly workflow: string;
  readonly event: string;
  readonly actor: string;
  readonly ref: string;
  readonly sha: string;
  readonly steps: readonly GithubStep[];
  /** The workflow's and the job's `env:`. */
  readonly env: Readonly<Record<string, string>>;
  /** The default variables of a job that the server knows (GITHUB_REPOSITORY, GITHUB_RUN_ID, CI …). */
  readonly variables: Readonly<Record<string, string>>;
  /** Values to mask in the log; the token is one of them. */
  readonly mask: readonly string[];
  /** The job's GITHUB_TOKEN: only steps whose expressions ask for it see it. Dies with the job. */
  readonly token: string;
  readonly timeoutMinutes: number;
}

export type GithubConclusion = "success" | "failure" | "cancelled" | "skipped" | "timed_out";

/**
 * What a runner's listener asks of GitHub: the stand-in for the private protocol between the two.
 *
 * A JIT configuration is base64 of a JSON object of file name → base64 content. `.runner`
 * (`agentId`, `agentName`, `poolName`, `serverUrl` = `{origin}/_runner/`, `gitHubUrl`, `workFolder`,
 * `ephemeral`) and `.credentials` (`scheme: "OAuth"`, `data.credential`) are JSON;
 * `data.credential` is what `openSession` takes.
 *
 * Every method but `openSession` throws `SandboxHttpError` 404 for a session that is not open.
 */
export interface GithubPort {
  /**
   * Trades the credential of a JIT configuration (`credential` of `.credentials` in it) for the only
   * session it will ever open; the runner is then online. Throws `SandboxHttpError` 401 when the
   * credential is unknown or its runner was removed, 409 when it has opened a session before.
   */
  openSession(
    credential: string,
    about: { readonly version: string; readonly os: string; readonly architecture: string },
  ): { readonly session: string; readonly runner: GithubRunner };
  /**
   * Resolves with a job that fits the runner as soon as there is one, at most one a session; a job
   * is given to one runner only. Undefined when the signal aborts first (a long poll that ends).
   */
  waitForJob(session: string, signal: AbortSignal): Promise<GithubJobMessage | undefined>;
  /** The runner has begun: the job is `in_progress` and the runner busy. Until then it can be lost without harm. */
  startJob(session: string): void;
  /** Aborts when somebody cancels the run; the runner then stops its steps and finishes the job as `cancelled`. */
  cancellation(session: string): AbortSignal;
  /** Numbers are those of the message; `number: 0` is the runner's own set-up. */
  startStep(session: string, step: { readonly number: number; readonly name: string }): void;
  finishStep(
    session: string,
    step: { readonly number: number; readonly conclusion: GithubConclusion },
  ): void;
  /** Lines of the job's log, without time stamps; already masked by the runner. */
  appendLog(session: string, lines: readonly string[]): void;
  /** Ends the job and revokes its token. An ephemeral runner is removed from GitHub when its session closes. */
  finishJob(session: string, conclusion: GithubConclusion): void;
  /**
   * The runner goes away. `ended`: by itself. `lost`: it stopped answering. A job that was given but
   * not started goes back to the queue; one that runs fails with GitHub's annotation of a lost runner.
   */
  closeSession(session: string, how: "ended" | "lost"): void;
}

export interface SandboxContext {
  readonly state: StateStore;
  readonly clock: Clock;
  /** `https://localhost:PORT` of the main listener, without a trailing slash. */
  readonly origin: string;
  /** Same services over plain HTTP, for clients that allow it. */
  readonly httpOrigin: string;
  /** Where blobs are addressed when not below `{origin}/blob`: `https://sandbox.blob.localhost:PORT`. */
  readonly storageOrigin?: string | undefined;
  readonly subscriptionId: string;
  /** PEM of the sandbox's CA and where it lies as a file. */
  readonly ca: { readonly pem: string; readonly file: string };
  readonly signal: AbortSignal;
  /**
   * Opens a further HTTPS port on loopback, for a data plane that has a host name of its own in
   * Azure. Requests arrive with `request.listener === name`. The port number is kept with the name
   * in the state, so that it is the same after a restart. Returns `localhost:PORT`.
   */
  listen(name: string): Promise<string>;
  unlisten(name: string): Promise<void>;
  readonly entra: EntraPort;
  readonly rbac: RbacPort;
  readonly arm: ArmPort;
  readonly vault: VaultPort;
  readonly registry: RegistryPort;
  readonly logs: LogsPort;
  readonly engine: EnginePort;
  readonly github: GithubPort;
}

/** Thrown by services; the server turns it into the reply. `body` defaults to the ARM error shape. */
export class SandboxHttpError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly options: { readonly headers?: Record<string, string>; readonly body?: unknown } = {},
  ) {
    super(message);
  }
}
