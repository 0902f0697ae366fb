import type { Readable } from "node:stream";
import type { AzureConnection } from "../azure/connection.js";
import { createRegistryImagesClient } from "../azure/registry-images.js";
import { createResourceReader } from "../azure/resources.js";
import type { ImageConfig } from "../config/types.js";
import {
  deriveBuildArgs,
  deriveContextFiles,
  deriveSecretBuildArgs,
  stampBuildArgs,
} from "../domain/build-arguments.js";
import { type BuildPlatform, parseBuildPlatform } from "../domain/build-platform.js";
import { contentTag, currentTag, parseTagOption } from "../domain/image-tags.js";
import { findNearestWord } from "../domain/nearest-word.js";
import type { ResourceNames } from "../domain/resource-names.js";
import { registryNotDeployed } from "../errors/catalogue/image.js";
import {
  platformUnsupported,
  tagInvalid,
  targetMissing,
} from "../errors/catalogue/image-context.js";
import { type BuildContext, openBuildContext } from "../image/build-context.js";
import { hashContext } from "../image/content-hash.js";
import { hasStage } from "../image/dockerfile-stages.js";

export interface BuildImageRequest {
  readonly image: ImageConfig;
  readonly names: Pick<ResourceNames, "resourceGroup" | "registry">;
  /** Context of the image that comes with runnerctl, for when the configuration names none. */
  readonly defaultContext: string;
  /** Build even when the registry has the same content. */
  readonly force?: boolean;
  readonly noCache?: boolean;
  /** What is asked for this one build, over the configuration. */
  readonly overrides?: BuildOverrides;
}

export interface BuildOverrides {
  /** A folder, an archive, `-`, or the address of a repository. */
  readonly context?: string | undefined;
  readonly dockerfile?: string | undefined;
  readonly target?: string | undefined;
  readonly platform?: string | undefined;
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** By name; the values go to the registry marked as secret and nowhere else. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Instead of `current`: `TAG` or `REPOSITORY:TAG`. */
  readonly tags?: readonly string[];
  readonly timeoutSeconds?: number | undefined;
  readonly agentCpu?: number | undefined;
  /** Folder that relative paths start from. */
  readonly cwd?: string;
  readonly stdin?: Readable & { readonly isTTY?: boolean };
}

export interface ImagePlan {
  readonly loginServer: string;
  readonly repository: string;
  /** Stands for the content: the same context and parameters give the same tag. */
  readonly tag: string;
  /** Of the image that the registry has under that tag. */
  readonly existingDigest: string | undefined;
  readonly files: number;
  readonly contextBytes: number;
}

export interface PreparedBuild {
  readonly plan: ImagePlan;
  readonly context: BuildContext;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly secretArgs: Readonly<Record<string, string>>;
  readonly platform: BuildPlatform;
  /** Beside the content tag, as `repository:tag`. */
  readonly imageNames: readonly string[];
  readonly timeoutSeconds: number;
}

/** Decides everything about a build before anything is changed. Its context has to be closed. */
export async function prepareBuild(
  request: BuildImageRequest,
  connection: AzureConnection,
): Promise<PreparedBuild> {
  const { names, overrides = {} } = request;
  const image = applyOverrides(request.image, overrides);
  const platform = choosePlatform(overrides);
  const otherNames = chooseNames(image.repository, overrides.tags, platform);
  const registry = await createResourceReader(connection).findRegistry(
    names.resourceGroup,
    names.registry,
  );
  if (registry === undefined) throw registryNotDeployed(names.registry, names.resourceGroup);
  const context = await openBuildContext({
    context: image.context ?? request.defaultContext,
    dockerfile: image.dockerfile,
    files: deriveContextFiles(image),
    signal: connection.signal,
    ...(overrides.cwd === undefined ? {} : { cwd: overrides.cwd }),
    ...(overrides.stdin === undefined ? {} : { stdin: overrides.stdin }),
  });
  try {
    checkTarget(context, overrides.target);
    const buildArgs = { ...deriveBuildArgs(image), ...overrides.buildArgs };
    const secrets = overrides.secrets ?? {};
    const hash = await hashContext(context, {
      buildArgs,
      secretNames: Object.keys(secrets),
      platform: platform.text,
      target: overrides.target,
    });
    const tag = contentTag(hash);
    const images = createRegistryImagesClient(connection, registry.loginServer);
    const existing = await images.findTag(image.repository, tag);
    return {
      context,
      platform,
      // Another Dockerfile than ours does not know what it would be told here.
      buildArgs:
        image.context === undefined
          ? stampBuildArgs(buildArgs, { revision: tag, created: new Date() })
          : buildArgs,
      secretArgs: deriveSecretBuildArgs(image, secrets),
      imageNames: otherNames,
      timeoutSeconds: image.timeoutSeconds,
      plan: {
        loginServer: registry.loginServer,
        repository: image.repository,
        tag,
        existingDigest: existing?.digest,
        files: context.files,
        contextBytes: context.bytes,
      },
    };
  } catch (error) {
    await context.close();
    throw error;
  }
}

function applyOverrides(image: ImageConfig, overrides: BuildOverrides): ImageConfig {
  return {
    ...image,
    ...(overrides.context === undefined
      ? {}
      : // Where the configured Dockerfile lies says nothing about another context.
        { context: overrides.context, dockerfile: "Dockerfile" }),
    ...(overrides.dockerfile === undefined ? {} : { dockerfile: overrides.dockerfile }),
    ...(overrides.timeoutSeconds === undefined ? {} : { timeoutSeconds: overrides.timeoutSeconds }),
  };
}

const containerAppsPlatform = "linux/amd64";

/** Another platform makes sense only for an image that no job of ours is going to run. */
function choosePlatform({ platform: text, context }: BuildOverrides): BuildPlatform {
  const platform = parseBuildPlatform(text ?? containerAppsPlatform);
  if (platform === undefined) {
    throw platformUnsupported(
      text ?? "",
      "ACR Tasks build for linux/amd64 and linux/arm64 here, and for nothing of that name",
    );
  }
  if (platform.text === containerAppsPlatform || context !== undefined) return platform;
  throw platformUnsupported(
    platform.text,
    "Azure Container Apps runs linux/amd64 images only, and this image is for its jobs",
    "Leave --platform out; an image for something else needs a context of its own: --context FOLDER --tag TAG",
  );
}

function chooseNames(
  repository: string,
  tags: readonly string[] | undefined,
  platform: BuildPlatform,
): string[] {
  if (tags !== undefined && tags.length > 0) {
    return [...new Set(tags)].map((text) => {
      const parsed = parseTagOption(text);
      if ("problem" in parsed) throw tagInvalid(text, parsed.problem);
      return `${parsed.repository ?? repository}:${parsed.tag}`;
    });
  }
  // Jobs follow `current`: an image that they cannot run never gets that name by itself.
  return platform.text === containerAppsPlatform ? [`${repository}:${currentTag}`] : [];
}

function checkTarget(context: BuildContext, target: string | undefined): void {
  const { stages } = context;
  if (target === undefined || stages === undefined || hasStage(stages, target)) return;
  const names = stages.filter((name) => name !== undefined);
  throw targetMissing(target, context.dockerfile, names, findNearestWord(target, names));
}
