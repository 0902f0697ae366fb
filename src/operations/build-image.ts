import type { AzureConnection } from "../azure/connection.js";
import { type BuildRun, createRegistryBuildsClient } from "../azure/registry-builds.js";
import { createRegistryImagesClient } from "../azure/registry-images.js";
import type { Clock } from "../domain/clock.js";
import { formatImageByDigest } from "../domain/image-tags.js";
import { findSecretNames } from "../domain/secret-names.js";
import { buildWithoutDigest } from "../errors/catalogue/image.js";
import { type Emit, runStep } from "../output/events.js";
import {
  type BuildImageRequest,
  type ImagePlan,
  prepareBuild,
  type PreparedBuild,
} from "./build-image-plan.js";
import { awaitBuild, type BuildRunDeps, deliverContext, scheduleBuild } from "./build-image-run.js";
import { systemClock } from "./system-clock.js";

export interface BuildImageDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Told of what must not be shown. */
  readonly registerSecret?: (secret: string) => void;
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

/** A build that goes on in the registry by itself. */
export interface StartedBuild {
  readonly started: true;
  readonly registry: string;
  readonly loginServer: string;
  readonly repository: string;
  readonly tag: string;
  readonly tags: readonly string[];
  readonly runId: string;
}

/** What a build would do; changes nothing. */
export async function planImage(
  request: BuildImageRequest,
  deps: BuildImageDeps,
): Promise<ImagePlan> {
  const { plan, context } = await prepareBuild(request, connectionOf(deps));
  await context.close();
  return plan;
}

/** Builds the runner image in the registry, unless it has the same content already. */
export async function buildImage(
  request: BuildImageRequest,
  deps: BuildImageDeps,
): Promise<BuildImageResult> {
  return withPreparedBuild(request, deps, async (prepared, runDeps) => {
    const existing = await reuseExisting(prepared, request, runDeps);
    if (existing !== undefined) return existing;
    const run = await startRun(prepared, request, runDeps);
    const { plan } = prepared;
    const ended = await runStep(
      deps.emit,
      { id: "image.build", title: "Build the image" },
      async () => awaitBuild(run.runId, prepared.timeoutSeconds, runDeps),
    );
    return describeResult(plan, await findDigest(ended, plan, runDeps.connection), {
      built: true,
      tags: tagsOf(prepared),
      runId: run.runId,
      ...durationOf(ended),
    });
  });
}

/** The same without waiting for the end of the build. */
export async function startImageBuild(
  request: BuildImageRequest,
  deps: BuildImageDeps,
): Promise<StartedBuild | BuildImageResult> {
  return withPreparedBuild(request, deps, async (prepared, runDeps) => {
    const existing = await reuseExisting(prepared, request, runDeps);
    if (existing !== undefined) return existing;
    const { runId } = await startRun(prepared, request, runDeps);
    const { loginServer, repository, tag } = prepared.plan;
    const { registry } = request.names;
    const tags = tagsOf(prepared);
    return { started: true, registry, loginServer, repository, tag, tags, runId };
  });
}

async function withPreparedBuild<T>(
  request: BuildImageRequest,
  deps: BuildImageDeps,
  work: (prepared: PreparedBuild, runDeps: BuildRunDeps) => Promise<T>,
): Promise<T> {
  const { emit } = deps;
  const connection = connectionOf(deps);
  const prepared = await runStep(emit, { id: "image.plan", title: "Compare the image" }, () =>
    prepareBuild(request, connection),
  );
  try {
    for (const secret of Object.values(prepared.secretArgs)) deps.registerSecret?.(secret);
    report(prepared, request, emit);
    return await work(prepared, {
      connection,
      builds: createRegistryBuildsClient(connection),
      address: { resourceGroup: request.names.resourceGroup, registry: request.names.registry },
      emit,
      clock: deps.clock ?? systemClock,
    });
  } finally {
    await prepared.context.close();
  }
}

function connectionOf(deps: BuildImageDeps): AzureConnection {
  return deps.signal === undefined ? deps.connection : { ...deps.connection, signal: deps.signal };
}

