/*
 * Console logs of Container Apps in Log Analytics. Columns of the custom table:
 * https://learn.microsoft.com/azure/container-apps/log-monitoring#querying-logs-with-log-analytics
 */

export interface LogQuery {
  readonly job: string;
  /** Name of one execution; its replicas are named after it. */
  readonly execution?: string;
  readonly since: Date;
  readonly container?: string;
  /** The newest lines only. */
  readonly limit: number;
}

export interface LogLine {
  readonly time: Date;
  readonly replica: string;
  readonly container: string;
  readonly stream: string;
  readonly text: string;
}

/** KQL string literals: https://learn.microsoft.com/kusto/query/scalar-data-types/string */
export function quoteKql(text: string): string {
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll("'", "\\'")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t");
  return `'${escaped}'`;
}

/** Newest first, because only then does a limit keep the end of the log; the reader turns it round. */
export function buildLogQuery(query: LogQuery): string {
  const clauses = [
    "ContainerAppConsoleLogs_CL",
    `where TimeGenerated >= datetime(${query.since.toISOString()})`,
    `where ContainerJobName_s == ${quoteKql(query.job)}`,
  ];
  if (query.execution !== undefined) {
    clauses.push(`where ContainerGroupName_s startswith ${quoteKql(query.execution)}`);
  }
  if (query.container !== undefined) {
    clauses.push(`where ContainerName_s == ${quoteKql(query.container)}`);
  }
  clauses.push(
    "project TimeGenerated, ContainerGroupName_s, ContainerName_s, Stream_s, Log_s",
    `top ${query.limit} by TimeGenerated desc`,
  );
  return clauses.join("\n| ");
}

/**
 * Remembers what was shown, so that overlapping polls show each line once. Two equal lines at the
 * same instant are two lines: occurrences are counted, not only remembered.
 */
export class LogDeduplicator {
  private shown = new Map<string, { count: number; time: number }>();

  /** The lines of this poll (oldest first) that earlier polls did not have. */
  takeNew(lines: readonly LogLine[]): LogLine[] {
    const counts = new Map<string, number>();
    return lines.filter((line) => {
      const key = JSON.stringify([line.time.getTime(), line.replica, line.container, line.text]);
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      if (count <= (this.shown.get(key)?.count ?? 0)) return false;
      this.shown.set(key, { count, time: line.time.getTime() });
      return true;
    });
  }

  /** Lines older than the next poll's window cannot come again. */
  forgetBefore(time: Date): void {
    for (const [key, entry] of this.shown) {
      if (entry.time < time.getTime()) this.shown.delete(key);
    }
  }
}
