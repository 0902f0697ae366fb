import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { main } from "../../src/main.js";

export const packageRoot = join(import.meta.dirname, "..", "..");

const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
  version: string;
};

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd: string;
  /** All of it: nothing is taken from the tests' own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text of a pipe; without it standard input is empty. Never a terminal. */
  readonly stdin?: string;
}

/** The command line in this process: `main` with streams that are kept. */
export async function runCli(
  argv: readonly string[],
  options: CliOptions & {
    /** Ctrl-C, each time it is called. Given to the caller as soon as the command listens. */
    readonly onInterruptible?: (interrupt: () => void) => void;
  },
): Promise<CliResult> {
  const stdout = new KeptText();
  const stderr = new KeptText();
  const code = await main(argv, {
    stdin: Object.assign(Readable.from(options.stdin === undefined ? [] : [options.stdin]), {
      isTTY: false,
    }),
    stdout,
    stderr,
    env: options.env,
    cwd: options.cwd,
    packageRoot,
    version,
    onInterrupt: (listener) => {
      options.onInterruptible?.(listener);
      return () => undefined;
    },
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class KeptText extends Writable {
  readonly isTTY = false;
  #chunks: Buffer[] = [];

  get text(): string {
    return Buffer.concat(this.#chunks).toString("utf8");
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#chunks.push(chunk);
    done();
  }
}

export interface SpawnedCli {
  readonly child: ChildProcess;
  readonly done: Promise<CliResult>;
  /** Resolves with the first line of either stream that fits, also one that came before. */
  waitForLine(pattern: RegExp): Promise<string>;
  /** To the command and all that share its process group, as a terminal would. */
  signal(name: NodeJS.Signals): void;
}

/** The installed program: bin/runnerctl.js over dist/, a process and a process group of its own. */
export function spawnCli(argv: readonly string[], options: CliOptions): SpawnedCli {
  const env = Object.fromEntries(
    Object.entries(options.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
  const child = spawn(process.execPath, [join(packageRoot, "bin", "runnerctl.js"), ...argv], {
    cwd: options.cwd,
    env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdin.end(options.stdin ?? "");
  const texts = { stdout: "", stderr: "" };
  const waiting = new Set<{ pattern: RegExp; resolve: (line: string) => void }>();
  const findLine = (pattern: RegExp): string | undefined =>
    `${texts.stdout}\n${texts.stderr}`.split("\n").find((line) => pattern.test(line));
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (chunk: string) => {
      texts[name] += chunk;
      for (const one of waiting) {
        const line = findLine(one.pattern);
        if (line === undefined) continue;
        waiting.delete(one);
        one.resolve(line);
      }
    });
  }
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, ...texts }));
  });
  return {
    child,
    done,
    waitForLine: (pattern) =>
      new Promise((resolve, reject) => {
        const line = findLine(pattern);
        if (line !== undefined) return resolve(line);
        waiting.add({ pattern, resolve });
        done.then(
          () => reject(new Error(`It ended without a line like ${pattern}:\n${texts.stderr}`)),
          reject,
        );
      }),
    signal: (name) => {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    },
  };
}
