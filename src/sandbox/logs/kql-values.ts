export type ScalarType = "string" | "long" | "real" | "bool" | "datetime" | "timespan" | "guid";

/** Datetimes and timespans are milliseconds; strings are never null. */
export type Value = string | number | boolean | null;

export interface Column {
  readonly name: string;
  readonly type: ScalarType;
}

export type Row = Readonly<Record<string, Value>>;

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

const units: Readonly<Record<string, number>> = {
  d: 86_400_000,
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  microsecond: 0.001,
  tick: 0.0001,
};

/** `1h`, `30m`, `1.5d` … as milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(microsecond|tick|ms|d|h|m|s)$/.exec(text);
  return match === null ? undefined : Number(match[1]) * (units[match[2] ?? ""] ?? NaN);
}

/** ISO 8601 durations as the API's `timespan` uses them: `PT1H`, `P1D`, `P3DT12H`. */
export function parseIsoDuration(text: string): number | undefined {
  const match =
    /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(
      text,
    );
  if (match === null || text === "P" || text.endsWith("T")) return undefined;
  const [, years, months, weeks, days, hours, minutes, seconds] = match.map((part) =>
    Number(part ?? 0),
  );
  const wholeDays = (years ?? 0) * 365 + (months ?? 0) * 30 + (weeks ?? 0) * 7 + (days ?? 0);
  return (
    wholeDays * 86_400_000 +
    (hours ?? 0) * 3_600_000 +
    (minutes ?? 0) * 60_000 +
    (seconds ?? 0) * 1000
  );
}

/** A time without a zone is UTC. */
export function parseDatetime(text: string): number | undefined {
  const iso = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/.test(text);
  const time = Date.parse(iso && text.length > 10 ? `${text.replace(" ", "T")}Z` : text);
  return Number.isNaN(time) ? undefined : time;
}

/** As a result shows it: seven decimals and a Z. */
export function formatDatetime(milliseconds: number): string {
  const whole = Math.floor(milliseconds / 1000) * 1000;
  const ticks = Math.round((milliseconds - whole) * 10_000);
  const seconds = new Date(whole).toISOString().slice(0, 19);
  return `${seconds}.${String(Math.min(ticks, 9_999_999)).padStart(7, "0")}Z`;
}

/** `1.02:03:04.5000000` */
export function formatTimespan(milliseconds: number): string {
  const sign = milliseconds < 0 ? "-" : "";
  const total = Math.abs(milliseconds);
  const days = Math.floor(total / 86_400_000);
  const part = (size: number, count: number) =>
    String(Math.floor(total / size) % count).padStart(2, "0");
  const fraction = Math.round((total % 1000) * 10_000);
  const tail = fraction === 0 ? "" : `.${String(fraction).padStart(7, "0")}`;
  return `${sign}${days === 0 ? "" : `${days}.`}${part(3_600_000, 24)}:${part(60_000, 60)}:${part(1000, 60)}${tail}`;
}

export function showValue(value: Value, type: ScalarType): Value {
  if (value === null) return null;
  if (type === "datetime" && typeof value === "number") return formatDatetime(value);
  if (type === "timespan" && typeof value === "number") return formatTimespan(value);
  return value;
}

export function compareValues(a: Value, b: Value): number {
  if (a === b) return 0;
  // Nulls are the smallest.
  if (a === null) return -1;
  if (b === null) return 1;
  return a < b ? -1 : 1;
}
