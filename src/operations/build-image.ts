import type { AzureConnection } from "../azure/connection.js";
import { uploadBuildSource } from "../azure/build-source.js";
import {
  type BuildRun,
  createRegistryBuildsClient,
  type RegistryAddress,
  type RegistryBuildsClient,
} from "../azure/registry-builds.js";
import { createRegistryImagesClient } from "../azure/registry-images.js";
import { createResourceReader } from "../azure/resources.js";
import type { ImageConfig } from "../config/types.js";
import { classifyBuildStatus } from "../domain/build-states.js";
import type { Clock } from "../domain/clock.js";
import { contentTag, currentTag, formatImageByDigest } from "../domain/image-tags.js";
import type { ResourceNames } from "../domain/resource-names.js";
import { interrupted } from "../errors/catalogue/command.js";
import { buildWithoutDigest, registryNotDeployed } from "../errors/catalogue/image.js";
import { createContextArchive } from "../image/context-archive.js";
import { type ContextListing, listContext } from "../image/context-entries.js";
import { hashContext } from "../image/content-hash.js";
import { type Emit, runStep } from "../output/events.js";
import { followBuild } from "./follow-build.js";
import { systemClock } from "./system-clock.js";

export interface BuildImageRequest {
  readonly image: ImageConfig;
  readonly names: Pick<ResourceNames, "resourceGroup" | "registry">;
  /** Context of the image that comes with runnerctl, for when the configuration names none. */
  readonly defaultContext: string;
  /** Build even when the registry has the same content. */
  readonly force?: boolean;
  readonly noCache?: boolean;
}

export interface BuildImageDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
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

export interface BuildImageResult {
  readonly built: boolean;
  readonly loginServer: string;
  readonly repository: string;
  readonly tag: string;
  readonly tags: readonly string[];
  readonly digest: string;
  /** By digest: what jobs are pinned to. */
  readonly reference: string;
  readonly runId?: string;
  readonly durationSeconds?: number;
}

interface PreparedImage {
  readonly plan: ImagePlan;
  readonly listing: ContextListing;
  readonly buildArgs: Readonly<Record<string, string>>;
}

/** What a build would do; changes nothing. */
export async function planImage(
  request: BuildImageRequest,
  deps: BuildImageDeps,
): Promise<ImagePlan> {
  return (await prepareImage(request, connectionOf(deps))).plan;
}

/** Builds the runner image in the registry, unless it has the same content already. */
export async function buildImage(
  request: BuildImageRequest,
  deps: BuildImageDeps,
): Promise<BuildImageResult> {
  const connection = connectionOf(deps);
  const { emit } = deps;
  const prepared = await runStep(emit, { id: "image.plan", title: "Compare the image" }, () =>
    prepareImage(request, connection),
  );
  const { plan } = prepared;
  emit({
    name: "image.plan",
    level: "info",
    message:
      plan.existingDigest === undefined
        ? `Image ${plan.repository}:${plan.tag} is not in the registry (context: ${plan.files} files)`
        : `Image ${plan.repository}:${plan.tag} is in the registry`,
    data: { ...plan },
  });
  if (plan.existingDigest !== undefined && request.force !== true) {
    return describeResult(plan, plan.existingDigest, { built: false, tags: [plan.tag] });
  }

  const builds = createRegistryBuildsClient(connection);
  const address: RegistryAddress = {
    resourceGroup: request.names.resourceGroup,
    registry: request.names.registry,
  };
  const sourceLocation = await runStep(
    emit,
    { id: "image.upload", title: "Upload the build context" },
    () => uploadContext(builds, address, prepared.listing, connection),
  );
  const run = await runStep(emit, { id: "image.build", title: "Build the image" }, () =>
    runBuild(request, deps, connection, builds, address, prepared, sourceLocation),
  );
  const digest = await findDigest(run, plan, connection);
  return describeResult(plan, digest, {
    built: true,
    tags: [plan.tag, currentTag],
    runId: run.runId,
    ...durationOf(run),
  });
}

function connectionOf(deps: BuildImageDeps): AzureConnection {
  return deps.signal === undefined ? deps.connection : { ...deps.connection, signal: deps.signal };
}

