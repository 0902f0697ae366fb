import { rmSync } from "node:fs";
import { createHash } from "node:crypto";
import type { Collection, SandboxContext } from "../ports.js";
import { BuildError } from "./dockerfile-parser.js";
import type { BlobStore } from "./blob-store.js";
import type { OpenRegistry, Registries } from "./registries.js";
import { RunLog, type RunOutcome } from "./run-log.js";
import { isFinished, type RunRecord, type RunStatus } from "./run-record.js";
import type { TaskPlan } from "./task-plan.js";
import { executePlan, StepFailed, type BaseDependency } from "./task-run.js";

/** Why a run was ended from outside. */
class RunEnded extends Error {
  constructor(readonly status: "Canceled" | "Timeout" | "Error") {
    super(status);
  }
}

/** Runs of ACR Tasks, each a build of its own that starts when it is scheduled. */
export class TaskRunner {
  private records: Collection<RunRecord> | undefined;
  private readonly running = new Map<
    string,
    { controller: AbortController; done: Promise<void> }
  >();

  /** Told of the bases that a run of a stored task built on. */
  onBases: ((taskId: string, bases: readonly BaseDependency[]) => void) | undefined;

  constructor(
    private readonly ctx: SandboxContext,
    private readonly registries: Registries,
    private readonly blobs: BlobStore,
  ) {}

  schedule(registry: OpenRegistry, plan: TaskPlan): RunRecord {
    const now = this.ctx.clock.now().toISOString();
    const run: RunRecord = {
      registryId: registry.id,
      runId: this.nextRunId(registry),
      status: "Queued",
      runType: plan.runType,
      ...(plan.task === undefined ? {} : { task: plan.task.name }),
      ...plan.trigger,
      createTime: now,
      lastUpdatedTime: now,
      outputImages: [],
      platform: plan.platform,
      agentConfiguration: { cpu: plan.cpu },
      isArchiveEnabled: plan.archive,
    };
    this.save(run);
    const controller = new AbortController();
    const key = keyOf(run);
    const done = this.execute(registry, run, plan, controller).finally(() => {
      this.running.delete(key);
    });
    this.running.set(key, { controller, done });
    return run;
  }

  /** Newest first, as the service lists them. */
  list(registry: OpenRegistry): RunRecord[] {
    return this.collection()
      .entries(`${registry.id}/`)
      .map(([, run]) => this.current(run))
      .reverse();
  }

  find(registry: OpenRegistry, runId: string): RunRecord | undefined {
    const run = this.collection().get(`${registry.id}/${runId.toLowerCase()}`);
    return run === undefined ? undefined : this.current(run);
  }

  setArchive(run: RunRecord, enabled: boolean): RunRecord {
    return this.change(run, { isArchiveEnabled: enabled });
  }

  cancel(run: RunRecord): void {
    this.running.get(keyOf(run))?.controller.abort(new RunEnded("Canceled"));
  }

  /** Resolves when no build of the registry is under way and nothing of its runs is left. */
  async forget(registry: OpenRegistry): Promise<void> {
    const runs = this.list(registry);
    for (const run of runs) this.cancel(run);
    await Promise.all(runs.map((run) => this.running.get(keyOf(run))?.done));
    for (const run of runs) this.collection().delete(keyOf(run));
    this.blobs.deleteContainer(logContainer(registry));
    this.blobs.deleteContainer(sourceContainer(registry));
  }

  async close(): Promise<void> {
    const all = [...this.running.values()];
    for (const { controller } of all) controller.abort(new RunEnded("Error"));
    await Promise.all(all.map(({ done }) => done));
  }

