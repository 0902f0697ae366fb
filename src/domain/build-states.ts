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

const stepPattern = /^(?:#\d+ \[.*?\d+\/\d+\] |Step \d+\/\d+ : |STEP \d+(?:\/\d+)?: )(?<step>.+)$/;
const noisePattern = /^\s*$/;

export interface BuildFailure {
  /** The Dockerfile instruction that was being run, if the log names one. */
  readonly step: string | undefined;
  readonly lastLines: readonly string[];
}

/** What a failed build's log says: Docker's classic, BuildKit's and Buildah's step headings are known. */
export function summarizeBuildLog(lines: readonly string[], keep = 20): BuildFailure {
  let step: string | undefined;
  for (const line of lines) {
    const found = stepPattern.exec(stripAgentTime(line))?.groups?.["step"];
    if (found !== undefined) step = found.trim();
  }
  return { step, lastLines: lines.filter((line) => !noisePattern.test(line)).slice(-keep) };
}

/** Agents put `2026/11/21 09:00:00 ` before their own lines. */
function stripAgentTime(line: string): string {
  return line.replace(/^\d{4}\/\d{2}\/\d{2} \d{2}:\d{2}:\d{2} /, "");
}
