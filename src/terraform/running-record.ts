import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname } from "node:path";
import type { StateLock } from "../errors/catalogue/terraform.js";

/*
 * Beside a running Terraform lies a note with its process id. A run that was killed leaves the
 * note, and perhaps Terraform itself, which goes on alone: the next run can tell which.
 */

export interface RunningTerraform {
  readonly pid: number;
  readonly operation: string;
}

export function recordRunning(file: string, running: RunningTerraform): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(running), { mode: 0o600 });
}

export function forgetRunning(file: string): void {
  rmSync(file, { force: true });
}

/** The Terraform that an earlier run started and that is still alive. */
export function findRunning(file: string): RunningTerraform | undefined {
  const running = readRecord(file);
  return running !== undefined && isTerraformAlive(running.pid) ? running : undefined;
}

/** Whether a lock was taken by this user on this machine. */
export function isOwnLock(lock: StateLock): boolean {
  return lock.who === `${userInfo().username}@${hostname()}`;
}

export function readRecord(file: string): RunningTerraform | undefined {
  try {
    const record = JSON.parse(readFileSync(file, "utf8")) as Partial<RunningTerraform>;
    return typeof record.pid === "number" && record.pid > 1
      ? { pid: record.pid, operation: String(record.operation) }
      : undefined;
  } catch {
    return undefined;
  }
}

function isTerraformAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    // Process ids are used again: a stranger with the same one is not ours. A zombie has no
    // command line and is not alive either.
    return /terraform|tofu/i.test(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  } catch {
    return true;
  }
}
