import { existsSync, readFileSync, rmSync } from "node:fs";
import { request as requestHttps } from "node:https";
import { join, resolve } from "node:path";
import { findLockHolder, readControlInfo, SandboxBusyError, type ControlInfo } from "./lock.js";
import type { RunningSandbox } from "./start.js";

export interface OpenSandbox {
  readonly origin: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly controlToken: string;
  /** Whether it was started for this command alone. */
  readonly started: boolean;
  /** Ends it if it was started here; a sandbox of someone else runs on. */
  close(): Promise<void>;
}

/** The sandbox that runs on a directory, or one started inside this process until it is closed. */
export async function openSandbox(options: {
  readonly directory: string;
  readonly packageRoot: string;
}): Promise<OpenSandbox> {
  const directory = resolve(options.directory);
  for (let attempt = 0; ; attempt += 1) {
    const running = readControlInfo(directory);
    if (running !== undefined && (await isHealthy(directory, running))) {
      return describeRunning(running);
    }
    try {
      // Loaded when it is needed: a sandbox that runs already is only asked where it is.
      const { startSandbox } = await import("./start.js");
      return describeStarted(await startSandbox({ ...options, directory }));
    } catch (error) {
      // Another process is just starting one: its control.json appears when it is ready.
      if (!(error instanceof SandboxBusyError) || attempt >= 50) throw error;
      await new Promise((wake) => setTimeout(wake, 200));
    }
  }
}

/** Forgets everything in a directory's sandbox; a running one starts over and keeps its address. */
export async function resetSandbox(directory: string): Promise<{ readonly running: boolean }> {
  const root = resolve(directory);
  const running = readControlInfo(root);
  if (running !== undefined && (await isHealthy(root, running))) {
    const status = await send(root, running, "POST", "/_sandbox/reset");
    if (status !== 204) throw new Error(`The running sandbox answered a reset with ${status}.`);
    return { running: true };
  }
  const holder = findLockHolder(root);
  if (holder !== undefined) throw new SandboxBusyError(root, holder);
  // Only what is the sandbox's own: the folder may have been chosen by a user.
  for (const entry of [
    "state",
    "terraform",
    "ca.pem",
    "server.pem",
    "server.key",
    "az-cloud.json",
  ]) {
    rmSync(join(root, entry), { recursive: true, force: true });
  }
  for (const entry of ["control.json", "sandbox.lock"]) rmSync(join(root, entry), { force: true });
  return { running: false };
}

function describeRunning(info: ControlInfo): OpenSandbox {
  return {
    origin: info.origin,
    environment: info.environment,
    controlToken: info.token,
    started: false,
    close: () => Promise.resolve(),
  };
}

function describeStarted(sandbox: RunningSandbox): OpenSandbox {
  return {
    origin: sandbox.origin,
    environment: sandbox.environment,
    controlToken: sandbox.controlToken,
    started: true,
    close: () => sandbox.close(),
  };
}

async function isHealthy(directory: string, info: ControlInfo): Promise<boolean> {
  // The clock, not the health check: it also tells whether the token is this sandbox's.
  return (await send(directory, info, "GET", "/_sandbox/clock").catch(() => 0)) === 200;
}

async function send(
  directory: string,
  info: ControlInfo,
  method: string,
  path: string,
): Promise<number> {
  const ca = join(directory, "ca.pem");
  if (!existsSync(ca)) return 0;
  return await new Promise<number>((done, fail) => {
    const sent = requestHttps(
      `${info.origin}${path}`,
      {
        method,
        ca: readFileSync(ca),
        headers: { authorization: `Bearer ${info.token}` },
        timeout: 10_000,
        agent: false,
      },
      (response) => {
        response.resume();
        response.on("end", () => done(response.statusCode ?? 0));
      },
    );
    sent.on("timeout", () => sent.destroy(new Error("timed out")));
    sent.on("error", fail);
    sent.end();
  });
}
