import type { AzureConnection } from "../azure/connection.js";
import {
  createJobsClient,
  type ExecutionView,
  type JobsClient,
  type JobView,
} from "../azure/jobs.js";
import { createRegistryImagesClient } from "../azure/registry-images.js";
import { createResourceReader, type ResourceReader } from "../azure/resources.js";
import type { PoolConfig, ResolvedConfig, TriggerConfig } from "../config/types.js";
import type { Clock } from "../domain/clock.js";
import { isExecutionOver } from "../domain/execution-states.js";
import { currentTag, formatImageByDigest, parseImageReference } from "../domain/image-tags.js";
import { completeLabels } from "../domain/labels.js";
import { deriveResourceNames, type ResourceNames } from "../domain/resource-names.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "../output/events.js";
import { runBounded } from "./run-bounded.js";
import { systemClock } from "./system-clock.js";

export interface StatusRequest {
  readonly config: Pick<ResolvedConfig, "name" | "subscription" | "location" | "pools" | "image">;
  /** Executions listed for each pool. Default: 5. */
  readonly executions?: number;
}

export interface RegisteredRunner {
  readonly name: string;
  readonly status: string;
  readonly busy: boolean;
  readonly labels: readonly string[];
}

export interface StatusDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Runners as GitHub lists them; left out when no GitHub credential is at hand. */
  readonly listRunners?: () => Promise<readonly RegisteredRunner[]>;
}

export interface ExecutionStatus {
  readonly name: string;
  readonly status: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface PoolStatus {
  readonly name: string;
  readonly job: string;
  readonly deployed: boolean;
  readonly trigger: TriggerConfig["type"];
  readonly labels: readonly string[];
  readonly limits: { readonly min: number; readonly max: number };
  /** As deployed: by digest. */
  readonly image?: string;
  /** Whether the job runs the image that the tag `current` names. */
  readonly imageIsCurrent?: boolean;
  readonly running: number;
  readonly executions: readonly ExecutionStatus[];
}

export interface ImageStatus {
  readonly repository: string;
  readonly tag: string;
  readonly digest: string;
  readonly reference: string;
  readonly createdAt: string;
  readonly ageDays: number;
}

export interface StatusResult {
  readonly name: string;
  readonly subscription: string;
  readonly location: string;
  readonly resourceGroup: string;
  readonly deployed: boolean;
  readonly registry?: string;
  readonly image?: ImageStatus;
  readonly pools: readonly PoolStatus[];
  readonly runners?: readonly RegisteredRunner[];
  /** What could not be read, and why: the rest is shown all the same. */
  readonly unreadable: readonly { readonly what: string; readonly why: string }[];
}

const readsAtOnce = 4;

/** What is deployed and what runs, all read at once. */
export async function readStatus(request: StatusRequest, deps: StatusDeps): Promise<StatusResult> {
  const { config } = request;
  const connection =
    deps.signal === undefined ? deps.connection : { ...deps.connection, signal: deps.signal };
  const names = deriveResourceNames(config.subscription, config.name);
  const resources = createResourceReader(connection);
  const base = {
    name: config.name,
    subscription: config.subscription,
    location: config.location,
    resourceGroup: names.resourceGroup,
  };
  if (!(await resources.resourceGroupExists(names.resourceGroup))) {
    const pools = config.pools.map((pool) => describePool(pool, names, undefined, [], undefined));
    return { ...base, deployed: false, pools, unreadable: [] };
  }

  const unreadable: { what: string; why: string }[] = [];
  const attempt = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RunnerctlError) || connection.signal?.aborted === true) throw error;
      unreadable.push({ what, why: error.message });
      return undefined;
    }
  };
  const jobs = createJobsClient(connection);
  const [registry, pools, runners] = await Promise.all([
    attempt("image", () => readImage(request, connection, resources, names, deps.clock)),
    runBounded(config.pools, readsAtOnce, (pool) =>
      readPool(pool, names, jobs, request.executions ?? 5),
    ),
    deps.listRunners === undefined ? undefined : attempt("GitHub runners", deps.listRunners),
  ]);
  return {
    ...base,
    deployed: registry?.loginServer !== undefined || pools.some((pool) => pool.job !== undefined),
    ...(registry?.loginServer === undefined ? {} : { registry: registry.loginServer }),
    ...(registry?.image === undefined ? {} : { image: registry.image }),
    pools: pools.map(({ pool, job, executions }) =>
      describePool(pool, names, job, executions, registry?.image?.digest),
    ),
    ...(runners === undefined ? {} : { runners }),
    unreadable,
  };
}

async function readPool(
  pool: PoolConfig,
  names: ResourceNames,
  jobs: JobsClient,
  limit: number,
): Promise<{ pool: PoolConfig; job: JobView | undefined; executions: ExecutionView[] }> {
  const address = { resourceGroup: names.resourceGroup, job: names.job(pool.name) };
  const job = await jobs.find(address);
  if (job === undefined) return { pool, job, executions: [] };
  const executions = await jobs.listExecutions(address);
  // All that run, and the newest of the others.
  const running = executions.filter((one) => !isExecutionOver(one.status));
  const ended = executions.filter((one) => isExecutionOver(one.status));
  return { pool, job, executions: [...running, ...ended.slice(0, limit)] };
}

async function readImage(
  request: StatusRequest,
  connection: AzureConnection,
  resources: ResourceReader,
  names: ResourceNames,
  clock: Clock = systemClock,
): Promise<{ loginServer: string | undefined; image: ImageStatus | undefined }> {
  const registry = await resources.findRegistry(names.resourceGroup, names.registry);
  if (registry === undefined) return { loginServer: undefined, image: undefined };
  const { loginServer } = registry;
  const { repository } = request.config.image;
  const images = createRegistryImagesClient(connection, loginServer);
  const found = await images.findTag(repository, currentTag);
  if (found === undefined) return { loginServer, image: undefined };
  const age = clock.now().getTime() - found.createdAt.getTime();
  return {
    loginServer,
    image: {
      repository,
      tag: found.tag,
      digest: found.digest,
      reference: formatImageByDigest(loginServer, repository, found.digest),
      createdAt: found.createdAt.toISOString(),
      ageDays: Math.max(0, Math.floor(age / 86_400_000)),
    },
  };
}

function describePool(
  pool: PoolConfig,
  names: ResourceNames,
  job: JobView | undefined,
  executions: readonly ExecutionView[],
  currentDigest: string | undefined,
): PoolStatus {
  const image = job?.image;
  const reference = image === undefined ? undefined : parseImageReference(image);
  // A job that follows the tag runs what it means.
  const digest = reference?.tag === currentTag ? currentDigest : reference?.digest;
  return {
    name: pool.name,
    job: names.job(pool.name),
    deployed: job !== undefined,
    trigger: pool.trigger.type,
    labels: completeLabels(pool),
    limits: pool.limits,
    ...(image === undefined ? {} : { image }),
    ...(digest === undefined || currentDigest === undefined
      ? {}
      : { imageIsCurrent: digest === currentDigest }),
    running: executions.filter((one) => !isExecutionOver(one.status)).length,
    executions: executions.map((one) => ({
      name: one.name,
      status: one.status,
      ...(one.startedAt === undefined ? {} : { startedAt: one.startedAt.toISOString() }),
      ...(one.endedAt === undefined ? {} : { endedAt: one.endedAt.toISOString() }),
    })),
  };
}
