import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { makeFolder } from "./isolation/host-tree.js";
import { Replica, type ContainerStatus, type ReplicaSettings } from "./replica.js";

export interface ReplicaStatus {
  readonly name: string;
  readonly containers: readonly ContainerStatus[];
}

export interface ExecutionOutcome {
  readonly status: "Succeeded" | "Failed" | "Stopped";
  readonly reason: string;
  readonly replicas: readonly ReplicaStatus[];
}

/** A running execution: as many good replicas as are asked for, retries and the time limit. */
export class Execution {
  readonly finished: Promise<ExecutionOutcome>;
  private readonly ended: Replica[] = [];
  private readonly names = new Map<Replica, string>();
  private readonly active = new Set<Replica>();
  private readonly over = new AbortController();
  private stopReason: "Stopped" | "DeadlineExceeded" | "SandboxClosed" | undefined;

  constructor(
    private readonly settings: Omit<ReplicaSettings, "replicaName" | "folder"> & { folder: string },
  ) {
    this.finished = this.run();
  }

  /** As if somebody stopped it: TERM, 30 s, KILL. */
  async stop(reason: "Stopped" | "DeadlineExceeded" = "Stopped"): Promise<void> {
    this.stopReason ??= reason;
    await Promise.all([...this.active].map((replica) => replica.stop(this.over.signal)));
  }

  /** At once, when the sandbox closes. */
  async kill(): Promise<void> {
    this.stopReason ??= "SandboxClosed";
    for (const replica of this.active) replica.kill();
    await this.finished;
  }

  private async run(): Promise<ExecutionOutcome> {
    const { plan, logs, context } = this.settings;
    void context.clock
      .sleep(plan.replicaTimeoutSeconds * 1000, this.over.signal)
      .then(() => {
        logs.system(
          "DeadlineExceeded",
          `The execution ran longer than its replicaTimeout of ${plan.replicaTimeoutSeconds} s`,
          { warning: true },
        );
        return this.stop("DeadlineExceeded");
      })
      .catch(() => {});
    let succeeded = 0;
    let failed = 0;
    let started = 0;
    const work = async (): Promise<void> => {
      while (
        this.stopReason === undefined &&
        failed <= plan.replicaRetryLimit &&
        started - failed < plan.completions
      ) {
        started += 1;
        if (await this.runReplica()) succeeded += 1;
        else failed += 1;
      }
    };
    await Promise.all(Array.from({ length: Math.min(plan.parallelism, plan.completions) }, work));
    this.over.abort();
    return this.conclude(succeeded);
  }

  private async runReplica(): Promise<boolean> {
    const replicaName = `${this.settings.executionName}-${randomBytes(4).toString("hex").slice(0, 5)}`;
    const folder = join(this.settings.folder, replicaName);
    makeFolder(folder);
    const replica = new Replica({ ...this.settings, replicaName, folder });
    this.names.set(replica, replicaName);
    this.active.add(replica);
    try {
      return await replica.run();
    } finally {
      this.active.delete(replica);
      this.ended.push(replica);
    }
  }

  private conclude(succeeded: number): ExecutionOutcome {
    const replicas = this.ended.map((replica) => ({
      name: this.names.get(replica) ?? "",
      containers: replica.statuses,
    }));
    if (this.stopReason === "Stopped") return { status: "Stopped", reason: "Stopped", replicas };
    if (this.stopReason !== undefined) {
      return { status: "Failed", reason: this.stopReason, replicas };
    }
    return succeeded >= this.settings.plan.completions
      ? { status: "Succeeded", reason: "Completed", replicas }
      : { status: "Failed", reason: "BackoffLimitExceeded", replicas };
  }
}
