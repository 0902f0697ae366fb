import { execFileSync, spawn } from "node:child_process";
import { closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { constants as osConstants } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Between INT and TERM, and between TERM and KILL, when a step is cancelled. */
const interruptMs = 7500;
const terminateMs = 2500;
/** How long output may come from what a step left behind. */
const lastWordsMs = 1000;

let serial = 0;

/** Runs a program, giving its output line by line; resolves with its exit code. */
export async function runScript(options: {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly temp: string;
  readonly signal: AbortSignal;
  readonly onLine: (line: string) => void;
}): Promise<number> {
  const [program = "", ...args] = options.command;
  const pipe = join(options.temp, `.output-${process.pid}-${(serial += 1)}`);
  // A named pipe, because a script cannot open the sockets that Node gives by `>/dev/stderr`.
  execFileSync("mkfifo", ["-m", "600", pipe]);
  const readFd = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeFd = openSync(pipe, constants.O_WRONLY);
  rmSync(pipe);
  const output = new Socket({ fd: readFd, readable: true, writable: false });
  const ended = readLines(output, options.onLine);
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ["ignore", writeFd, writeFd],
  });
  closeSync(writeFd);
  const exited = new Promise<number>((resolve) => {
    child.once("error", (error) => {
      options.onLine(`##[error]${error.message}`);
      resolve(127);
    });
    child.once("exit", (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : osConstants.signals[signal])),
    );
  });
  const done = new AbortController();
  const onAbort = (): void => {
    if (child.pid !== undefined) void stopGroup(child.pid, done.signal);
  };
  options.signal.addEventListener("abort", onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  const code = await exited;
  done.abort();
  options.signal.removeEventListener("abort", onAbort);
  await Promise.race([ended, delay(lastWordsMs, undefined, { ref: false })]);
  output.destroy();
  return code;
}

async function stopGroup(pid: number, done: AbortSignal): Promise<void> {
  for (const [signal, wait] of [
    ["SIGINT", interruptMs],
    ["SIGTERM", terminateMs],
    ["SIGKILL", 0],
  ] as const) {
    if (done.aborted) return;
    try {
      process.kill(-pid, signal);
    } catch {
      return; // Ended already.
    }
    await delay(wait, undefined, { signal: done }).catch(() => {});
  }
}

function readLines(stream: Socket, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line.replace(/\r$/, ""));
  });
  stream.on("error", () => stream.destroy());
  stream.once("end", () => stream.destroy());
  return new Promise((resolve) =>
    stream.once("close", () => {
      if (rest !== "") onLine(rest);
      resolve();
    }),
  );
}
