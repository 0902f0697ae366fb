import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ArmResource, BuiltImage, SandboxContext } from "../ports.js";
import { composeEnvironment } from "./container-environment.js";
import { makeContainerRoot, runnerHome } from "./container-root.js";
import type { ExecutionLogs } from "./execution-logs.js";
import type { ExecutionPlan, PlannedContainer, PlannedVolume } from "./execution-plan.js";
import type { IdentityEndpoint, Phase } from "./identity-endpoint.js";
import {
  ContainerSetupError,
  containerUser,
  type Isolation,
  type RunningContainer,
} from "./isolation/container-launch.js";
import { additions, makeFolder } from "./isolation/host-tree.js";
import { launchInNamespaces } from "./isolation/namespace-launcher.js";
import { launchAsProcess } from "./isolation/process-launcher.js";

/** Fixed by the platform: from TERM to KILL (https://github.com/microsoft/azure-container-apps/issues/1669). */
export const stopGraceMs = 30_000;

export interface ReplicaSettings {
  readonly context: SandboxContext;
  readonly job: ArmResource;
  readonly plan: ExecutionPlan;
  readonly executionName: string;
  readonly replicaName: string;
  /** A folder of the replica's own. */
  readonly folder: string;
  /** By image reference. */
  readonly images: ReadonlyMap<string, BuiltImage>;
  readonly secrets: ReadonlyMap<string, string>;
  readonly isolation: Isolation;
  readonly identity: IdentityEndpoint;
  readonly logs: ExecutionLogs;
  readonly listenerProgram: string;
}

export interface ContainerStatus {
  readonly name: string;
  readonly code: number;
  readonly status: "Completed" | "Failed" | "Running" | "Waiting";
  readonly additionalInformation: string;
}

/** One replica of an execution: its init containers one after another, then its containers together. */
export class Replica {
  readonly statuses: ContainerStatus[] = [];
  private readonly running = new Set<RunningContainer>();
  private stopping: Promise<void> | undefined;

  constructor(private readonly settings: ReplicaSettings) {}

  /** Resolves with whether every container ended with 0. */
  async run(): Promise<boolean> {
    const { plan } = this.settings;
    const volumes = this.makeVolumes();
    for (const container of plan.initContainers) {
      if ((await this.runContainer(container, "Init", volumes)) !== 0) return false;
      if (this.stopping !== undefined) return false;
    }
    const codes = await Promise.all(
      plan.containers.map((container) => this.runContainer(container, "Main", volumes)),
    );
    return codes.every((code) => code === 0);
  }

  /** TERM, and KILL after the grace; resolves when nothing runs any more. */
  stop(signal: AbortSignal): Promise<void> {
    this.stopping ??= this.stopContainers(signal);
    return this.stopping;
  }

  kill(): void {
    for (const container of this.running) container.kill();
  }

  private async stopContainers(signal: AbortSignal): Promise<void> {
    const ended = Promise.allSettled([...this.running].map((container) => container.exit));
    for (const container of this.running) container.terminate();
    const graceOver = new AbortController();
    const grace = this.settings.context.clock
      .sleep(stopGraceMs, AbortSignal.any([graceOver.signal, signal]))
      .catch(() => {});
    await Promise.race([ended, grace]);
    graceOver.abort();
    this.kill();
    await ended;
  }

  private async runContainer(
    container: PlannedContainer,
    phase: Phase,
    volumes: ReadonlyMap<string, string>,
  ): Promise<number> {
    const { logs, replicaName } = this.settings;
    const access = this.settings.identity.open(
      this.settings.job,
      phase,
      this.settings.plan.identitySettings,
    );
    let launched: RunningContainer | undefined;
    try {
      launched = this.launch(container, access, volumes);
      this.running.add(launched);
      if (this.stopping !== undefined) launched.kill();
      logs.system("ContainerStarted", `Started container '${container.name}'`, {
        replica: replicaName,
      });
      const { code } = await launched.exit;
      this.report(container, code, code === 0 ? "Completed" : "Error");
      return code;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const kind = error instanceof ContainerSetupError ? "CreateContainerError" : "ContainerError";
      this.report(container, 128, `${kind}: ${reason}`);
      return 128;
    } finally {
      if (launched !== undefined) this.running.delete(launched);
      if (access !== undefined) this.settings.identity.revoke(access.header);
    }
  }

  private report(container: PlannedContainer, code: number, reason: string): void {
    this.statuses.push({
      name: container.name,
      code,
      status: code === 0 ? "Completed" : "Failed",
      additionalInformation: reason,
    });
    this.settings.logs.system(
      "ContainerTerminated",
      `Container '${container.name}' was terminated with exit code '${code}' and reason '${reason}'`,
      { replica: this.settings.replicaName, warning: code !== 0 },
    );
  }

