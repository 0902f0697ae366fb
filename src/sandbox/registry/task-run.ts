import { chmodSync, mkdirSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { join, posix } from "node:path";
import type { Clock, EnginePort } from "../ports.js";
import { unpackArchive } from "./archive.js";
import { BuildError } from "./dockerfile-parser.js";
import { buildImage } from "./image-build.js";
import { packImage } from "./image-packing.js";
import { parseImageReference, type ImageReference } from "./image-reference.js";
import type { ImageStore } from "./image-store.js";
import { Rootfs } from "./rootfs.js";
import type { RunLog } from "./run-log.js";
import type { OutputImage } from "./run-record.js";
import { runCommand } from "./task-command.js";
import {
  findCommandImage,
  findImage,
  hubRepository,
  nameOf,
  pushImage,
  readImageName,
  type LocalImages,
} from "./task-images.js";
import type { TaskPlan } from "./task-plan.js";
import { orderSteps, type BuildPlan, type TaskStep } from "./task-step.js";

export interface TaskRunDeps {
  readonly runId: string;
  readonly loginServer: string;
  readonly registryName: string;
  readonly images: ImageStore;
  readonly clock: Clock;
  readonly log: RunLog;
  readonly engine: EnginePort;
  readonly signal: AbortSignal;
  /** An empty folder of the run's own. */
  readonly workDirectory: string;
  /** The uploaded archive a source location names; undefined when there is none. */
  readonly readSource: (location: string) => Buffer | undefined;
}

/** An image that a build named, or needs. */
export interface BaseDependency {
  readonly type: "RunTime" | "BuildTime";
  readonly reference: ImageReference;
}

export interface TaskRunResult {
  readonly outputImages: OutputImage[];
  readonly bases: BaseDependency[];
}

/** A step that ended the run. */
export class StepFailed extends BuildError {
  constructor(
    readonly stepId: string,
    message: string,
  ) {
    super(message);
  }
}

interface RunState {
  readonly workspace: string;
  readonly home: string;
  readonly local: LocalImages;
  readonly outputs: OutputImage[];
  readonly bases: BaseDependency[];
}

/** Does what the agent of a run does, step by step; returns what was pushed. */
export async function executePlan(plan: TaskPlan, deps: TaskRunDeps): Promise<TaskRunResult> {
  const { log } = deps;
  const started = deps.clock.now();
  const state: RunState = {
    workspace: makeShared(join(deps.workDirectory, "context")),
    home: makeShared(join(deps.workDirectory, "home")),
    local: new Map(),
    outputs: [],
    bases: [],
  };
  if (plan.sourceLocation !== undefined) {
    await log.note("Downloading source code...");
    await unpackSource(plan.sourceLocation, state.workspace, deps);
    await log.note("Finished downloading source code");
  }
  const steps = orderSteps(
    plan.readSteps({
      runId: deps.runId,
      registry: deps.loginServer,
      registryName: deps.registryName,
      taskName: plan.task?.name ?? "quickrun",
      date: started,
      values: plan.values,
    }),
  );
  await log.note(`Using acb_vol_${randomUUID()} as the home volume`);
  await log.note("Setting up Docker configuration...");
  await log.note("Successfully set up Docker configuration");
  await log.note(`Logging in to registry: ${deps.loginServer}`);
  await log.note(`Successfully logged into ${deps.loginServer}`);
  const elapsed = new Map<string, number>();
  for (const step of steps) {
    const before = deps.clock.now();
    await runStep(step, state, deps);
    elapsed.set(step.id, (deps.clock.now().getTime() - before.getTime()) / 1000);
  }
  for (const [id, seconds] of elapsed) {
    await log.note(
      `Step ID: ${id} marked as successful (elapsed time in seconds: ${seconds.toFixed(6)})`,
    );
  }
  await printDependencies(state, deps);
  const seconds = Math.round((deps.clock.now().getTime() - started.getTime()) / 1000);
  await log.print("");
  await log.print(`Run ID: ${deps.runId} was successful after ${seconds}s`);
  return { outputImages: state.outputs, bases: state.bases };
}

/** The volumes of a run are shared by containers of different users. */
function makeShared(directory: string): string {
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o777);
  return directory;
}

