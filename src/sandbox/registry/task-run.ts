import { existsSync, mkdirSync, renameSync } from "node:fs";
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import type { Clock } from "../ports.js";
import { unpackArchive } from "./archive.js";
import { BuildError } from "./dockerfile-parser.js";
import type { BaseImage } from "./build-stage.js";
import { defaultPath, emptyConfig, readConfigDocument } from "./image-config.js";
import { buildImage, type BuiltStage } from "./image-build.js";
import { packImage, type PackedImage } from "./image-packing.js";
import { parseImageReference, type ImageReference } from "./image-reference.js";
import type { ImageStore } from "./image-store.js";
import { Rootfs } from "./rootfs.js";
import type { RunLog } from "./run-log.js";
import type { OutputImage } from "./run-record.js";
import type { BuildPlan, TaskPlan } from "./task-plan.js";

export interface TaskRunDeps {
  readonly runId: string;
  readonly loginServer: string;
  readonly registryName: string;
  readonly images: ImageStore;
  readonly clock: Clock;
  readonly log: RunLog;
  /** An empty folder of the run's own. */
  readonly workDirectory: string;
  /** The uploaded archive a source location names; undefined when there is none. */
  readonly readSource: (location: string) => Buffer | undefined;
}

/** Does what the agent of a run does, step by step; returns what was pushed. */
export async function executePlan(plan: TaskPlan, deps: TaskRunDeps): Promise<OutputImage[]> {
  const { log } = deps;
  const started = deps.clock.now();
  const contextDirectory = join(deps.workDirectory, "context");
  mkdirSync(contextDirectory, { recursive: true });
  if (plan.sourceLocation !== undefined) {
    await log.note("Downloading source code...");
    await unpackSource(plan.sourceLocation, contextDirectory, deps);
    await log.note("Finished downloading source code");
  }
  await log.note(`Using acb_vol_${randomUUID()} as the home volume`);
  await log.note("Setting up Docker configuration...");
  await log.note("Successfully set up Docker configuration");
  await log.note(`Logging in to registry: ${deps.loginServer}`);
  await log.note(`Successfully logged into ${deps.loginServer}`);
  for (const id of plan.skipped) {
    await log.note(`Executing step ID: ${id}`);
    await log.print("[sandbox] only build and push steps are executed");
  }
  const outputs: OutputImage[] = [];
  for (const build of plan.builds) {
    outputs.push(...(await executeBuild(build, plan, contextDirectory, deps)));
  }
  const seconds = Math.round((deps.clock.now().getTime() - started.getTime()) / 1000);
  await log.print("");
  await log.print(`Run ID: ${deps.runId} was successful after ${seconds}s`);
  return outputs;
}

async function executeBuild(
  build: BuildPlan,
  plan: TaskPlan,
  contextDirectory: string,
  deps: TaskRunDeps,
): Promise<OutputImage[]> {
  const { log } = deps;
  const started = deps.clock.now();
  await log.note(
    `Executing step ID: ${build.id}. Timeout(sec): ${plan.timeoutSeconds}, Working directory: '', Network: ''`,
  );
  await log.note("Scanning for dependencies...");
  const names = build.imageNames.map((name) => readImageName(name, deps));
  await log.note("Successfully scanned dependencies");
  await log.note(`Launching container with name: ${build.id}`);
  const built = await buildImage({
    contextDirectory,
    dockerfile: build.dockerfile,
    buildArgs: build.buildArgs,
    target: build.target,
    buildkit: build.buildkit,
    workDirectory: join(deps.workDirectory, build.id),
    print: (line) => log.print(line),
    findImage: (reference, directory) => findImage(reference, directory, deps),
  });
  for (const name of names) await log.print(`Successfully tagged ${nameOf(name, deps)}`);
  await log.note(`Successfully executed container: ${build.id}`);
  const pushed = names.filter((name) => plan.push === undefined || isPushed(name, plan.push, deps));
  const image = await packImage(built.stage, deps.clock.now());
  const outputs: OutputImage[] = [];
  if (pushed.length > 0) {
    await log.note(
      "Executing step ID: push. Timeout(sec): 3600, Working directory: '', Network: ''",
    );
    storeImage(image, built, deps);
    for (const name of pushed) outputs.push(await pushImage(name, image, deps));
    await log.note("Step ID: push marked as successful");
  }
  const seconds = (deps.clock.now().getTime() - started.getTime()) / 1000;
  await log.note(
    `Step ID: ${build.id} marked as successful (elapsed time in seconds: ${seconds.toFixed(6)})`,
  );
  await printDependencies(outputs, built, deps);
  return outputs;
}

