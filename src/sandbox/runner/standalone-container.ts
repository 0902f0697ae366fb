import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ContainerRun } from "../ports.js";
import { makeContainerRoot, runnerHome } from "./container-root.js";
import type { Isolation, RunningContainer } from "./isolation/container-launch.js";
import { additions, makeFolder } from "./isolation/host-tree.js";
import { launchInNamespaces } from "./isolation/namespace-launcher.js";
import { launchAsProcess } from "./isolation/process-launcher.js";

/** Runs one container to its end, outside of any job; killed when the signal aborts. */
export async function runStandaloneContainer(
  run: ContainerRun,
  settings: {
    readonly isolation: Isolation;
    readonly caPem: string;
    readonly listenerProgram: string;
  },
): Promise<{ readonly code: number }> {
  const root = join(run.folder, "root");
  const relocated = settings.isolation === "namespaces";
  const nothing = join(run.folder, "empty");
  mkdirSync(nothing, { recursive: true });
  makeContainerRoot({
    root,
    image: {
      digest: "",
      rootfs: run.rootfs ?? nothing,
      env: {},
      entrypoint: [],
      cmd: [],
      workdir: run.workdir,
      user: "",
    },
    hostname: run.name,
    caPem: settings.caPem,
    listenerProgram: settings.listenerProgram,
    relocated,
  });
  makeFolder(run.folder);
  const launch = {
    root,
    scratch: run.folder,
    argv: run.argv,
    env: {
      HOME: run.asRoot ? "/root" : runnerHome,
      HOSTNAME: run.name,
      NODE_EXTRA_CA_CERTS: `${additions}/ca.pem`,
      ...run.env,
    },
    workdir: run.workdir,
    asRoot: run.asRoot,
    mounts: [
      ...(relocated
        ? [{ source: process.execPath, target: `${additions}/node`, readOnly: true }]
        : []),
      ...run.mounts,
    ],
    onOutput: (_stream: "stdout" | "stderr", text: string) => run.onOutput(text),
  };
  run.signal.throwIfAborted();
  const container: RunningContainer = relocated
    ? launchInNamespaces(launch, settings.caPem)
    : launchAsProcess(launch);
  const kill = (): void => container.kill();
  run.signal.addEventListener("abort", kill, { once: true });
  try {
    return await container.exit;
  } finally {
    run.signal.removeEventListener("abort", kill);
  }
}
