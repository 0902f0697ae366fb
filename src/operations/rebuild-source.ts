import type { ImageConfig } from "../config/types.js";
import { deriveBuildArgs, deriveContextFiles } from "../domain/build-arguments.js";
import { contentTag } from "../domain/image-tags.js";
import { inlineContextLimit, type RebuildSource } from "../domain/rebuild-task.js";
import { openBuildContext } from "../image/build-context.js";
import { hashContext } from "../image/content-hash.js";
import { listContext } from "../image/context-entries.js";
import { encodeContext } from "../image/encoded-context.js";
import type { Emit } from "../output/events.js";

export interface RebuildSourceRequest {
  readonly image: ImageConfig;
  /** Context of the image that comes with runnerctl, for when the configuration names none. */
  readonly defaultContext: string;
}

/**
 * What the task that rebuilds the image carries with it. Undefined when nothing is to start it, and,
 * with a warning, when the context is too large to be carried.
 */
export async function prepareRebuild(
  { image, defaultContext }: RebuildSourceRequest,
  deps: { readonly emit: Emit },
): Promise<RebuildSource | undefined> {
  if (image.schedule === undefined && !image.baseImageTrigger) return undefined;
  const folder = image.context ?? defaultContext;
  const files = deriveContextFiles(image);
  const listing = await listContext(folder, image.dockerfile, { files });
  const context = await encodeContext(listing, inlineContextLimit);
  if (context === undefined) {
    deps.emit({
      name: "image.rebuild.tooLarge",
      level: "warn",
      message: `The image is not rebuilt by itself: its build context ${folder} (${describeSize(listing.bytes)}) is too large to be carried by a task in the registry, which takes about ${describeSize(inlineContextLimit * 0.75)} → list what the build does not need in .dockerignore, or run \`runnerctl build-image\` from a scheduled workflow and set image.schedule: never`,
      data: { folder, bytes: listing.bytes, limit: inlineContextLimit },
    });
    return undefined;
  }
  const buildArgs = deriveBuildArgs(image);
  return {
    repository: image.repository,
    context,
    dockerfile: listing.dockerfile,
    buildArgs,
    revision: await tagContent(folder, image, buildArgs),
    timeoutSeconds: image.timeoutSeconds,
  };
}

/** The tag that a build of the same content gets. */
async function tagContent(
  folder: string,
  image: ImageConfig,
  buildArgs: Readonly<Record<string, string>>,
): Promise<string> {
  const context = await openBuildContext({
    context: folder,
    dockerfile: image.dockerfile,
    files: deriveContextFiles(image),
  });
  const parameters = { buildArgs, secretNames: [], platform: "linux/amd64", target: undefined };
  return contentTag(await hashContext(context, parameters));
}

function describeSize(bytes: number): string {
  return bytes < 1_000_000
    ? `${Math.ceil(bytes / 1000)} kB`
    : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
