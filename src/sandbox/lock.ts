import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";

/** What `control.json` says of a running sandbox; readable by its owner alone. */
export interface ControlInfo {
  readonly pid: number;
  /** When that process started, where the system tells: a pid alone may be another's by now. */
  readonly processStart?: string;
  readonly origin: string;
  readonly httpOrigin: string;
  readonly token: string;
  readonly environment: Readonly<Record<string, string>>;
}

interface LockHolder {
  readonly pid: number;
  readonly processStart?: string;
}

export class SandboxBusyError extends Error {
  constructor(
    readonly directory: string,
    readonly pid: number,
  ) {
    super(`A sandbox with process id ${pid} already runs on ${directory}.`);
    this.name = "SandboxBusyError";
  }
}

export interface DirectoryLock {
  publish(info: Omit<ControlInfo, "pid" | "processStart">): void;
  release(): void;
}

/** One sandbox a directory: two would overwrite each other's records. */
export function lockDirectory(directory: string): DirectoryLock {
  const lockFile = join(directory, "sandbox.lock");
  const controlFile = controlPath(directory);
  const self = describeProcess(process.pid);
  for (let attempt = 0; !createExclusively(lockFile, JSON.stringify(self)); attempt += 1) {
    const holder = readJson<LockHolder>(lockFile);
    if ((holder !== undefined && isAlive(holder)) || attempt > 3) {
      throw new SandboxBusyError(directory, holder?.pid ?? 0);
    }
    // Left behind by a process that is gone.
    rmSync(lockFile, { force: true });
  }
  rmSync(controlFile, { force: true });
  return {
    publish: (info) => {
      const next = `${controlFile}.next`;
      writeFileSync(next, JSON.stringify({ ...self, ...info }, undefined, 2), { mode: 0o600 });
      renameSync(next, controlFile);
    },
    release: () => {
      rmSync(controlFile, { force: true });
      rmSync(lockFile, { force: true });
    },
  };
}

/** The running sandbox of a directory, as far as the file and the process table tell. */
export function readControlInfo(directory: string): ControlInfo | undefined {
  const info = readJson<ControlInfo>(controlPath(directory));
  return info !== undefined && isAlive(info) ? info : undefined;
}

/** The process that holds a directory, also while it is still starting. */
export function findLockHolder(directory: string): number | undefined {
  const holder = readJson<LockHolder>(join(directory, "sandbox.lock"));
  return holder !== undefined && isAlive(holder) ? holder.pid : undefined;
}

function controlPath(directory: string): string {
  return join(directory, "control.json");
}

function createExclusively(file: string, text: string): boolean {
  try {
    const handle = openSync(file, "wx", 0o600);
    writeSync(handle, text);
    closeSync(handle);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

function describeProcess(pid: number): LockHolder {
  const processStart = readProcessStart(pid);
  return { pid, ...(processStart === undefined ? {} : { processStart }) };
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const start = readProcessStart(holder.pid);
  return start === undefined || holder.processStart === undefined || start === holder.processStart;
}

/** Field 22 of /proc/PID/stat; the command's name before it may hold anything, even spaces. */
function readProcessStart(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function readJson<T>(file: string): T | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as T;
  } catch {
    return undefined;
  }
}
