import type { AzureConnection } from "../azure/connection.js";
import {
  createJobsClient,
  type ExecutionView,
  type JobAddress,
  type JobsClient,
  type StartedExecution,
} from "../azure/jobs.js";
import { type Clock, pollDelay } from "../domain/clock.js";
import {
  classifyExecutionStatus,
  describeEvidence,
  isExecutionOver,
} from "../domain/execution-states.js";
import {
  type ExecutionFailure,
  executionsFailed,
  executionsTimedOut,
} from "../errors/catalogue/azure.js";
import { interrupted } from "../errors/catalogue/command.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "../output/events.js";
import { runBounded } from "./run-bounded.js";

export interface TriggeredExecution {
  readonly name: string;
  readonly id: string;
  readonly pool: string;
  readonly status: string;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface WaitRequest {
  readonly pool: string;
  readonly address: JobAddress;
  readonly started: readonly StartedExecution[];
  readonly timeoutSeconds: number;
}

export interface WaitDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly clock: Clock;
}

const pollsAtOnce = 4;
/** Failed rounds in a row, each after the SDK's own retries, before the wait gives up. */
const toleratedRounds = 5;
const passingErrors = new Set([
  "azure.unavailable",
  "azure.unreachable",
  "azure.throttled",
  "azure.timedOut",
]);

/** Returns when every execution succeeded; throws what became of them otherwise. */
export async function waitForExecutions(
  request: WaitRequest,
  deps: WaitDeps,
): Promise<TriggeredExecution[]> {
  const { connection, clock } = deps;
  const user = connection.signal;
  const deadline = new AbortController();
  const over = new AbortController();
  // The deadline also cuts off a call that hangs. Ended by `over` when the wait is done.
  const timer = clock.sleep(request.timeoutSeconds * 1000, over.signal).then(
    () => deadline.abort(),
    () => undefined,
  );
  const signal = AbortSignal.any(user === undefined ? [deadline.signal] : [user, deadline.signal]);
  const watch = new Watch(request, deps, createJobsClient({ ...connection, signal }), signal);
  try {
    await watch.run();
  } catch (error) {
    if (user?.aborted === true) {
      const running = watch.running().map((view) => view.name);
      throw interrupted(
        running.length === 0
          ? undefined
          : `What was started goes on in Azure: ${running.join(", ")}.`,
      );
    }
    if (!deadline.signal.aborted) throw error;
  } finally {
    over.abort();
    await timer;
  }
  return watch.conclude();
}

class Watch {
  private readonly views = new Map<string, ExecutionView>();

  constructor(
    private readonly request: WaitRequest,
    private readonly deps: WaitDeps,
    private readonly jobs: JobsClient,
    private readonly signal: AbortSignal,
  ) {
    for (const { name, id } of request.started) {
      this.views.set(name, {
        name,
        id,
        status: "Running",
        startedAt: undefined,
        endedAt: undefined,
        containers: [],
      });
    }
  }

  running(): ExecutionView[] {
    return [...this.views.values()].filter((view) => !isExecutionOver(view.status));
  }

  async run(): Promise<void> {
    let failedRounds = 0;
    for (let attempt = 0; this.running().length > 0; attempt += 1) {
      const delay = pollDelay(attempt, { first: 1000, longest: 5000, random: Math.random() });
      await this.deps.clock.sleep(delay, this.signal);
      try {
        await this.poll();
        failedRounds = 0;
      } catch (error) {
        failedRounds += 1;
        if (!this.isPassing(error) || failedRounds > toleratedRounds) throw error;
        this.deps.emit({
          name: "execution.pollFailed",
          level: "warn",
          message: error.message,
          data: { code: error.code },
        });
      }
    }
  }

  private isPassing(error: unknown): error is RunnerctlError {
    return !this.signal.aborted && error instanceof RunnerctlError && passingErrors.has(error.code);
  }

  private async poll(): Promise<void> {
    await runBounded(this.running(), pollsAtOnce, async ({ name }) => {
      const view = await this.read(name);
      if (view === undefined) return;
      const before = this.views.get(name);
      this.views.set(name, view);
      if (before?.status === view.status) return;
      this.deps.emit({
        name: "execution.status",
        level: classifyExecutionStatus(view.status) === "failed" ? "error" : "info",
        message: `${name}: ${view.status}`,
        data: { execution: name, pool: this.request.pool, status: view.status },
      });
    });
  }

  /** Reads are eventually consistent: an execution may not be found for a while after its start. */
  private async read(execution: string): Promise<ExecutionView | undefined> {
    try {
      return await this.jobs.getExecution(this.request.address, execution);
    } catch (error) {
      if (error instanceof RunnerctlError && error.code === "azure.notFound") return undefined;
      throw error;
    }
  }

  conclude(): TriggeredExecution[] {
    const { pool, timeoutSeconds, started } = this.request;
    const executions = [...this.views.values()].map((view) => present(view, pool));
    const failures = [...this.views.values()].filter(
      (view) => classifyExecutionStatus(view.status) === "failed",
    );
    if (failures.length > 0) {
      throw executionsFailed(pool, failures.map(explain), started.length, executions);
    }
    const hanging = this.running();
    if (hanging.length > 0) {
      throw executionsTimedOut(pool, timeoutSeconds, hanging.map(explain), executions);
    }
    return executions;
  }
}

function explain(view: ExecutionView): ExecutionFailure {
  return {
    execution: view.name,
    status: view.status,
    evidence: describeEvidence(view.containers),
  };
}

function present(view: ExecutionView, pool: string): TriggeredExecution {
  return {
    name: view.name,
    id: view.id,
    pool,
    status: view.status,
    ...(view.startedAt === undefined ? {} : { startedAt: view.startedAt.toISOString() }),
    ...(view.endedAt === undefined ? {} : { endedAt: view.endedAt.toISOString() }),
  };
}
