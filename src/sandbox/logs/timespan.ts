import { invalidRequest } from "./kql-errors.js";
import { parseDatetime, parseIsoDuration } from "./kql-values.js";

/** Milliseconds; open at an end that is undefined. */
export interface TimeRange {
  readonly from: number | undefined;
  readonly to: number | undefined;
}

/** `PT1H`, `START/END`, `START/PT1H` or `PT1H/END`: https://learn.microsoft.com/azure/azure-monitor/logs/api/timespan */
export function parseTimespan(text: string | undefined, now: number): TimeRange {
  if (text === undefined || text.trim() === "") return { from: undefined, to: undefined };
  const parts = text.trim().split("/");
  const [first = "", second] = parts;
  const refuse = () =>
    invalidRequest(`The timespan '${text}' is no ISO 8601 duration or interval.`);
  if (parts.length > 2) throw refuse();
  const duration = parseIsoDuration(first);
  if (second === undefined) {
    if (duration === undefined) throw refuse();
    return { from: now - duration, to: undefined };
  }
  const start = duration === undefined ? parseDatetime(first) : undefined;
  const length = parseIsoDuration(second);
  const end = length === undefined ? parseDatetime(second) : undefined;
  if (start !== undefined && end !== undefined) return { from: start, to: end };
  if (start !== undefined && length !== undefined) return { from: start, to: start + length };
  if (duration !== undefined && end !== undefined) return { from: end - duration, to: end };
  throw refuse();
}
