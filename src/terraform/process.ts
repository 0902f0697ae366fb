import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";

export interface ProcessRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  /** Sends SIGINT when aborted: Terraform then ends what it has begun and saves the state. */
  readonly signal?: AbortSignal | undefined;
  /** Sends a second SIGINT: Terraform then gives up at once. */
  readonly forceSignal?: AbortSignal | undefined;
  readonly onStart?: (pid: number) => void;
}

export interface ProcessResult {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly endedBy: NodeJS.Signals | null;
}

/** Runs a program whose whole output is wanted at the end. */
export async function captureProcess(
  request: ProcessRequest,
): Promise<ProcessResult & { readonly stdout: string; readonly stderr: string }> {
  const child = start(request, ["ignore", "pipe", "pipe"]);
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const result = await follow(child, request);
  return { ...result, stdout: stdout(), stderr: stderr() };
}

/**
 * Runs a program whose output is followed line by line. It writes to a file, not to a pipe: should
 * this process be killed, the other does not die of a broken pipe in the middle of creating a
 * resource, but goes on to its end and records what it did.
 */
export async function followProcess(
  request: ProcessRequest & {
    /** Takes stdout; stderr goes to the same name with `.stderr`. */
    readonly outputFile: string;
    readonly onLine: (line: string) => void;
    readonly onErrorLine: (line: string) => void;
  },
): Promise<ProcessResult> {
  mkdirSync(dirname(request.outputFile), { recursive: true, mode: 0o700 });
  const out = new FollowedFile(request.outputFile, request.onLine);
  const err = new FollowedFile(`${request.outputFile}.stderr`, request.onErrorLine);
  const timer = setInterval(() => {
    out.read();
    err.read();
  }, 60);
  try {
    return await follow(start(request, ["ignore", out.descriptor, err.descriptor]), request);
  } finally {
    clearInterval(timer);
    out.end();
    err.end();
  }
}

function start(request: ProcessRequest, stdio: ("ignore" | "pipe" | number)[]): ChildProcess {
  return spawn(request.file, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env },
    stdio,
    // A process group of its own: the terminal's Ctrl-C would reach Terraform beside our SIGINT,
    // and two of them make it give up without saving.
    detached: true,
  });
}

function follow(child: ChildProcess, request: ProcessRequest): Promise<ProcessResult> {
  const interrupt = () => child.kill("SIGINT");
  return new Promise((resolve, reject) => {
    const forget = () => {
      request.signal?.removeEventListener("abort", interrupt);
      request.forceSignal?.removeEventListener("abort", interrupt);
    };
    child.once("error", (error) => {
      forget();
      reject(error);
    });
    child.once("spawn", () => {
      if (child.pid !== undefined) request.onStart?.(child.pid);
      for (const signal of [request.signal, request.forceSignal]) {
        if (signal?.aborted === true) interrupt();
        else signal?.addEventListener("abort", interrupt, { once: true });
      }
    });
    child.once("close", (code, endedBy) => {
      forget();
      resolve({ code, endedBy });
    });
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString("utf8");
}

/** A file that somebody else appends to, read on as it grows and cut into lines. */
class FollowedFile {
  readonly descriptor: number;
  readonly #reader: number;
  readonly #decoder = new StringDecoder("utf8");
  readonly #buffer = Buffer.alloc(64 * 1024);
  readonly #onLine: (line: string) => void;
  #position = 0;
  #rest = "";

  constructor(path: string, onLine: (line: string) => void) {
    this.descriptor = openSync(path, "w", 0o600);
    this.#reader = openSync(path, "r");
    this.#onLine = onLine;
  }

  read(): void {
    for (;;) {
      const size = readSync(this.#reader, this.#buffer, 0, this.#buffer.length, this.#position);
      if (size === 0) return;
      this.#position += size;
      const lines = (this.#rest + this.#decoder.write(this.#buffer.subarray(0, size))).split("\n");
      this.#rest = lines.pop() ?? "";
      for (const line of lines) this.#onLine(line.replace(/\r$/, ""));
    }
  }

  end(): void {
    this.read();
    if (this.#rest !== "") this.#onLine(this.#rest);
    closeSync(this.#reader);
    closeSync(this.descriptor);
  }
}