async function unpackSource(location: string, directory: string, deps: TaskRunDeps): Promise<void> {
  const archive = deps.readSource(location);
  if (archive === undefined) {
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

/** `{{.Run.ID}}` and its aliases: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-reference-yaml#run-variables */
function readImageName(template: string, deps: TaskRunDeps): ImageReference {
  const date = deps.clock.now().toISOString().slice(0, 19).replace(/[-:T]/g, "");
  const variables: Record<string, string> = {
    "Run.ID": deps.runId,
    "Run.Registry": deps.loginServer,
    "Run.RegistryName": deps.registryName,
    "Run.Date": `${date.slice(0, 8)}-${date.slice(8)}z`,
    "Run.OS": "linux",
    "Run.Architecture": "amd64",
  };
  const text = template
    .replace(/\{\{\s*\.(Run\.\w+)\s*\}\}/g, (match, name: string) => variables[name] ?? match)
    .replace(/\$(RegistryName|Registry|ID|Date|OS|Architecture)\b/g, (match, name: string) => {
      return variables[`Run.${name}`] ?? match;
    });
  const reference = parseImageReference(text);
  if (reference === undefined) {
    throw new BuildError(
      `invalid argument "${text}" for "-t, --tag" flag: invalid reference format`,
    );
  }
  return reference;
}

function nameOf(name: ImageReference, deps: TaskRunDeps): string {
  return `${name.registry ?? deps.loginServer}/${name.repository}:${name.tag ?? "latest"}`;
}

function isPushed(name: ImageReference, push: readonly string[], deps: TaskRunDeps): boolean {
  return push.some((item) => nameOf(readImageName(item, deps), deps) === nameOf(name, deps));
}

function storeImage(image: PackedImage, built: BuiltStage, deps: TaskRunDeps): void {
  deps.images.putBlob(image.config.content);
  for (const layer of image.layers) deps.images.putBlob(layer.content);
  const directory = deps.images.rootfsDirectory(image.manifest.digest);
  if (existsSync(directory)) return;
  mkdirSync(dirname(directory), { recursive: true });
  renameSync(built.stage.rootfs.directory, directory);
}

async function pushImage(
  name: ImageReference,
  image: PackedImage,
  deps: TaskRunDeps,
): Promise<OutputImage> {
  const { log } = deps;
  const full = nameOf(name, deps);
  const tag = name.tag ?? "latest";
  await log.note(`Pushing image: ${full}, attempt 1`);
  if (name.registry !== undefined && name.registry !== deps.loginServer) {
    throw new BuildError(
      `unauthorized: authentication required for ${name.registry}: the run is only logged in to ${deps.loginServer}`,
    );
  }
  await log.print(`The push refers to repository [${deps.loginServer}/${name.repository}]`);
  for (const layer of image.layers) await log.print(`${layer.digest.slice(7, 19)}: Preparing`);
  const manifest = deps.images.putManifest(
    name.repository,
    image.manifest.content,
    "application/vnd.oci.image.manifest.v1+json",
    tag,
  );
  for (const layer of image.layers) await log.print(`${layer.digest.slice(7, 19)}: Pushed`);
  await log.print(`${tag}: digest: ${manifest.digest} size: ${manifest.size}`);
  await log.note(`Successfully pushed image: ${full}`);
  return {
    registry: deps.loginServer,
    repository: name.repository,
    tag,
    digest: manifest.digest,
  };
}

async function printDependencies(
  outputs: readonly OutputImage[],
  built: BuiltStage,
  deps: TaskRunDeps,
): Promise<void> {
  if (outputs.length === 0) return;
  const base = built.baseImages.at(-1);
  const reference = base === undefined ? undefined : parseImageReference(base);
  await deps.log.note("The following dependencies were found:");
  await deps.log.note("");
  for (const output of outputs) {
    await deps.log.print("- image:");
    await deps.log.print(`    registry: ${output.registry}`);
    await deps.log.print(`    repository: ${output.repository}`);
    await deps.log.print(`    tag: ${output.tag ?? ""}`);
    await deps.log.print(`    digest: ${output.digest ?? ""}`);
    if (reference !== undefined) {
      await deps.log.print("  runtime-dependency:");
      await deps.log.print(`    registry: ${reference.registry ?? "registry.hub.docker.com"}`);
      await deps.log.print(`    repository: ${hubRepository(reference)}`);
      await deps.log.print(`    tag: ${reference.tag ?? "latest"}`);
    }
    await deps.log.print("  git: {}");
  }
}

async function findImage(text: string, directory: string, deps: TaskRunDeps): Promise<BaseImage> {
  const reference = parseImageReference(text);
  if (reference === undefined) {
    throw new BuildError(`failed to parse stage name "${text}": invalid reference format`);
  }
  const tag = reference.digest ?? reference.tag ?? "latest";
  if (reference.registry === deps.loginServer) {
    const manifest = deps.images.resolve(reference.repository, tag);
    if (manifest === undefined) {
      throw new BuildError(
        `manifest for ${text} not found: manifest unknown: manifest tagged by "${tag}" is not found`,
      );
    }
    const config = deps.images.readBlob(manifest.references[0] ?? "");
    return {
      rootfs: new Rootfs(deps.images.rootfsDirectory(manifest.digest)),
      config: readConfigDocument(config === undefined ? {} : JSON.parse(config.toString("utf8"))),
      // Its own RUN instructions were not executed either.
      complete: false,
    };
  }
  await deps.log.print(`${tag}: Pulling from ${hubRepository(reference)}`);
  await deps.log.print(
    "[sandbox] images of other registries are taken as they are named, without files",
  );
  const config = emptyConfig();
  config.Env.push(`PATH=${defaultPath}`);
  return { rootfs: new Rootfs(directory), config, complete: false };
}

function hubRepository(reference: ImageReference): string {
  const short = reference.registry === undefined && !reference.repository.includes("/");
  return short ? `library/${reference.repository}` : reference.repository;
}
