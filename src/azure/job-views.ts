import type { Job, JobExecution } from "@azure/arm-appcontainers";
import { type ContainerEvidence, readContainerEvidence } from "../domain/execution-states.js";

export interface ExecutionView {
  readonly name: string;
  readonly id: string;
  readonly status: string;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
  readonly containers: readonly ContainerEvidence[];
}

export interface JobView {
  readonly name: string;
  readonly id: string;
  readonly triggerType: string;
  readonly provisioningState: string;
  /** Of the first container. */
  readonly image: string | undefined;
  /** Environment of all containers, init containers first; references to secrets are left out. */
  readonly env: Readonly<Record<string, string>>;
}

export function viewJob(job: Job): JobView {
  const containers = [...(job.template?.initContainers ?? []), ...(job.template?.containers ?? [])];
  const env = containers
    .flatMap((container) => container.env ?? [])
    .flatMap(({ name, value }) =>
      name === undefined || value === undefined ? [] : [[name, value] as const],
    );
  return {
    name: job.name ?? "",
    id: job.id ?? "",
    triggerType: job.configuration?.triggerType ?? "Unknown",
    provisioningState: job.provisioningState ?? "Unknown",
    image: job.template?.containers?.[0]?.image,
    env: Object.fromEntries(env),
  };
}

export function viewExecution(
  execution: JobExecution,
  text: string | null | undefined,
): ExecutionView {
  return {
    name: execution.name ?? "",
    id: execution.id ?? "",
    status: execution.status ?? "Unknown",
    startedAt: execution.startTime,
    endedAt: execution.endTime,
    containers: readContainerEvidence(readDetailedStatus(text)),
  };
}

/** In the answer, but not in the SDK's model. */
function readDetailedStatus(text: string | null | undefined): unknown {
  if (text === null || text === undefined) return undefined;
  try {
    return (JSON.parse(text) as { properties?: { detailedStatus?: unknown } }).properties
      ?.detailedStatus;
  } catch {
    return undefined;
  }
}
