import { spawn } from "node:child_process";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { layHostTree, makeFolder, type Bind } from "./host-tree.js";
import { namespaceScript } from "./namespace-script.js";
import { openOutputPipe } from "./output-pipe.js";
import {
  ContainerSetupError,
  containerUser,
  type ContainerExit,
  type ContainerLaunch,
  type RunningContainer,
} from "./container-launch.js";
import { closeSync, existsSync, openSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Starts a container in mount and PID namespaces of its own. Whoever may not make those alone gets a
 * user namespace too (https://man7.org/linux/man-pages/man7/user_namespaces.7.html).
 */
export function launchInNamespaces(launch: ContainerLaunch, caPem: string): RunningContainer {
  const privileged = process.getuid?.() === 0;
  const owner = privileged ? containerUser : undefined;
  const binds = [
    ...layHostTree(launch.root, launch.scratch, caPem),
    ...launch.mounts.map(({ source, target, readOnly }): Bind => ({
      kind: readOnly ? "ro" : "rw",
      source,
      target,
    })),
  ];
  for (const bind of launch.mounts) makeMountPoint(launch.root, bind.source, bind.target);
  makeFolder(join(launch.root, "proc"));
  makeFolder(join(launch.root, launch.workdir));
  const stdout = openOutputPipe(launch.scratch, owner, (text) => launch.onOutput("stdout", text));
  const stderr = openOutputPipe(launch.scratch, owner, (text) => launch.onOutput("stderr", text));
  const child = spawn(
    "setpriv",
    [
      ...["--pdeathsig=KILL", "--", "unshare"],
      ...(privileged ? [] : ["--user", "--map-root-user"]),
      ...[
        "--mount",
        "--pid",
        "--ipc",
        "--fork",
        "--kill-child=KILL",
        "--propagation=private",
        "--",
      ],
      ...["bash", "-c", namespaceScript, "container", launch.root, launch.workdir],
      `${privileged ? "drop" : "map"}${launch.asRoot ? "-root" : ""}`,
      ...binds.flatMap(({ kind, source, target }) => [kind, source, target]),
      ...["--", ...launch.argv],
    ],
    {
      env: { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" },
      stdio: ["ignore", stdout.writeFd, stderr.writeFd, "pipe", "pipe"],
    },
  );
  stdout.closeWriteEnd();
  stderr.closeWriteEnd();
  const state = followSetup(child.stdio[3] as Readable);
  const environment = child.stdio[4] as Writable;
  environment.on("error", () => {}); // The set-up ended before it read them: `exit` tells.
  environment.end(
    Object.entries(launch.env)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(""),
  );

  const exit = new Promise<ContainerExit>((resolve, reject) => {
    child.once("error", (error) => {
      stdout.destroy();
      stderr.destroy();
      reject(new ContainerSetupError(error.message));
    });
    child.once("exit", (code, signal) => {
      void Promise.all([stdout.ended, stderr.ended, state.closed]).then(() => {
        if (state.ready || state.killed) resolve({ code: readExitCode(code, signal) });
        else reject(new ContainerSetupError("The container's namespaces could not be set up."));
      });
    });
  });
  // Whoever launched may come to `exit` later than it settles.
  exit.catch(() => {});
  return {
    exit,
    terminate: () => {
      if (state.pid === undefined || !state.ready) return;
      signalQuietly(state.pid, "SIGTERM");
    },
    kill: () => {
      state.killed = true;
      child.kill("SIGKILL"); // Its death kills the namespace's first process, hence all of them.
    },
  };
}

interface SetupState {
  pid: number | undefined;
  ready: boolean;
  killed: boolean;
  readonly closed: Promise<void>;
}

function followSetup(reports: Readable): SetupState {
  let text = "";
  const state = {
    pid: undefined as number | undefined,
    ready: false,
    killed: false,
    closed: new Promise<void>((resolve) => reports.once("close", () => resolve())),
  };
  reports.setEncoding("utf8");
  reports.on("data", (piece: string) => {
    text += piece;
    const [pid, ready] = text.split("\n");
    if (text.includes("\n")) state.pid = Number(pid);
    state.ready = ready === "ready";
  });
  return state;
}

export function readExitCode(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
}

/** To a process that may just have ended. */
export function signalQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Ended already.
  }
}

function makeMountPoint(root: string, source: string, target: string): void {
  const point = join(root, target);
  if (existsSync(point)) return;
  if (statSync(source).isDirectory()) {
    makeFolder(point);
  } else {
    makeFolder(dirname(point));
    closeSync(openSync(point, "w", 0o644));
  }
}
