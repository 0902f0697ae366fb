import type { AzureConnection } from "../azure/connection.js";
import { createJobsClient, type ExecutionView, type JobAddress } from "../azure/jobs.js";
import { createLogsClient, type LogsClient } from "../azure/logs.js";
import { createResourceReader } from "../azure/resources.js";
import type { ResolvedConfig } from "../config/types.js";
import type { Clock } from "../domain/clock.js";
import { isExecutionOver } from "../domain/execution-states.js";
import { LogDeduplicator, type LogLine, type LogQuery } from "../domain/log-query.js";
import { findNearestWord } from "../domain/nearest-word.js";
import { deriveResourceNames, type ResourceNames } from "../domain/resource-names.js";
import {
  executionOfNoPool,
  poolNotNamed,
  poolUnknown,
  workspaceNotDeployed,
} from "../errors/catalogue/azure.js";
import type { Emit } from "../output/events.js";
import { systemClock } from "./system-clock.js";

export type { LogLine };

export interface LogsRequest {
  readonly config: Pick<ResolvedConfig, "name" | "subscription" | "pools">;
  /** Default: the pool that the execution belongs to, or the only pool. */
  readonly pool?: string;
  readonly execution?: string;
  /** `mint` or `runner`. */
  readonly container?: string;
  /** Default: from the execution's start, or the last hour. */
  readonly sinceSeconds?: number;
  /** The newest lines only. */
  readonly tail?: number;
  readonly follow?: boolean;
}

export interface LogsDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
}

const hour = 3_600_000;
/** What one query may answer: https://learn.microsoft.com/azure/azure-monitor/service-limits#log-queries-and-language */
const mostLines = 30_000;
const pollMilliseconds = 5000;
/** Lines arrive out of order and minutes late, so every poll looks back this far. */
const overlapMilliseconds = 10 * 60_000;
/** After an execution's end, how long without a new line before following stops. */
const quietMilliseconds = 3 * 60_000;
const startSlackMilliseconds = 60_000;

/** Console lines, oldest first; with `follow`, as they arrive, until interrupted or the execution is over. */
export async function* readLogs(
  request: LogsRequest,
  deps: LogsDeps,
): AsyncGenerator<LogLine, void, void> {
  const clock = deps.clock ?? systemClock;
  const connection =
    deps.signal === undefined ? deps.connection : { ...deps.connection, signal: deps.signal };
  const names = deriveResourceNames(request.config.subscription, request.config.name);
  const pool = choosePool(request, names);
  const address = { resourceGroup: names.resourceGroup, job: names.job(pool) };
  const [logs, execution] = await Promise.all([
    openWorkspace(connection, names),
    request.execution === undefined
      ? undefined
      : createJobsClient(connection).getExecution(address, request.execution),
  ]);
  const query: LogQuery = {
    job: address.job,
    since: startOf(request, execution, clock),
    limit: request.tail ?? mostLines,
    ...(request.execution === undefined ? {} : { execution: request.execution }),
    ...(request.container === undefined ? {} : { container: request.container }),
  };
  const shown = new LogDeduplicator();
  const first = shown.takeNew(await logs.query(query, clock.now()));
  yield* first;
  if (request.follow === true) {
    yield* follow({ query, address, logs, shown, connection, clock });
    return;
  }
  if (first.length === 0) explainEmptiness(deps.emit, query, execution);
}

/** An execution is named after its job, and a job after its pool. */
function choosePool(request: LogsRequest, names: ResourceNames): string {
  const known = request.config.pools.map((pool) => pool.name);
  if (request.pool !== undefined) {
    if (known.includes(request.pool)) return request.pool;
    throw poolUnknown(request.pool, known, findNearestWord(request.pool, known));
  }
  const { execution } = request;
  if (execution === undefined) {
    const [only] = known;
    if (only === undefined || known.length > 1) throw poolNotNamed(known);
    return only;
  }
  const [nearest] = known
    .filter((pool) => execution.startsWith(`${names.job(pool)}-`))
    .sort((a, b) => b.length - a.length);
  if (nearest === undefined) throw executionOfNoPool(execution, known);
  return nearest;
}

async function openWorkspace(
  connection: AzureConnection,
  names: ResourceNames,
): Promise<LogsClient> {
  const found = await createResourceReader(connection).findWorkspace(
    names.resourceGroup,
    names.logWorkspace,
  );
  if (found === undefined) throw workspaceNotDeployed(names.logWorkspace, names.resourceGroup);
  return createLogsClient(connection, { name: names.logWorkspace, ...found });
}

function startOf(request: LogsRequest, execution: ExecutionView | undefined, clock: Clock): Date {
  const now = clock.now().getTime();
  if (request.sinceSeconds !== undefined) return new Date(now - request.sinceSeconds * 1000);
  const started = execution?.startedAt;
  return new Date(started === undefined ? now - hour : started.getTime() - startSlackMilliseconds);
}

interface Following {
  readonly query: LogQuery;
  readonly address: JobAddress;
  readonly logs: LogsClient;
  readonly shown: LogDeduplicator;
  readonly connection: AzureConnection;
  readonly clock: Clock;
}

async function* follow(following: Following): AsyncGenerator<LogLine, void, void> {
  const { query, address, logs, shown, connection, clock } = following;
  const jobs = createJobsClient(connection);
  let lastNews = clock.now().getTime();
  for (;;) {
    await clock.sleep(pollMilliseconds, connection.signal);
    const now = clock.now().getTime();
    const since = new Date(Math.max(query.since.getTime(), now - overlapMilliseconds));
    const news = shown.takeNew(
      await logs.query({ ...query, since, limit: mostLines }, new Date(now)),
    );
    shown.forgetBefore(since);
    if (news.length > 0) lastNews = now;
    yield* news;
    if (query.execution === undefined || now - lastNews < quietMilliseconds) continue;
    const { status } = await jobs.getExecution(address, query.execution);
    if (isExecutionOver(status)) return;
  }
}

function explainEmptiness(emit: Emit, query: LogQuery, execution: ExecutionView | undefined): void {
  const what = execution === undefined ? query.job : execution.name;
  emit({
    name: "logs.empty",
    level: "warn",
    message: `No lines from ${what} since ${query.since.toISOString()}. Azure takes two to five minutes to make new lines readable; try again, add --follow, or look further back with --since.`,
    data: { job: query.job, since: query.since.toISOString() },
  });
}
