import { hostname } from "node:os";
import { isAbsolute, join } from "node:path";
import {
  readConfiguration,
  type RunnerSettings,
  unpackJitConfiguration,
} from "./jit-configuration.js";
import { JobRunner } from "./job-runner.js";
import { ServerConnection, ServerRefusal } from "./server-connection.js";

/*
 * A stand-in for GitHub's runner listener, for runs inside the sandbox: same arguments, same
 * environment, same exit codes, same lines on its console; another protocol to its server.
 */

const version = "2.336.0";
const exitCodes = { success: 0, terminated: 1, retryable: 2, sessionConflict: 5 } as const;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function printWithTime(line: string): void {
  print(`${new Date().toISOString().slice(0, 19).replace("T", " ")}Z: ${line}`);
}

/** The real listener takes every argument by environment too, and forgets that variable. */
function readJitConfiguration(args: readonly string[]): string | undefined {
  const prefix = "ACTIONS_RUNNER_INPUT_";
  let value: string | undefined;
  for (const [name, content] of Object.entries(process.env)) {
    if (!name.toUpperCase().startsWith(prefix)) continue;
    if (name.slice(prefix.length).toUpperCase() === "JITCONFIG") value = content;
    delete process.env[name];
  }
  const index = args.indexOf("--jitconfig");
  return index >= 0 ? args[index + 1] : value;
}

async function run(args: readonly string[], stop: AbortSignal): Promise<number> {
  const home = process.cwd();
  const encoded = readJitConfiguration(args) ?? "";
  let settings: RunnerSettings | undefined;
  try {
    settings = encoded === "" ? readConfiguration(home) : unpackJitConfiguration(encoded, home);
  } catch (error) {
    print(`The runner configuration cannot be read: ${(error as Error).message}`);
    return exitCodes.terminated;
  }
  if (settings === undefined) {
    print("Runner is not configured.");
    return exitCodes.terminated;
  }
  const server = new ServerConnection(settings.serverUrl, settings.credential);
  const refused = await connect(server);
  if (refused !== undefined) return refused;
  print("");
  print("√ Connected to GitHub");
  print("");
  print(`Current runner version: '${version}'`);
  printWithTime("Listening for Jobs");
  try {
    return await listen(server, settings, home, stop);
  } finally {
    await server.closeSession().catch(() => {});
  }
}

async function connect(server: ServerConnection): Promise<number | undefined> {
  try {
    await server.openSession({
      version,
      os: process.platform === "darwin" ? "macOS" : "Linux",
      architecture: process.arch === "arm64" ? "ARM64" : "X64",
    });
    return undefined;
  } catch (error) {
    if (!(error instanceof ServerRefusal)) {
      print(`An error occurred: cannot connect to the server (${hostname()}).`);
      return exitCodes.retryable;
    }
    if (error.status === 409) {
      print("Failed to create a session: a session for this runner already exists.");
      return exitCodes.sessionConflict;
    }
    print(`Failed to create a session (${error.status}): the runner's registration is not valid.`);
    return exitCodes.terminated;
  }
}

async function listen(
  server: ServerConnection,
  settings: RunnerSettings,
  home: string,
  stop: AbortSignal,
): Promise<number> {
  for (;;) {
    const job = await server.waitForJob(stop);
    if (job === undefined) {
      print("Exiting...");
      return exitCodes.success;
    }
    printWithTime(`Running job: ${job.jobName}`);
    const ended = new AbortController();
    const cancelled = new AbortController();
    stop.addEventListener("abort", () => cancelled.abort(), { once: true });
    void server
      .waitForCancellation(ended.signal)
      .then((asked) => asked && cancelled.abort())
      .catch(() => cancelled.abort());
    const runner = new JobRunner({
      job,
      server,
      runnerName: settings.agentName,
      environment: { ...readEnvironment(), RUNNER_VERSION: version },
      workFolder: isAbsolute(settings.workFolder)
        ? settings.workFolder
        : join(home, settings.workFolder),
      cancelled: cancelled.signal,
    });
    const conclusion = await runner.run();
    ended.abort();
    const word = { success: "Succeeded", failure: "Failed", cancelled: "Canceled" }[
      conclusion as "success" | "failure" | "cancelled"
    ];
    printWithTime(`Job ${job.jobName} completed with result: ${word}`);
    if (settings.ephemeral || stop.aborted) return exitCodes.success;
  }
}

function readEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());
const args = process.argv.slice(2);
if (args.includes("--version")) print(version);
else process.exitCode = await run(args, stop.signal);
