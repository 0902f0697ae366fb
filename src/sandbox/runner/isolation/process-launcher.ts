import { spawn } from "node:child_process";
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  ContainerSetupError,
  type ContainerExit,
  type ContainerLaunch,
  type RunningContainer,
} from "./container-launch.js";
import { makeFolder } from "./host-tree.js";
import { readExitCode, signalQuietly } from "./namespace-launcher.js";
import { openOutputPipe } from "./output-pipe.js";

/** How long output may still come from what outlived a container's first process. */
const lastWordsMs = 2000;

/**
 * The fallback where there are no namespaces (macOS, confined containers): a process group in a
 * folder of its own. Paths that the container was told of are rewritten to where they really are;
 * the machine's files and processes are not hidden.
 */
export function launchAsProcess(launch: ContainerLaunch): RunningContainer {
  for (const { source, target } of launch.mounts) {
    const link = join(launch.root, target);
    makeFolder(dirname(link));
    rmSync(link, { recursive: true, force: true });
    symlinkSync(source, link);
  }
  const cwd = join(launch.root, launch.workdir);
  makeFolder(cwd);
  const relocate = createRelocation(
    launch.root,
    launch.mounts.map(({ target }) => target),
  );
  const [program = "", ...args] = launch.argv.map(relocate);
  const ca = launch.env["NODE_EXTRA_CA_CERTS"];
  const env: Record<string, string> = {
    TMPDIR: join(launch.root, "tmp"),
    // The machine's own bundle does not hold the sandbox's CA, and cannot be replaced here.
    ...(ca === undefined
      ? {}
      : {
          SSL_CERT_FILE: relocate(ca),
          CURL_CA_BUNDLE: relocate(ca),
          GIT_SSL_CAINFO: relocate(ca),
        }),
  };
  for (const [name, value] of Object.entries(launch.env)) {
    env[name] = name === "PATH" ? value : relocate(value);
  }
  const stdout = openOutputPipe(launch.scratch, undefined, (text) =>
    launch.onOutput("stdout", text),
  );
  const stderr = openOutputPipe(launch.scratch, undefined, (text) =>
    launch.onOutput("stderr", text),
  );
  const child = spawn(program, args, {
    env,
    cwd,
    detached: true,
    stdio: ["ignore", stdout.writeFd, stderr.writeFd],
  });
  stdout.closeWriteEnd();
  stderr.closeWriteEnd();
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined) signalQuietly(-child.pid, signal);
  };
  const exit = new Promise<ContainerExit>((resolve, reject) => {
    child.once("error", (error) => {
      stdout.destroy();
      stderr.destroy();
      reject(new ContainerSetupError(error.message));
    });
    child.once("exit", (code, signal) => {
      signalGroup("SIGKILL");
      const timer = setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
      }, lastWordsMs);
      void Promise.all([stdout.ended, stderr.ended]).then(() => {
        clearTimeout(timer);
        resolve({ code: readExitCode(code, signal) });
      });
    });
  });
  exit.catch(() => {});
  return {
    exit,
    terminate: () => {
      if (child.pid !== undefined) signalQuietly(child.pid, "SIGTERM");
    },
    kill: () => signalGroup("SIGKILL"),
  };
}

/** Rewrites an absolute path that exists below the container's root, or under one of its mounts. */
export function createRelocation(
  root: string,
  mounts: readonly string[],
): (value: string) => string {
  return (value) => {
    if (!value.startsWith("/") || value.includes(":")) return value;
    const mounted = mounts.some((target) => value === target || value.startsWith(`${target}/`));
    return mounted || existsSync(join(root, value)) ? join(root, value) : value;
  };
}
