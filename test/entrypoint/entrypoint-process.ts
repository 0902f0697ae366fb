import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const entrypoint = join(import.meta.dirname, "../../docker/entrypoint.sh");

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of a test's own, removed afterwards by the caller. */
export function makeFolder(): string {
  return mkdtempSync(join(tmpdir(), "entrypoint-"));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Programs that write down their arguments and then become the real ones. */
export function recordArguments(folder: string, programs: readonly string[]): string {
  const bin = join(folder, "recording-bin");
  mkdirSync(bin, { recursive: true });
  for (const program of programs) {
    const file = join(bin, program);
    writeFileSync(
      file,
      `#!/bin/bash\nprintf '%s\\n' "${program} $*" >>"${join(folder, "arguments")}"\n` +
        `tr '\\0' '\\n' </proc/self/environ >>"${join(folder, "environment")}" 2>/dev/null\n` +
        `exec "$(PATH="\${PATH#*:}" command -v ${program})" "$@"\n`,
    );
    chmodSync(file, 0o755);
  }
  return bin;
}

export function startEntrypoint(
  mode: string,
  env: Record<string, string>,
): { child: ChildProcessWithoutNullStreams; outcome: Promise<Outcome> } {
  const child = spawn("bash", [entrypoint, mode], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...env },
    stdio: "pipe",
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const outcome = once(child, "close").then(([code]) => ({
    code: code as number | null,
    stdout,
    stderr,
  }));
  return { child, outcome };
}

export function runEntrypoint(mode: string, env: Record<string, string>): Promise<Outcome> {
  return startEntrypoint(mode, env).outcome;
}
