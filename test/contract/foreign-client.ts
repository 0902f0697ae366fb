import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox, type RunningSandbox, type StartOptions } from "../../src/sandbox/start.js";
import { packageRoot } from "../support/cli.js";

export interface ClientResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The version line of a program that somebody else wrote, or undefined where it is not installed. */
export function findProgram(name: string): string | undefined {
  const found = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

export interface ForeignSandbox {
  readonly sandbox: RunningSandbox;
  /** Where the client may keep things: gone afterwards. */
  readonly folder: string;
  close(): Promise<void>;
}

export async function startForeignSandbox(
  options: Partial<StartOptions> = {},
): Promise<ForeignSandbox> {
  const folder = mkdtempSync(join(tmpdir(), "rctl-foreign-"));
  const sandbox = await startSandbox({
    directory: join(folder, "sandbox"),
    packageRoot,
    asyncSeconds: 0,
    ...options,
  });
  return {
    sandbox,
    folder,
    close: async () => {
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Runs a program with nothing of the tests' environment but PATH and what it is given. */
export async function runProgram(
  program: string,
  argv: readonly string[],
  options: {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly input?: string;
  },
): Promise<ClientResult> {
  const child = spawn(program, argv, {
    cwd: options.cwd,
    env: { PATH: process.env["PATH"] ?? "", LANG: "C.UTF-8", ...options.env },
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => (texts[name] += chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { code, ...texts };
}
