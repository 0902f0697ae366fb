import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { AccessLog } from "./access-log.js";
import { ControlClock } from "./clock.js";
import { createControlGuard, createControlService } from "./control.js";
import { FaultTable } from "./faults.js";
import { writeAzureCliCloud } from "./azure-cli-cloud.js";
import { loadIdentity, makeEnvironment, type SandboxSeed } from "./identity.js";
import { lockDirectory, type DirectoryLock } from "./lock.js";
import type { Clock, SandboxService } from "./ports.js";
import { writeProviderMirror } from "./provider/mirror.js";
import { createRouter } from "./router.js";
import { composeSandbox, type Composition } from "./sandbox.js";
import { Listeners } from "./server.js";
import { FileStateStore } from "./state.js";
import { hasStorageHost, storageHost } from "./storage-host.js";
import { loadCertificates } from "./tls.js";

export interface StartOptions {
  /** Everything the sandbox keeps lies here; made if missing. */
  readonly directory: string;
  /** Default: the port of the last start if it is free, or any. */
  readonly port?: number | undefined;
  readonly httpPort?: number | undefined;
  readonly seed?: SandboxSeed | undefined;
  /** Default: the machine's time, changed through `/_sandbox/clock`. */
  readonly clock?: Clock | undefined;
  /** Duration of Resource Manager's asynchronous operations (default 1; 0 in tests). */
  readonly asyncSeconds?: number | undefined;
  /** Address blobs by a host name of their own, as Azure does (default: when the machine's hosts file has it). */
  readonly storageHostName?: boolean | undefined;
  /** Folder of the package: image context, contracts and the sandbox's own programs lie in it. */
  readonly packageRoot: string;
}

export interface RunningSandbox {
  readonly origin: string;
  readonly httpOrigin: string;
  /** The variables that point any client at this sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  readonly controlToken: string;
  readonly directory: string;
  close(): Promise<void>;
}

/** Survive a reset: what a shell that was pointed at the sandbox relies on. */
const keptOnReset = ["core.ports", "core.identity", "core.clock", "entra.keys"];

/** Starts a sandbox on a directory; throws `SandboxBusyError` when one already runs there. */
export async function startSandbox(options: StartOptions): Promise<RunningSandbox> {
  const directory = resolve(options.directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockDirectory(directory);
  try {
    return await startLocked(directory, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function startLocked(
  directory: string,
  lock: DirectoryLock,
  options: StartOptions,
): Promise<RunningSandbox> {
  const state = new FileStateStore(join(directory, "state"));
  const certificates = loadCertificates(directory);
  const clock = options.clock ?? new ControlClock(state.collection("core.clock"));
  const identity = loadIdentity(state.collection("core.identity"), options.seed ?? {});
  const controlToken = randomBytes(24).toString("base64url");
  const closing = new AbortController();
  const faults = new FaultTable();
  const log = new AccessLog();
  let services: readonly SandboxService[] = [];
  const listeners = new Listeners(
    certificates,
    state.collection("core.ports"),
    createRouter({
      services: () => services,
      faults,
      log,
      clock,
      signal: closing.signal,
      guardControl: createControlGuard(controlToken),
    }),
  );
  const stop = async (): Promise<void> => {
    closing.abort(new Error("The sandbox is closing."));
    await listeners.closeAll();
    state.flush();
    lock.release();
  };
  try {
    const port = await listeners.open("main", { scheme: "https", port: options.port });
    const httpPort = await listeners.open("main-http", {
      scheme: "http",
      port: options.httpPort,
      label: "main",
    });
    const origin = `https://localhost:${port}`;
    const httpOrigin = `http://localhost:${httpPort}`;
    const named = options.storageHostName ?? hasStorageHost();
    const storageOrigin = named ? `https://${storageHost}:${port}` : undefined;
    const { cliConfigFile } = await writeProviderMirror(join(directory, "terraform"), {
      node: process.execPath,
      program: join(options.packageRoot, "dist", "sandbox-provider.js"),
    });
    writeAzureCliCloud(directory, origin);
    const environment = makeEnvironment({
      identity,
      origin,
      caFile: certificates.ca.file,
      terraformConfig: cliConfigFile,
    });
    const compose = (): Promise<Composition> =>
      composeSandbox({
        identity,
        packageRoot: options.packageRoot,
        asyncSeconds: options.asyncSeconds ?? 1,
        state,
        clock,
        origin,
        httpOrigin,
        storageOrigin,
        ca: certificates.ca,
        log,
        listen: async (name) => `localhost:${await listeners.open(name, { scheme: "https" })}`,
        unlisten: (name) => listeners.forget(name),
      });
    let composition = await compose();
    const control = createControlService({
      token: controlToken,
      clock,
      faults,
      log,
      environment: () => environment,
      createPrincipal: (displayName) => composition.createPrincipal(displayName),
      reset: async () => {
        services = [control];
        await composition.close();
        await listeners.closeExcept(["main", "main-http"]);
        faults.clear();
        state.wipe(keptOnReset);
        composition = await compose();
        services = [control, ...composition.services];
      },
    });
    services = [control, ...composition.services];
    lock.publish({ origin, httpOrigin, token: controlToken, environment });
    let closed: Promise<void> | undefined;
    const close = async (): Promise<void> => {
      await composition.close();
      await stop();
    };
    return {
      origin,
      httpOrigin,
      environment,
      controlToken,
      directory,
      close: () => (closed ??= close()),
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
