import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/*
 * Debian's buildah and podman with a storage of their own, kept between runs: a base image and the
 * layers of its packages need not be made anew each time.
 */

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const cache =
  process.env["RUNNERCTL_TEST_CACHE"] ?? join(homedir(), ".cache", "runnerctl-test");

const tools = ["buildah", "podman", "runc", "debootstrap", "tar"];

/** Why images cannot be built here, or undefined when they can. */
export function findMissing(): string | undefined {
  if (process.platform !== "linux" || process.arch !== "x64") return "needs Linux on x64";
  if (process.getuid?.() !== 0) return "needs root";
  const missing = tools.filter((tool) => spawnSync(tool, ["--version"]).error !== undefined);
  return missing.length === 0 ? undefined : `needs ${missing.join(", ")}`;
}

let storage: readonly string[] | undefined;

/** Overlay where the file system can do it; else whole copies, which are slow but work anywhere. */
function storageOptions(): readonly string[] {
  if (storage !== undefined) return storage;
  const options = (driver: string): string[] => [
    ...["--root", join(cache, `storage-${driver}`)],
    ...["--runroot", join(cache, `run-${driver}`)],
    ...["--storage-driver", driver],
  ];
  mkdirSync(cache, { recursive: true });
  const overlay = spawnSync("podman", [...options("overlay"), "info"]).status === 0;
  storage = options(overlay ? "overlay" : "vfs");
  return storage;
}

export function buildah(args: readonly string[]): Promise<Outcome> {
  return run("buildah", [...storageOptions(), ...args]);
}

/** Flags that work where systemd does not manage control groups. */
const engine = ["--runtime", "runc", "--cgroup-manager", "cgroupfs"];
const limits = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];

export function podman(args: readonly string[]): Promise<Outcome> {
  return run("podman", podmanArguments(args));
}

/** For streams: images as archives, logs as they grow. */
export function startPodman(args: readonly string[]) {
  return spawn("podman", podmanArguments(args), { stdio: ["ignore", "pipe", "pipe"] });
}

function podmanArguments(args: readonly string[]): string[] {
  const [verb = "", ...rest] = args;
  const extra = verb === "run" ? [...limits, "--network", "host"] : [];
  return [...storageOptions(), ...engine, verb, ...extra, ...rest];
}

export async function run(program: string, args: readonly string[]): Promise<Outcome> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** The output of a command that must work. */
export async function demand(outcome: Promise<Outcome>): Promise<string> {
  const { code, stdout, stderr } = await outcome;
  if (code !== 0)
    throw new Error(`exit code ${code}: ${stderr.slice(-4000)}${stdout.slice(-2000)}`);
  return stdout;
}
