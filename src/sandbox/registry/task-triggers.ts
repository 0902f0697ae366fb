import type { ArmResource, Collection, SandboxContext } from "../ports.js";
import { parseCron } from "./cron-times.js";
import type { OpenRegistry, Registries } from "./registries.js";
import { planTriggeredTask, type TaskTrigger } from "./task-plan.js";
import type { BaseDependency } from "./task-run.js";
import type { TaskRunner } from "./task-runner.js";

const taskType = "Microsoft.ContainerRegistry/registries/tasks";

/** What a task's last run built on. */
interface KnownBase {
  readonly type: BaseDependency["type"];
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
}

/** Starts runs of stored tasks by themselves: when their time has come, or a base has changed. */
export class TaskTriggers {
  private readonly closing = new AbortController();
  private bases: Collection<KnownBase[]> | undefined;
  private checked: Date;

  constructor(
    private readonly ctx: SandboxContext,
    private readonly registries: Registries,
    private readonly runner: TaskRunner,
  ) {
    this.checked = ctx.clock.now();
    runner.onBases = (taskId, bases) => this.rememberBases(taskId, bases);
    registries.onTagged = (registry, image) => this.startForBase(registry, image);
    void this.watchTimers();
  }

  close(): void {
    this.closing.abort();
  }

  /** Once in every minute of the sandbox's time; a leap of the clock runs what was missed once. */
  private async watchTimers(): Promise<void> {
    const { clock } = this.ctx;
    const { signal } = this.closing;
    for (;;) {
      const untilNext = 60_000 - (clock.now().getTime() % 60_000);
      try {
        await clock.sleep(untilNext, signal);
      } catch {
        return;
      }
      const now = clock.now();
      this.startDue(this.checked, now);
      this.checked = now;
    }
  }

  private startDue(from: Date, to: Date): void {
    for (const task of this.enabledTasks()) {
      const timers = readList(readFields(task.properties["trigger"])["timerTriggers"]);
      for (const timer of timers) {
        if (timer["status"] === "Disabled") continue;
        const due = parseCron(String(timer["schedule"]))?.latest(from, to);
        if (due === undefined) continue;
        this.start(task, {
          timerTrigger: {
            timerTriggerName: String(timer["name"]),
            scheduleOccurrence: due.toISOString(),
          },
        });
      }
    }
  }

  private startForBase(
    registry: OpenRegistry,
    image: { readonly repository: string; readonly tag: string; readonly digest: string },
  ): void {
    for (const task of this.enabledTasks()) {
      const trigger = readFields(readFields(task.properties["trigger"])["baseImageTrigger"]);
      if (trigger["name"] === undefined || trigger["status"] === "Disabled") continue;
      const known = this.collection().get(task.id.toLowerCase()) ?? [];
      const builtOn = known.some(
        (base) =>
          (base.type === "RunTime" || trigger["baseImageTriggerType"] === "All") &&
          base.registry === registry.loginServer &&
          base.repository === image.repository &&
          base.tag === image.tag,
      );
      if (!builtOn) continue;
      const now = this.ctx.clock.now().toISOString();
      this.start(task, {
        imageUpdateTrigger: {
          id: `${registry.name}-${image.digest.slice(7, 19)}`,
          timestamp: now,
          images: [{ registry: registry.loginServer, ...image }],
        },
      });
    }
  }

  private start(task: ArmResource, trigger: TaskTrigger): void {
    const registry = this.registries.findById(task.id.split("/").slice(0, -2).join("/"));
    if (registry === undefined) return;
    try {
      this.runner.schedule(registry, planTriggeredTask(task, trigger));
    } catch {
      // A task that nothing can be made of does not start; started by hand it says why.
    }
  }

  /** The service learns of them with each run: a task that never ran is started by no base. */
  private rememberBases(taskId: string, bases: readonly BaseDependency[]): void {
    this.collection().set(
      taskId.toLowerCase(),
      bases
        // What is named by digest cannot change.
        .filter(({ reference }) => reference.digest === undefined)
        .map(({ type, reference }) => ({
          type,
          registry: reference.registry ?? "registry.hub.docker.com",
          repository: reference.repository,
          tag: reference.tag ?? "latest",
        })),
    );
  }

  private enabledTasks(): ArmResource[] {
    return this.ctx.arm.list(taskType).filter((task) => task.properties["status"] !== "Disabled");
  }

  private collection(): Collection<KnownBase[]> {
    this.bases ??= this.ctx.state.collection<KnownBase[]>("registry-task-bases");
    return this.bases;
  }
}

function readFields(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function readList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.map(readFields) : [];
}
