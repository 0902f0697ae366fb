import { randomInt } from "node:crypto";
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import {
  SandboxHttpError,
  type ArmResource,
  type BuiltImage,
  type Collection,
  type ContainerRun,
  type EnginePort,
  type ExecutionRecord,
  type SandboxContext,
} from "../ports.js";
import { ExecutionLogs } from "./execution-logs.js";
import { readExecutionPlan, type ExecutionPlan } from "./execution-plan.js";
import { Execution, type ExecutionOutcome } from "./execution.js";
import type { IdentityEndpoint } from "./identity-endpoint.js";
import { chooseIsolation, type IsolationChoice } from "./isolation/choose-isolation.js";
import type { Isolation } from "./isolation/container-launch.js";
import { runStandaloneContainer } from "./standalone-container.js";

/** https://learn.microsoft.com/azure/container-apps/jobs#job-execution-history */
const keptFinished = 100;

export interface EngineOptions {
  readonly listenerProgram: string;
  /** For tests; by default what the machine allows. */
  readonly isolation?: Isolation;
}

/** Executions of jobs as real processes. */
export class ExecutionEngine implements EnginePort {
  private readonly records: Collection<ExecutionRecord>;
  private readonly running = new Map<string, Execution>();
  private choice: Promise<IsolationChoice> | undefined;

  constructor(
    private readonly context: SandboxContext,
    private readonly identity: IdentityEndpoint,
    private readonly options: EngineOptions,
  ) {
    this.records = context.state.collection<ExecutionRecord>("executions");
    this.failOrphans();
  }

  async start(
    job: ArmResource,
    override: Record<string, unknown> | undefined,
  ): Promise<ExecutionRecord> {
    const plan = readExecutionPlan(job, override);
    const images = this.pullImages(plan);
    const secrets = this.resolveSecrets(plan);
    checkReferences(plan, secrets);
    const choice = await this.findIsolation();
    const name = `${job.name}-${randomName(7)}`;
    const key = makeKey(job.id, name);
    const record: ExecutionRecord = {
      id: `${job.id}/executions/${name}`,
      name,
      type: "Microsoft.App/jobs/executions",
      properties: {
        status: "Running",
        startTime: this.context.clock.now().toISOString(),
        detailedStatus: { replicas: [], sandboxIsolation: choice.isolation },
        template: plan.template,
      },
    };
    this.records.set(key, record);
    const logs = new ExecutionLogs(this.context, job, name);
    logs.system("SuccessfulCreate", `Created the execution '${name}' of job '${job.name}'`);
    if (choice.reason !== undefined) {
      logs.system(
        "ReducedIsolation",
        `The sandbox runs this execution's containers as plain processes, which can see this machine: ${choice.reason}`,
        { warning: true },
      );
    }
    const folder = this.context.state.directory("executions", name);
    const execution = new Execution({
      context: this.context,
      job,
      plan,
      executionName: name,
      folder,
      images,
      secrets,
      isolation: choice.isolation,
      identity: this.identity,
      logs,
      listenerProgram: this.options.listenerProgram,
    });
    this.running.set(key, execution);
    void execution.finished
      .catch((error: unknown): ExecutionOutcome => ({
        status: "Failed",
        reason: error instanceof Error ? error.message : String(error),
        replicas: [],
      }))
      .then((outcome) => this.finish(key, outcome, choice.isolation, logs, folder));
    return record;
  }

  async runContainer(run: ContainerRun): Promise<{ readonly code: number }> {
    const { isolation } = await this.findIsolation();
    return runStandaloneContainer(run, {
      isolation,
      caPem: this.context.ca.pem,
      listenerProgram: this.options.listenerProgram,
    });
  }

  stop(jobId: string, execution?: string): Promise<void> {
    const keys =
      execution === undefined
        ? [...this.running.keys()].filter((key) => key.startsWith(makeKey(jobId, "")))
        : [makeKey(jobId, execution)];
    for (const key of keys) {
      if (execution !== undefined && this.records.get(key) === undefined) {
        return Promise.reject(
          new SandboxHttpError(
            404,
            "JobExecutionNotFound",
            `No execution '${execution}' of this job.`,
          ),
        );
      }
      void this.running.get(key)?.stop();
    }
    return Promise.resolve();
  }