async function prepareImage(
  request: BuildImageRequest,
  connection: AzureConnection,
): Promise<PreparedImage> {
  const { image, names } = request;
  const [listing, registry] = await Promise.all([
    listContext(image.context ?? request.defaultContext, image.dockerfile),
    createResourceReader(connection).findRegistry(names.resourceGroup, names.registry),
  ]);
  if (registry === undefined) throw registryNotDeployed(names.registry, names.resourceGroup);
  const buildArgs = deriveBuildArgs(image);
  const hash = await hashContext(listing, {
    dockerfile: listing.dockerfile,
    buildArgs,
    platform: "linux/amd64",
  });
  const tag = contentTag(hash);
  const existing = await createRegistryImagesClient(connection, registry.loginServer).findTag(
    image.repository,
    tag,
  );
  return {
    listing,
    buildArgs,
    plan: {
      loginServer: registry.loginServer,
      repository: image.repository,
      tag,
      existingDigest: existing?.digest,
      files: listing.entries.filter((entry) => entry.type === "file").length,
      contextBytes: listing.bytes,
    },
  };
}

/** `latest` is passed on as it is: the tag stands for what is asked, not for what it meant that day. */
export function deriveBuildArgs(image: ImageConfig): Record<string, string> {
  return {
    RUNNER_VERSION: image.runnerVersion,
    ...(image.base === undefined ? {} : { BASE_IMAGE: image.base }),
    ...image.buildArgs,
  };
}

async function uploadContext(
  builds: RegistryBuildsClient,
  address: RegistryAddress,
  listing: ContextListing,
  connection: AzureConnection,
): Promise<string> {
  const upload = await builds.prepareUpload(address);
  await uploadBuildSource(connection, upload.uploadUrl, createContextArchive(listing));
  return upload.sourceLocation;
}

async function runBuild(
  request: BuildImageRequest,
  deps: BuildImageDeps,
  connection: AzureConnection,
  builds: RegistryBuildsClient,
  address: RegistryAddress,
  prepared: PreparedImage,
  sourceLocation: string,
): Promise<BuildRun> {
  const { plan, listing, buildArgs } = prepared;
  const scheduled = await builds.schedule(address, {
    imageNames: [`${plan.repository}:${plan.tag}`, `${plan.repository}:${currentTag}`],
    dockerfile: listing.dockerfile,
    sourceLocation,
    arguments: buildArgs,
    timeoutSeconds: request.image.timeoutSeconds,
    noCache: request.noCache === true,
  });
  const { runId } = scheduled;
  deps.emit({
    name: "image.build.scheduled",
    level: "info",
    message: `Build ${runId} is queued in ${address.registry}`,
    data: { runId },
  });
  try {
    return await followBuild(
      { address, runId, timeoutSeconds: request.image.timeoutSeconds },
      { builds, connection, emit: deps.emit, clock: deps.clock ?? systemClock },
    );
  } catch (error) {
    if (connection.signal?.aborted !== true) throw error;
    throw interrupted(await cancelBuild(builds, address, runId));
  }
}

const cancelMilliseconds = 10_000;

/** Says what state the build is in afterwards. */
async function cancelBuild(
  builds: RegistryBuildsClient,
  address: RegistryAddress,
  runId: string,
): Promise<string> {
  try {
    await builds.cancel(address, runId, AbortSignal.timeout(cancelMilliseconds));
    return `The image build ${runId} was cancelled in Azure.`;
  } catch {
    // It may have ended in the same moment.
    const run = await builds.getRun(address, runId).catch(() => undefined);
    const phase = classifyBuildStatus(run?.status);
    return phase === "running"
      ? `The image build ${runId} could not be cancelled and goes on in Azure: az acr task cancel-run --registry ${address.registry} --run-id ${runId}`
      : `The image build ${runId} had already ended (${run?.status ?? phase}).`;
  }
}

async function findDigest(
  run: BuildRun,
  plan: ImagePlan,
  connection: AzureConnection,
): Promise<string> {
  const named = run.images.find(
    (image) => image.repository === plan.repository && image.tag === plan.tag,
  );
  const digest =
    named?.digest ??
    (
      await createRegistryImagesClient(connection, plan.loginServer).findTag(
        plan.repository,
        plan.tag,
      )
    )?.digest;
  if (digest === undefined) throw buildWithoutDigest(run.runId, `${plan.repository}:${plan.tag}`);
  return digest;
}

function durationOf(run: BuildRun): { durationSeconds?: number } {
  if (run.startedAt === undefined || run.finishedAt === undefined) return {};
  return {
    durationSeconds: Math.round((run.finishedAt.getTime() - run.startedAt.getTime()) / 1000),
  };
}

function describeResult(
  plan: ImagePlan,
  digest: string,
  rest: Pick<BuildImageResult, "built" | "tags" | "runId" | "durationSeconds">,
): BuildImageResult {
  return {
    ...rest,
    loginServer: plan.loginServer,
    repository: plan.repository,
    tag: plan.tag,
    digest,
    reference: formatImageByDigest(plan.loginServer, plan.repository, digest),
  };
}
