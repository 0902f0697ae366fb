import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import type { BaseImage } from "./build-stage.js";
import { BuildError } from "./dockerfile-parser.js";
import { defaultPath, emptyConfig, readConfigDocument, type ImageConfig } from "./image-config.js";
import type { BuiltStage } from "./image-build.js";
import type { PackedImage } from "./image-packing.js";
import { parseImageReference, type ImageReference } from "./image-reference.js";
import type { ImageStore } from "./image-store.js";
import { Rootfs } from "./rootfs.js";
import type { RunLog } from "./run-log.js";
import type { OutputImage } from "./run-record.js";

export interface TaskImagesDeps {
  readonly loginServer: string;
  readonly images: ImageStore;
  readonly log: RunLog;
}

/** What the run's builds made, as the agent's own Docker has it: pushed or not. */
export interface LocalImage {
  readonly packed: PackedImage;
  readonly built: BuiltStage;
}

/** By full name. */
export type LocalImages = Map<string, LocalImage>;

export function readImageName(text: string): ImageReference {
  const reference = parseImageReference(text);
  if (reference === undefined) {
    throw new BuildError(
      `invalid argument "${text}" for "-t, --tag" flag: invalid reference format`,
    );
  }
  return reference;
}

/** A name without a registry is one of the run's own registry, as ACR Tasks has it. */
export function nameOf(name: ImageReference, deps: TaskImagesDeps): string {
  return `${name.registry ?? deps.loginServer}/${name.repository}:${name.tag ?? "latest"}`;
}

function storeImage({ packed, built }: LocalImage, deps: TaskImagesDeps): void {
  deps.images.putBlob(packed.config.content);
  for (const layer of packed.layers) deps.images.putBlob(layer.content);
  const directory = deps.images.rootfsDirectory(packed.manifest.digest);
  if (existsSync(directory)) return;
  mkdirSync(dirname(directory), { recursive: true });
  renameSync(built.stage.rootfs.directory, directory);
}

/** The files move into the registry's store with the first push. */
function filesOf({ packed, built }: LocalImage, deps: TaskImagesDeps): string {
  const { directory } = built.stage.rootfs;
  return existsSync(directory) ? directory : deps.images.rootfsDirectory(packed.manifest.digest);
}

export async function pushImage(
  text: string,
  local: LocalImages,
  deps: TaskImagesDeps,
): Promise<OutputImage> {
  const { log } = deps;
  const name = readImageName(text);
  const full = nameOf(name, deps);
  const tag = name.tag ?? "latest";
  await log.note(`Pushing image: ${full}, attempt 1`);
  if (name.registry !== undefined && name.registry !== deps.loginServer) {
    throw new BuildError(
      `unauthorized: authentication required for ${name.registry}: the run is only logged in to ${deps.loginServer}`,
    );
  }
  await log.print(`The push refers to repository [${deps.loginServer}/${name.repository}]`);
  const image = local.get(full);
  if (image === undefined) {
    throw new BuildError(
      `An image does not exist locally with the tag: ${deps.loginServer}/${name.repository}`,
    );
  }
  const { layers, manifest: document } = image.packed;
  for (const layer of layers) await log.print(`${layer.digest.slice(7, 19)}: Preparing`);
  storeImage(image, deps);
  const manifest = deps.images.putManifest(
    name.repository,
    document.content,
    "application/vnd.oci.image.manifest.v1+json",
    tag,
  );
  for (const layer of layers) await log.print(`${layer.digest.slice(7, 19)}: Pushed`);
  await log.print(`${tag}: digest: ${manifest.digest} size: ${manifest.size}`);
  await log.note(`Successfully pushed image: ${full}`);
  return {
    registry: deps.loginServer,
    repository: name.repository,
    tag,
    digest: manifest.digest,
  };
}

/** What a command's image is made of; undefined for one of another registry. */
export function findCommandImage(
  text: string,
  local: LocalImages,
  deps: TaskImagesDeps,
): { readonly rootfs: string; readonly config: ImageConfig } | undefined {
  const reference = parseImageReference(text);
  if (reference === undefined) throw new BuildError(`invalid reference format: ${text}`);
  const built = local.get(nameOf(reference, deps));
  if (built !== undefined && reference.digest === undefined) {
    return { rootfs: filesOf(built, deps), config: built.built.stage.config };
  }
  if (reference.registry !== deps.loginServer) return undefined;
  const stored = readStoredImage(text, reference, deps);
  return { rootfs: stored.rootfs.directory, config: stored.config };
}

function readStoredImage(text: string, reference: ImageReference, deps: TaskImagesDeps): BaseImage {
  const tag = reference.digest ?? reference.tag ?? "latest";
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

export async function findImage(
  text: string,
  directory: string,
  local: LocalImages,
  deps: TaskImagesDeps,
): Promise<BaseImage> {
  const reference = parseImageReference(text);
  if (reference === undefined) {
    throw new BuildError(`failed to parse stage name "${text}": invalid reference format`);
  }
  const tag = reference.digest ?? reference.tag ?? "latest";
  const built = local.get(nameOf(reference, deps));
  if (built !== undefined && reference.digest === undefined) {
    const { stage } = built.built;
    return {
      rootfs: new Rootfs(filesOf(built, deps), stage.rootfs.owners),
      config: stage.config,
      complete: stage.complete,
    };
  }
  if (reference.registry === deps.loginServer) return readStoredImage(text, reference, deps);
  await deps.log.print(`${tag}: Pulling from ${hubRepository(reference)}`);
  await deps.log.print(
    "[sandbox] images of other registries are taken as they are named, without files",
  );
  const config = emptyConfig();
  config.Env.push(`PATH=${defaultPath}`);
  return { rootfs: new Rootfs(directory), config, complete: false };
}

export function hubRepository(reference: ImageReference): string {
  const short = reference.registry === undefined && !reference.repository.includes("/");
  return short ? `library/${reference.repository}` : reference.repository;
}