  list(jobId: string): ExecutionRecord[] {
    return this.records
      .entries(makeKey(jobId, ""))
      .map(([, record]) => record)
      .reverse();
  }

  find(jobId: string, execution: string): ExecutionRecord | undefined {
    return this.records.get(makeKey(jobId, execution));
  }

  async forget(jobId: string): Promise<void> {
    const prefix = makeKey(jobId, "");
    const executions = [...this.running].filter(([key]) => key.startsWith(prefix));
    await Promise.all(executions.map(([, execution]) => execution.kill()));
    for (const [key] of this.records.entries(prefix)) this.records.delete(key);
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.running.values()].map((execution) => execution.kill()));
  }

  private finish(
    key: string,
    outcome: ExecutionOutcome,
    isolation: Isolation,
    logs: ExecutionLogs,
    folder: string,
  ): void {
    this.running.delete(key);
    const record = this.records.get(key);
    if (record !== undefined) {
      this.records.set(key, {
        ...record,
        properties: {
          ...record.properties,
          status: outcome.status,
          endTime: this.context.clock.now().toISOString(),
          detailedStatus: {
            replicas: outcome.replicas,
            reason: outcome.reason,
            sandboxIsolation: isolation,
          },
        },
      });
      this.prune(dirname(key));
    }
    logs.system(
      outcome.status === "Succeeded" ? "Completed" : outcome.reason,
      `Execution has ${outcome.status === "Succeeded" ? "successfully completed" : `ended as ${outcome.status}: ${outcome.reason}`}`,
      { warning: outcome.status === "Failed" },
    );
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A folder that the container made unreadable to this user stays until `sandbox reset`.
    }
  }

  private prune(prefix: string): void {
    const finished = this.records
      .entries(`${prefix}/`)
      .filter(([, record]) => record.properties.endTime !== undefined);
    for (const [key] of finished.slice(0, Math.max(0, finished.length - keptFinished))) {
      this.records.delete(key);
    }
  }

  /** What ran when the sandbox ended ran no further. */
  private failOrphans(): void {
    for (const [key, record] of this.records.entries()) {
      if (record.properties.endTime !== undefined) continue;
      this.records.set(key, {
        ...record,
        properties: {
          ...record.properties,
          status: "Failed",
          endTime: this.context.clock.now().toISOString(),
          detailedStatus: { replicas: [], reason: "The sandbox was restarted" },
        },
      });
    }
  }

  private pullImages(plan: ExecutionPlan): Map<string, BuiltImage> {
    const images = new Map<string, BuiltImage>();
    for (const { image } of [...plan.initContainers, ...plan.containers]) {
      const registry = plan.registries.find(({ server }) =>
        image.toLowerCase().startsWith(`${server.toLowerCase()}/`),
      );
      if (!images.has(image))
        images.set(image, this.context.registry.pull(image, registry?.identity));
    }
    return images;
  }

  private resolveSecrets(plan: ExecutionPlan): Map<string, string> {
    return new Map(
      plan.secrets.map(({ name, value, keyVaultUrl, identity }) => [
        name,
        keyVaultUrl === undefined
          ? (value ?? "")
          : this.context.vault.resolveReference(keyVaultUrl, identity ?? "system"),
      ]),
    );
  }

  private findIsolation(): Promise<IsolationChoice> {
    if (this.options.isolation !== undefined) {
      return Promise.resolve(
        this.options.isolation === "namespaces"
          ? { isolation: "namespaces" }
          : { isolation: "process", reason: "it was asked for" },
      );
    }
    this.choice ??= chooseIsolation(
      this.context.state.directory("executions"),
      this.context.ca.pem,
    );
    return this.choice;
  }
}

function checkReferences(plan: ExecutionPlan, secrets: ReadonlyMap<string, string>): void {
  for (const container of [...plan.initContainers, ...plan.containers]) {
    for (const { secretRef } of container.env) {
      if (secretRef === undefined || secrets.has(secretRef)) continue;
      throw new SandboxHttpError(
        400,
        "ContainerAppSecretRefNotFound",
        `SecretRef '${secretRef}' of container '${container.name}' is not among the job's secrets.`,
      );
    }
  }
}

function makeKey(jobId: string, execution: string): string {
  return `${jobId}/executions/${execution}`.toLowerCase();
}

function randomName(length: number): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
}