  private launch(
    container: PlannedContainer,
    access: { readonly endpoint: string; readonly header: string } | undefined,
    volumes: ReadonlyMap<string, string>,
  ): RunningContainer {
    const { settings } = this;
    const image = settings.images.get(container.image);
    if (image === undefined)
      throw new ContainerSetupError(`The image ${container.image} is not here.`);
    const scratch = join(settings.folder, container.name);
    const root = join(scratch, "root");
    makeFolder(scratch);
    const relocated = settings.isolation === "namespaces";
    makeContainerRoot({
      root,
      image,
      hostname: settings.replicaName,
      caPem: settings.context.ca.pem,
      listenerProgram: settings.listenerProgram,
      relocated,
    });
    const asRoot = ["", "0", "root"].includes(image.user.split(":")[0] ?? "");
    const streams = {
      stdout: this.openStream(container, "stdout"),
      stderr: this.openStream(container, "stderr"),
    };
    const launch = {
      root,
      scratch,
      argv: chooseCommand(container, image),
      env: composeEnvironment(container, {
        imageEnv: image.env,
        jobName: settings.job.name,
        executionName: settings.executionName,
        replicaName: settings.replicaName,
        ...(access === undefined ? {} : { identity: access }),
        secrets: settings.secrets,
        caFile: `${additions}/ca.pem`,
        home: asRoot ? "/root" : runnerHome,
      }),
      workdir: image.workdir === "" ? "/" : image.workdir,
      asRoot,
      mounts: [
        ...(relocated
          ? [{ source: process.execPath, target: `${additions}/node`, readOnly: true }]
          : []),
        ...container.mounts.map((mount) => this.resolveMount(mount, volumes)),
      ],
      onOutput: (stream: "stdout" | "stderr", text: string) => streams[stream].write(text),
    };
    const running =
      settings.isolation === "namespaces"
        ? launchInNamespaces(launch, settings.context.ca.pem)
        : launchAsProcess(launch);
    const exit = running.exit.finally(() => {
      streams.stdout.end();
      streams.stderr.end();
    });
    exit.catch(() => {});
    return { ...running, exit };
  }

  private openStream(
    container: PlannedContainer,
    stream: "stdout" | "stderr",
  ): { write(text: string): void; end(): void } {
    return this.settings.logs.openStream({
      replica: this.settings.replicaName,
      container: container.name,
      image: container.image,
      stream,
    });
  }

  private resolveMount(
    mount: PlannedContainer["mounts"][number],
    volumes: ReadonlyMap<string, string>,
  ): { source: string; target: string; readOnly: boolean } {
    const folder = volumes.get(mount.volumeName);
    if (folder === undefined) {
      throw new ContainerSetupError(`The template has no volume '${mount.volumeName}'.`);
    }
    const volume = this.settings.plan.volumes.find(({ name }) => name === mount.volumeName);
    const source = mount.subPath === undefined ? folder : join(folder, mount.subPath);
    if (mount.subPath !== undefined) makeFolder(source, 0o777);
    return { source, target: mount.mountPath, readOnly: volume?.storageType === "Secret" };
  }

  private makeVolumes(): Map<string, string> {
    const folders = new Map<string, string>();
    for (const volume of this.settings.plan.volumes) {
      const folder = join(this.settings.folder, ".volumes", volume.name);
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, 0o777);
      if (volume.storageType === "Secret") this.writeSecrets(volume, folder);
      folders.set(volume.name, folder);
    }
    return folders;
  }

  private writeSecrets(volume: PlannedVolume, folder: string): void {
    const wanted =
      volume.secrets.length > 0
        ? volume.secrets
        : [...this.settings.secrets.keys()].map((name) => ({ secretRef: name, path: name }));
    for (const { secretRef, path } of wanted) {
      const file = join(folder, path);
      writeFileSync(file, this.settings.secrets.get(secretRef) ?? "", { mode: 0o400 });
      if (process.getuid?.() === 0) chownSync(file, containerUser, containerUser);
    }
  }
}

/** As Kubernetes does it: `command` replaces the entry point and with it the image's arguments. */
function chooseCommand(container: PlannedContainer, image: BuiltImage): readonly string[] {
  if (container.command.length > 0) return [...container.command, ...container.args];
  const args = container.args.length > 0 ? container.args : image.cmd;
  const argv = [...image.entrypoint, ...args];
  if (argv.length === 0) throw new ContainerSetupError("The image has no command to run.");
  return argv;
}