function report(prepared: PreparedBuild, request: BuildImageRequest, emit: Emit): void {
  const { plan, context, platform } = prepared;
  const image = `Image ${plan.repository}:${plan.tag}`;
  const from = context.kind === "git" ? "a repository" : `${plan.files} files`;
  emit({
    name: "image.plan",
    level: "info",
    message:
      plan.existingDigest === undefined
        ? `${image} is not in the registry (context: ${from})`
        : `${image} is in the registry`,
    data: { ...plan },
  });
  const warn = (name: string, message: string) => emit({ name, level: "warn", message });
  if (!context.isPinned) {
    warn(
      "image.context.unpinned",
      "The tag stands for the repository's address, not for what its branch points at today: name a whole commit ID after the #, or build with --force when it has moved on",
    );
  }
  if (platform.architecture !== "amd64") {
    warn(
      "image.platform",
      `An image for ${platform.text} cannot run in Container Apps jobs, which are linux/amd64`,
    );
  }
  const buildArgs = { ...request.image.buildArgs, ...request.overrides?.buildArgs };
  for (const name of findSecretNames(buildArgs)) {
    warn(
      "image.buildArg.secret",
      `The build argument ${name} looks like a secret, and build arguments are readable in the registry's runs and stay in the image's history: give it as --secret-build-arg ${name}`,
    );
  }
}

/**
 * Takes the image that the registry has under the content's tag; undefined when it has to be built.
 * Tags that were asked for are put on it; `current` is left where it is, for it may have moved on to
 * a rebuild of the same content.
 */
async function reuseExisting(
  prepared: PreparedBuild,
  request: BuildImageRequest,
  deps: BuildRunDeps,
): Promise<BuildImageResult | undefined> {
  const { plan } = prepared;
  const digest = plan.existingDigest;
  if (digest === undefined || request.force === true) return undefined;
  const wanted = (request.overrides?.tags ?? []).length === 0 ? [] : prepared.imageNames;
  const own = `${plan.repository}:`;
  // In another repository there is nothing yet to put a tag on.
  if (wanted.some((name) => !name.startsWith(own))) return undefined;
  const images = createRegistryImagesClient(deps.connection, plan.loginServer);
  const tags = wanted.map((name) => name.slice(own.length));
  for (const tag of tags) {
    const found = await images.findTag(plan.repository, tag);
    if (found?.digest !== digest) await images.setTag(plan.repository, digest, tag);
  }
  return describeResult(plan, digest, { built: false, tags: [plan.tag, ...tags] });
}

async function startRun(
  prepared: PreparedBuild,
  request: BuildImageRequest,
  deps: BuildRunDeps,
): Promise<BuildRun> {
  const deliver = () => deliverContext(prepared, deps);
  const sourceLocation =
    prepared.context.transport.kind === "address"
      ? await deliver()
      : await runStep(
          deps.emit,
          { id: "image.upload", title: "Upload the build context" },
          deliver,
        );
  return scheduleBuild(
    prepared,
    {
      sourceLocation,
      target: request.overrides?.target,
      agentCpu: request.overrides?.agentCpu,
      noCache: request.noCache === true,
    },
    deps,
  );
}

async function findDigest(
  run: BuildRun,
  plan: ImagePlan,
  connection: AzureConnection,
): Promise<string> {
  const named = run.images.find(
    (image) => image.repository === plan.repository && image.tag === plan.tag,
  );
  if (named?.digest !== undefined) return named.digest;
  const images = createRegistryImagesClient(connection, plan.loginServer);
  const found = await images.findTag(plan.repository, plan.tag);
  if (found === undefined) throw buildWithoutDigest(run.runId, `${plan.repository}:${plan.tag}`);
  return found.digest;
}

/** In the image's own repository by tag alone, as they were asked for. */
function tagsOf({ plan, imageNames }: PreparedBuild): string[] {
  const own = `${plan.repository}:`;
  return [
    plan.tag,
    ...imageNames.map((name) => (name.startsWith(own) ? name.slice(own.length) : name)),
  ];
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
