import { SandboxHttpError } from "../ports.js";
import type { RunRecord } from "./run-record.js";

/**
 * The `$filter` of a listing of runs: comparisons joined by `and`, and containment in the pushed
 * manifests. https://learn.microsoft.com/rest/api/containerregistry/runs/list
 */
export function filterRuns(runs: readonly RunRecord[], filter: string | null): RunRecord[] {
  if (filter === null || filter.trim() === "") return [...runs];
  const tests = filter.split(/\s+and\s+/i).map(parseClause);
  return runs.filter((run) => tests.every((test) => test(run)));
}

function parseClause(clause: string): (run: RunRecord) => boolean {
  const contains = /^contains\(\s*OutputImageManifests\s*,\s*'([^']*)'\s*\)$/i.exec(clause.trim());
  if (contains !== null) {
    const wanted = contains[1] ?? "";
    return (run) =>
      run.outputImages.some((image) => `${image.repository}@${image.digest ?? ""}` === wanted);
  }
  const match = /^(\w+)\s+(eq|ne|gt|ge|lt|le)\s+'?([^']*)'?$/i.exec(clause.trim());
  if (match === null) throw unsupported(clause);
  const [, field = "", operator = "", value = ""] = match;
  const read = fields[field.toLowerCase()];
  if (read === undefined) throw unsupported(clause);
  const isTime = field.toLowerCase().endsWith("time");
  return (run) => {
    const raw = read(run);
    if (raw === undefined) return false;
    const order = isTime
      ? Date.parse(raw) - Date.parse(value)
      : raw.toLowerCase() === value.toLowerCase()
        ? 0
        : raw < value
          ? -1
          : 1;
    switch (operator.toLowerCase()) {
      case "eq":
        return order === 0;
      case "ne":
        return order !== 0;
      case "gt":
        return order > 0;
      case "ge":
        return order >= 0;
      case "lt":
        return order < 0;
      default:
        return order <= 0;
    }
  };
}

const fields: Readonly<Record<string, (run: RunRecord) => string | undefined>> = {
  runid: (run) => run.runId,
  runtype: (run) => run.runType,
  status: (run) => run.status,
  createtime: (run) => run.createTime,
  finishtime: (run) => run.finishTime,
  isarchiveenabled: (run) => String(run.isArchiveEnabled),
};

function unsupported(clause: string): SandboxHttpError {
  return new SandboxHttpError(
    400,
    "InvalidRequest",
    `The filter '${clause}' is not understood. Comparisons of RunId, RunType, Status, CreateTime, FinishTime and IsArchiveEnabled, joined by 'and', are.`,
  );
}
