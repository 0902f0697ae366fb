/** How far an execution of a Container Apps job has come. */
export type ExecutionPhase = "running" | "succeeded" | "failed";

/**
 * Statuses as the API gives them:
 * https://learn.microsoft.com/rest/api/containerapps/job-execution/job-execution#jobexecutionrunningstate
 * Anything unknown counts as running: a status that Azure adds later must not end a wait early.
 */
export function classifyExecutionStatus(status: string | undefined): ExecutionPhase {
  switch (status) {
    case "Succeeded":
      return "succeeded";
    case "Failed":
    case "Degraded":
    case "Stopped":
      return "failed";
    default:
      return "running";
  }
}

export function isExecutionOver(status: string | undefined): boolean {
  return classifyExecutionStatus(status) !== "running";
}

/** One container of an execution, as `detailedStatus` describes it. */
export interface ContainerEvidence {
  readonly name: string;
  readonly status: string | undefined;
  readonly exitCode: number | undefined;
  readonly reason: string | undefined;
}

/** Reads `properties.detailedStatus`, whose shape the SDK's model does not carry; tolerant of its absence. */
export function readContainerEvidence(detailedStatus: unknown): ContainerEvidence[] {
  return listOf(detailedStatus, "replicas").flatMap((replica) =>
    listOf(replica, "containers").map((container) => ({
      name: textOf(container, "name") ?? "container",
      status: textOf(container, "status"),
      exitCode: numberOf(container, "code"),
      reason: textOf(container, "additionalInformation"),
    })),
  );
}

/** `mint: exit code 3 (Error)`: one phrase a container that did not end well. */
export function describeEvidence(evidence: readonly ContainerEvidence[]): string[] {
  return evidence
    .filter((container) => container.exitCode !== 0)
    .map((container) => {
      const exit = container.exitCode === undefined ? "" : `exit code ${container.exitCode}`;
      const notes = [container.status, container.reason].filter((note) => note !== undefined);
      const detail = notes.length === 0 ? "" : `${exit === "" ? "" : " "}(${notes.join(", ")})`;
      return exit === "" && detail === "" ? "" : `${container.name}: ${exit}${detail}`;
    })
    .filter((phrase) => phrase !== "");
}

function listOf(value: unknown, key: string): unknown[] {
  const found = property(value, key);
  return Array.isArray(found) ? found : [];
}

function textOf(value: unknown, key: string): string | undefined {
  const found = property(value, key);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function numberOf(value: unknown, key: string): number | undefined {
  const found = property(value, key);
  return typeof found === "number" ? found : undefined;
}

function property(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}