async function runStep(step: TaskStep, state: RunState, deps: TaskRunDeps): Promise<void> {
  const { log, clock, signal } = deps;
  const directory = step.work.type === "cmd" ? step.work.run.workingDirectory : "";
  await log.note(
    `Executing step ID: ${step.id}. Timeout(sec): ${step.timeoutSeconds}, Working directory: '${directory}', Network: ''`,
  );
  if (step.startDelaySeconds > 0) {
    await log.note(
      `Waiting ${step.startDelaySeconds} seconds before executing step ID: ${step.id}`,
    );
    await clock.sleep(step.startDelaySeconds * 1000, signal);
  }
  try {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await attemptStep(step, state, deps);
      } catch (error) {
        if (!(error instanceof BuildError) || attempt >= step.retries) throw error;
        await log.print(error.message);
        await log.note(
          `Container failed during run: ${step.id}, waiting ${step.retryDelaySeconds} seconds before retrying...`,
        );
        await clock.sleep(step.retryDelaySeconds * 1000, signal);
      }
    }
  } catch (error) {
    if (!(error instanceof BuildError)) throw error;
    if (!step.ignoreErrors) throw new StepFailed(step.id, error.message);
    await log.print(error.message);
    await log.note(
      `Step ID: ${step.id} encountered an error: exit status 1, but is set to ignore errors. Continuing...`,
    );
  }
}

async function attemptStep(step: TaskStep, state: RunState, deps: TaskRunDeps): Promise<void> {
  const { work } = step;
  switch (work.type) {
    case "build":
      return await executeBuild(step.id, work.build, state, deps);
    case "push":
      for (const name of work.names) state.outputs.push(await pushImage(name, state.local, deps));
      return;
    case "cmd":
      return await runCommand(step, work.run, {
        ...deps,
        workspace: state.workspace,
        home: state.home,
        findImage: (text) => findCommandImage(text, state.local, deps),
      });
  }
}

async function executeBuild(
  id: string,
  build: BuildPlan,
  state: RunState,
  deps: TaskRunDeps,
): Promise<void> {
  const { log } = deps;
  await log.note("Scanning for dependencies...");
  const names = build.imageNames.map(readImageName);
  await log.note("Successfully scanned dependencies");
  await log.note(`Launching container with name: ${id}`);
  const built = await buildImage({
    contextDirectory: join(state.workspace, build.context),
    dockerfile: posix.relative(posix.normalize(build.context), posix.normalize(build.dockerfile)),
    buildArgs: build.buildArgs,
    target: build.target,
    buildkit: build.buildkit,
    workDirectory: join(deps.workDirectory, `${id}-${state.local.size}`),
    print: (line) => log.print(line),
    findImage: (reference, directory) => findImage(reference, directory, state.local, deps),
  });
  for (const name of names) await log.print(`Successfully tagged ${nameOf(name, deps)}`);
  await log.note(`Successfully executed container: ${id}`);
  const packed = await packImage(built.stage, deps.clock.now());
  for (const name of names) state.local.set(nameOf(name, deps), { packed, built });
  for (const [index, base] of built.baseImages.entries()) {
    const reference = parseImageReference(base);
    const type = index === built.baseImages.length - 1 ? "RunTime" : "BuildTime";
    if (reference !== undefined) state.bases.push({ type, reference });
  }
}

async function unpackSource(location: string, directory: string, deps: TaskRunDeps): Promise<void> {
  const archive = deps.readSource(location);
  if (archive === undefined) {
    if (/^(?:https?|git|oci):|^git@|^github\.com\//i.test(location)) {
      await deps.log.print("[sandbox] nothing is fetched from other hosts: upload the context");
    }
    throw new BuildError(
      `failed to download context. Please check if the URL is incorrect: ${location.split("?")[0] ?? ""}`,
    );
  }
  try {
    await unpackArchive(archive, new Rootfs(directory), "/");
  } catch {
    throw new BuildError("failed to extract the context: it is not a tar.gz archive");
  }
}

async function printDependencies(state: RunState, deps: TaskRunDeps): Promise<void> {
  const { outputs } = state;
  if (outputs.length === 0) return;
  const base = state.bases.findLast(({ type }) => type === "RunTime")?.reference;
  await deps.log.note("The following dependencies were found:");
  await deps.log.note("");
  for (const output of outputs) {
    await deps.log.print("- image:");
    await deps.log.print(`    registry: ${output.registry}`);
    await deps.log.print(`    repository: ${output.repository}`);
    await deps.log.print(`    tag: ${output.tag ?? ""}`);
    await deps.log.print(`    digest: ${output.digest ?? ""}`);
    if (base !== undefined) {
      await deps.log.print("  runtime-dependency:");
      await deps.log.print(`    registry: ${base.registry ?? "registry.hub.docker.com"}`);
      await deps.log.print(`    repository: ${hubRepository(base)}`);
      await deps.log.print(`    tag: ${base.tag ?? "latest"}`);
    }
    await deps.log.print("  git: {}");
  }
}
