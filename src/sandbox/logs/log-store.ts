import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, LogRow, StateStore } from "../ports.js";
import { columnsOf } from "./log-tables.js";
import { parseDatetime, type Row, type Table, type Value } from "./kql-values.js";

interface StoredRow {
  readonly table: string;
  /** Milliseconds; from when on a query sees the row. */
  readonly visibleAt: number;
  readonly row: Record<string, Value>;
}

/** The rows of one workspace: a file of JSON lines, read once and appended to. */
export class LogStore {
  private readonly file: string;
  private readonly rows: StoredRow[];
  private lastTime = 0;

  constructor(
    state: StateStore,
    private readonly clock: Clock,
    private readonly customerId: string,
  ) {
    const name = customerId.replace(/[^0-9a-z-]/g, "_");
    this.file = join(state.directory("logs"), `${name}.jsonl`);
    this.rows = existsSync(this.file) ? readLines(this.file) : [];
  }

  append(rows: readonly LogRow[], delayMilliseconds: number): void {
    const visibleAt = this.clock.now().getTime() + delayMilliseconds;
    const stored = rows.map((row): StoredRow => ({
      table: row.table,
      visibleAt,
      row: {
        TenantId: this.customerId,
        SourceSystem: "RestAPI",
        TimeGenerated: this.nextTime(row.timeGenerated.getTime()),
        ...readColumns(row.columns),
        Type: row.table,
      },
    }));
    this.rows.push(...stored);
    if (stored.length === 0) return;
    const lines = stored.map((row) => `${JSON.stringify(row)}\n`).join("");
    appendFileSync(this.file, lines, { mode: 0o600 });
  }

  /**
   * The service's clock is finer than a millisecond, and lines keep their order by it: a row of the
   * same millisecond as the one before is a microsecond later.
   */
  private nextTime(milliseconds: number): number {
    const isSame = Math.floor(this.lastTime) === milliseconds;
    this.lastTime = isSame ? this.lastTime + 0.001 : milliseconds;
    return this.lastTime;
  }

  /**
   * A custom table comes into being with its first row: until then a query that names it fails, in
   * a new workspace as in Azure.
   */
  findTable(name: string): Table | undefined {
    const now = this.clock.now().getTime();
    const visible = this.rows.filter((row) => row.table === name && row.visibleAt <= now);
    if (visible.length === 0) return undefined;
    const seen = new Set(visible.flatMap(({ row }) => Object.keys(row)));
    seen.delete("Type");
    const columns = columnsOf(name, seen);
    return columns === undefined
      ? undefined
      : { columns, rows: visible.map(({ row }): Row => row) };
  }

  clear(): void {
    this.rows.length = 0;
    rmSync(this.file, { force: true });
  }
}

/** A `_t` column holds a time, whatever it was written as. */
function readColumns(columns: LogRow["columns"]): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, value]) => [
      name,
      name.endsWith("_t") && typeof value === "string" ? (parseDatetime(value) ?? null) : value,
    ]),
  );
}

function readLines(file: string): StoredRow[] {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines.flatMap((line) => {
    try {
      return line === "" ? [] : [JSON.parse(line) as StoredRow];
    } catch {
      // The last line of a sandbox that was killed while writing.
      return [];
    }
  });
}
