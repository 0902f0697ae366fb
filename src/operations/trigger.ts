import type { AzureConnection } from "../azure/connection.js";
import {
  createJobsClient,
  type JobAddress,
  type JobsClient,
  mayHaveStarted,
  type StartedExecution,
} from "../azure/jobs.js";
import type { PoolConfig, ResolvedConfig } from "../config/types.js";
import type { Clock } from "../domain/clock.js";
import { findNearestWord } from "../domain/nearest-word.js";
import { deriveResourceNames } from "../domain/resource-names.js";
import {
  executionsNotStarted,
  poolNotDeployed,
  poolNotNamed,
  poolUnknown,
  type StartFailure,
} from "../errors/catalogue/azure.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "../output/events.js";
import { runBounded } from "./run-bounded.js";
import { systemClock } from "./system-clock.js";
import { type TriggeredExecution, waitForExecutions } from "./wait-for-executions.js";

export type { TriggeredExecution };

export interface TriggerRequest {
  readonly config: Pick<ResolvedConfig, "name" | "subscription" | "pools">;
  /** Default: the only one. */
  readonly pool?: string;
  /** Default: 1. */
  readonly count?: number;
  /** Follow the executions to their end. */
  readonly wait?: boolean;
  /** Longest to wait. Default: the pool's timeout and five minutes. */
  readonly timeoutSeconds?: number;
}

export interface TriggerDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

export interface TriggerResult {
  readonly pool: string;
  readonly job: string;
  readonly waited: boolean;
  readonly executions: readonly TriggeredExecution[];
}

const startsAtOnce = 4;
const startupSeconds = 300;

/** Starts executions of a pool's job and, if asked, follows them to their end. */
export async function triggerPool(
  request: TriggerRequest,
  deps: TriggerDeps,
): Promise<TriggerResult> {
  const pool = findPool(request.config.pools, request.pool);
  const names = deriveResourceNames(request.config.subscription, request.config.name);
  const address = { resourceGroup: names.resourceGroup, job: names.job(pool.name) };
  const signal = deps.signal ?? deps.connection.signal;
  const connection = signal === undefined ? deps.connection : { ...deps.connection, signal };

  const jobs = createJobsClient(connection);
  const started = await startAll(jobs, address, pool.name, request.count ?? 1, deps.emit);
  if (request.wait !== true) {
    const executions = started.map((one) => ({ ...one, pool: pool.name, status: "Running" }));
    return { pool: pool.name, job: address.job, waited: false, executions };
  }
  const executions = await waitForExecutions(
    {
      pool: pool.name,
      address,
      started,
      timeoutSeconds: request.timeoutSeconds ?? pool.timeoutSeconds + startupSeconds,
    },
    { connection, emit: deps.emit, clock: deps.clock ?? systemClock },
  );
  return { pool: pool.name, job: address.job, waited: true, executions };
}

function findPool(pools: readonly PoolConfig[], name: string | undefined): PoolConfig {
  const known = pools.map((pool) => pool.name);
  const [only] = pools;
  if (name === undefined) {
    if (only === undefined || pools.length > 1) throw poolNotNamed(known);
    return only;
  }
  const found = pools.find((pool) => pool.name === name);
  if (found !== undefined) return found;
  throw poolUnknown(name, known, findNearestWord(name, known));
}

type Attempt = StartedExecution | StartFailure;

async function startAll(
  jobs: JobsClient,
  address: JobAddress,
  pool: string,
  count: number,
  emit: Emit,
): Promise<StartedExecution[]> {
  let refused = false;
  const attempts = await runBounded(
    Array.from({ length: count }, (_, index) => index),
    startsAtOnce,
    async (index): Promise<Attempt | undefined> => {
      // What refused one start refuses the next: a missing job, a missing permission.
      if (refused) return undefined;
      try {
        const started = await jobs.start(address);
        emit({
          name: "execution.started",
          level: "info",
          message: `Started ${started.name}${count === 1 ? "" : ` (${index + 1} of ${count})`}`,
          data: { ...started, pool },
        });
        return started;
      } catch (error) {
        if (!(error instanceof RunnerctlError)) throw error;
        const uncertain = mayHaveStarted(error.cause);
        refused = true;
        return { error, uncertain };
      }
    },
  );
  const started = attempts.filter(
    (one): one is StartedExecution => one !== undefined && "id" in one,
  );
  const failures = attempts.filter(
    (one): one is StartFailure => one !== undefined && "error" in one,
  );
  const first = failures[0];
  if (first === undefined) return started;
  if (started.length === 0 && !failures.some((failure) => failure.uncertain)) {
    throw first.error.code === "azure.notFound"
      ? poolNotDeployed(pool, address.job, address.resourceGroup)
      : first.error;
  }
  throw executionsNotStarted(pool, count, started, failures);
}