  private async execute(
    registry: OpenRegistry,
    run: RunRecord,
    plan: TaskPlan,
    controller: AbortController,
  ): Promise<void> {
    const { clock } = this.ctx;
    const workDirectory = this.ctx.state.directory("registry", "work", registry.name, run.runId);
    let log: RunLog | undefined;
    const finish = (
      status: RunStatus,
      outcome: RunOutcome,
      lines: readonly string[],
      change: Partial<RunRecord> = {},
    ) => {
      // A run that ends before it started still has a log that says so.
      log ??= this.openLog(registry, run, controller.signal);
      log.finish(outcome, lines);
      this.change(run, { ...change, status, finishTime: clock.now().toISOString() });
    };
    const clear = () => rmSync(workDirectory, { recursive: true, force: true });
    try {
      await clock.sleep(40, controller.signal);
      this.change(run, { status: "Started", startTime: clock.now().toISOString() });
      await clock.sleep(40, controller.signal);
      this.change(run, { status: "Running" });
      log = this.openLog(registry, run, controller.signal);
      const timer = new AbortController();
      clock.sleep(plan.timeoutSeconds * 1000, timer.signal).then(
        () => controller.abort(new RunEnded("Timeout")),
        () => {},
      );
      const { outputImages, bases } = await executePlan(plan, {
        runId: run.runId,
        loginServer: registry.loginServer,
        registryName: registry.name,
        images: this.registries.images(registry.name),
        clock,
        log,
        engine: this.ctx.engine,
        signal: controller.signal,
        workDirectory,
        readSource: (location) => this.readSource(registry, location),
      }).finally(() => timer.abort());
      clear();
      if (plan.task !== undefined) this.onBases?.(plan.task.id, bases);
      finish("Succeeded", "successful", [], { outputImages });
    } catch (error) {
      clear();
      const reason: unknown = controller.signal.aborted ? controller.signal.reason : error;
      const after = `${Math.round((clock.now().getTime() - Date.parse(run.createTime)) / 1000)}s`;
      if (reason instanceof RunEnded) {
        const outcome = {
          Canceled: "canceled",
          Timeout: "timedout",
          Error: "internalerror",
        } as const;
        const text = {
          Canceled: `Run ID: ${run.runId} was canceled after ${after}`,
          Timeout: `Run ID: ${run.runId} timed out after ${after}`,
          Error: `Run ID: ${run.runId} ended because the sandbox stopped`,
        };
        finish(reason.status, outcome[reason.status], ["", text[reason.status]]);
        return;
      }
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof BuildError) {
        const runErrorMessage = `failed during run, err: exit status 1`;
        const step = error instanceof StepFailed ? error.stepId : undefined;
        finish(
          "Failed",
          "failed",
          [
            message,
            ...(step === undefined
              ? []
              : [
                  `${stamp(clock.now())} Container failed during run: ${step}. No retries remaining.`,
                  `failed to run step ID: ${step}: exit status 1`,
                ]),
            "",
            `Run ID: ${run.runId} failed after ${after}. Error: ${runErrorMessage}`,
          ],
          { runErrorMessage },
        );
        return;
      }
      finish("Error", "internalerror", [`[sandbox] defect: ${message}`], {
        runErrorMessage: `A defect of the sandbox: ${message}`,
      });
    }
  }

  private openLog(registry: OpenRegistry, run: RunRecord, signal: AbortSignal): RunLog {
    return new RunLog(this.blobs, this.ctx.clock, logContainer(registry), logBlob(run), signal);
  }

  /** A relative path as `listBuildSourceUploadUrl` gave it, or the whole upload URL. */
  private readSource(registry: OpenRegistry, location: string): Buffer | undefined {
    const container = sourceContainer(registry);
    const at = location.indexOf(`/${container}/`);
    const isUrl = /^https?:\/\//.test(location);
    if (isUrl && (at < 0 || !this.isOwnOrigin(location))) return undefined;
    const path = isUrl ? location.slice(at + container.length + 2).split("?")[0] : location;
    return this.blobs.read(container, decodeURIComponent(path ?? ""));
  }

  private isOwnOrigin(location: string): boolean {
    const { origin } = new URL(location);
    return origin === this.ctx.origin || origin === this.ctx.httpOrigin;
  }

  /** A record whose process is gone was cut off by a stop of the sandbox. */
  private current(run: RunRecord): RunRecord {
    if (isFinished(run.status) || this.running.has(keyOf(run))) return run;
    return this.change(run, {
      status: "Error",
      runErrorMessage: "The sandbox stopped during the run.",
    });
  }

  /** `run` is the record that the execution holds; the stored one is a copy. */
  private change(run: RunRecord, change: Partial<RunRecord>): RunRecord {
    Object.assign(run, change, { lastUpdatedTime: this.ctx.clock.now().toISOString() });
    this.save(run);
    return run;
  }

  private save(run: RunRecord): void {
    this.collection().set(keyOf(run), run);
  }

  /** Two letters of the registry, then a number: `ca1`, `ca2`, … */
  private nextRunId(registry: OpenRegistry): string {
    const letter = createHash("sha256").update(registry.id).digest()[0] ?? 0;
    const taken = this.collection().entries(`${registry.id}/`).length;
    return `c${String.fromCharCode(97 + (letter % 26))}${taken + 1}`;
  }

  private collection(): Collection<RunRecord> {
    this.records ??= this.ctx.state.collection<RunRecord>("registry-runs");
    return this.records;
  }
}

export function sourceContainer(registry: OpenRegistry): string {
  return `source-${registry.name}`;
}

export function logContainer(registry: OpenRegistry): string {
  return `logs-${registry.name}`;
}

export function logBlob(run: RunRecord): string {
  return `tasklogs/${run.runId}/rawtext.log`;
}

function keyOf(run: RunRecord): string {
  return `${run.registryId}/${run.runId}`;
}

function stamp(date: Date): string {
  return date.toISOString().slice(0, 19).replace(/-/g, "/").replace("T", " ");
}
