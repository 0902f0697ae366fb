import { execFileSync } from "node:child_process";
import { chownSync, closeSync, constants, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { join } from "node:path";

export interface OutputPipe {
  /** For the child; closed here once it has started. */
  readonly writeFd: number;
  closeWriteEnd(): void;
  /** Resolves when every writer is gone, or after `destroy`. */
  readonly ended: Promise<void>;
  destroy(): void;
}

let serial = 0;

/**
 * A pipe for a child's output. Node's own are sockets, which cannot be opened again by name: a
 * script's `>/dev/stderr` would fail. A pipe with a name can, by its owner: hence the chown.
 */
export function openOutputPipe(
  folder: string,
  owner: number | undefined,
  onText: (text: string) => void,
): OutputPipe {
  const path = join(folder, `.pipe-${process.pid}-${(serial += 1)}`);
  execFileSync("mkfifo", ["-m", "600", path], { stdio: "ignore" });
  if (owner !== undefined) chownSync(path, owner, owner);
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writeFd = openSync(path, constants.O_WRONLY);
  rmSync(path);
  const socket = new Socket({ fd: readFd, readable: true, writable: false });
  socket.setEncoding("utf8");
  socket.on("data", onText);
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.on("error", () => socket.destroy());
  socket.once("end", () => socket.destroy());
  return {
    writeFd,
    closeWriteEnd: () => closeSync(writeFd),
    ended,
    destroy: () => socket.destroy(),
  };
}
