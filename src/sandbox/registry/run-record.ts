import type { TaskPlan, TaskTrigger } from "./task-plan.js";

export type RunStatus =
  "Queued" | "Started" | "Running" | "Succeeded" | "Failed" | "Canceled" | "Error" | "Timeout";

export interface OutputImage {
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

export interface RunRecord {
  readonly registryId: string;
  readonly runId: string;
  status: RunStatus;
  readonly runType: TaskPlan["runType"];
  /** Name of the stored task. */
  readonly task?: string;
  readonly timerTrigger?: TaskTrigger["timerTrigger"];
  readonly imageUpdateTrigger?: TaskTrigger["imageUpdateTrigger"];
  readonly createTime: string;
  lastUpdatedTime: string;
  startTime?: string;
  finishTime?: string;
  outputImages: OutputImage[];
  runErrorMessage?: string;
  readonly platform: { os: string; architecture: string; variant?: string };
  readonly agentConfiguration: { cpu: number };
  isArchiveEnabled: boolean;
}

export function isFinished(status: RunStatus): boolean {
  return status !== "Queued" && status !== "Started" && status !== "Running";
}

/** The wire body: https://learn.microsoft.com/rest/api/containerregistry/runs/get */
export function runBody(registryId: string, run: RunRecord): Record<string, unknown> {
  const { registryId: _registryId, ...shown } = run;
  return {
    id: `${registryId}/runs/${run.runId}`,
    name: run.runId,
    type: "Microsoft.ContainerRegistry/registries/runs",
    properties: {
      provisioningState:
        run.status === "Succeeded" ? "Succeeded" : isFinished(run.status) ? "Failed" : "Running",
      ...shown,
    },
  };
}
