import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { readEnvironment } from "./config/env.js";
import type { Runtime } from "./runtime.js";

/** The real process as a Runtime. */
export function createProcessRuntime(): Runtime {
  // The reader of a pipe may leave early (`runnerctl logs | head`): that ends the output, not us.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
    });
  }
  const { root, version } = findPackage(dirname(fileURLToPath(import.meta.url)));
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: readEnvironment().raw,
    cwd: process.cwd(),
    packageRoot: root,
    version,
    onInterrupt(listener) {
      let count = 0;
      const handle = (signal: NodeJS.Signals): void => {
        count += 1;
        // The third time nobody is waiting for a graceful end any more.
        if (count > 2) {
          process.removeListener("SIGINT", handle);
          process.removeListener("SIGTERM", handle);
          process.kill(process.pid, signal);
          return;
        }
        listener();
      };
      process.on("SIGINT", handle);
      process.on("SIGTERM", handle);
      return () => {
        process.removeListener("SIGINT", handle);
        process.removeListener("SIGTERM", handle);
      };
    },
  };
}

/** Bundled or not, the package is the nearest folder above whose package.json bears our name. */
function findPackage(from: string): { root: string; version: string } {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === "runnerctl")
        return { root: folder, version: manifest.version ?? "0.0.0" };
    } catch {
      // Not here; further up.
    }
    if (folder === dirname(folder))
      throw new Error("The runnerctl package is not whole: package.json is missing.");
  }
}
