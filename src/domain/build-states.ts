export type BuildPhase = "running" | "succeeded" | "failed" | "cancelled";

/** States of a run: https://learn.microsoft.com/rest/api/containerregistry/runs/get#runstatus */
export function classifyBuildStatus(status: string | undefined): BuildPhase {
  switch (status) {
    case "Succeeded":
      return "succeeded";
    case "Failed":
    case "Error":
    case "Timeout":
      return "failed";
    case "Canceled":
      return "cancelled";
    default:
      return "running";
  }
}

/** Headings of steps: Docker's classic builder's, BuildKit's, Buildah's. */
const stepPattern =
  /^(?:#(?<vertex>\d+) \[(?:[^\]]*? )?(?<kit>\d+)\/(?<kitTotal>\d+)\] |Step (?<classic>\d+)\/(?<classicTotal>\d+) : |STEP (?<buildah>\d+)(?:\/(?<buildahTotal>\d+))?: )(?<instruction>.+)$/;

export interface BuildStep {
  readonly number: number;
  readonly total: number | undefined;
  readonly instruction: string;
}

/** The step that begins with this line of a build's log, if one does. */
export function parseBuildStep(line: string): BuildStep | undefined {
  const groups = stepPattern.exec(stripAgentTime(line))?.groups;
  const number = groups?.["kit"] ?? groups?.["classic"] ?? groups?.["buildah"];
  if (groups === undefined || number === undefined) return undefined;
  const total = groups["kitTotal"] ?? groups["classicTotal"] ?? groups["buildahTotal"];
  return {
    number: Number(number),
    total: total === undefined ? undefined : Number(total),
    instruction: (groups["instruction"] ?? "").trim(),
  };
}

export interface BuildFailure {
  /** The Dockerfile instruction that was being run, if the log names one. */
  readonly step: string | undefined;
  /** What that step said last, not the whole log. */
  readonly lastLines: readonly string[];
}

/** What a failed build's log says. */
export function summarizeBuildLog(lines: readonly string[], keep = 20): BuildFailure {
  const said = lines.filter((line) => line.trim() !== "");
  const failed = findFailedVertex(said);
  const start = said.findLastIndex(
    (line) => parseBuildStep(line) !== undefined && (failed === undefined || isOf(failed, line)),
  );
  const heading = said[start];
  return {
    step: heading === undefined ? undefined : parseBuildStep(heading)?.instruction,
    lastLines: said
      .slice(start + 1)
      .filter((line) => failed === undefined || isOf(failed, line))
      .slice(-keep),
  };
}

/** BuildKit runs steps side by side, and numbers their lines. */
function findFailedVertex(lines: readonly string[]): string | undefined {
  const last = lines.findLast((line) => /^#\d+ ERROR: /.test(stripAgentTime(line)));
  return last === undefined ? undefined : /^#\d+ /.exec(stripAgentTime(last))?.[0];
}

function isOf(vertex: string, line: string): boolean {
  return stripAgentTime(line).startsWith(vertex);
}

/** Agents put `2026/11/21 09:00:00 ` before their own lines. */
function stripAgentTime(line: string): string {
  return line.replace(/^\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2} /, "");
}
