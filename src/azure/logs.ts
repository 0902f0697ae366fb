import { LogsQueryClient, LogsQueryResultStatus, type LogsTable } from "@azure/monitor-query-logs";
import { buildLogQuery, type LogLine, type LogQuery } from "../domain/log-query.js";
import { callOptions, pipelineOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { readAzureError } from "./error-facts.js";
import { callAzure } from "./errors.js";

export interface LogsClient {
  /** Oldest first. No lines when the table does not exist yet: it comes with the first log line. */
  query(query: LogQuery, until: Date): Promise<LogLine[]>;
}

export interface WorkspaceAddress {
  readonly name: string;
  readonly id: string;
  readonly customerId: string;
}

export function createLogsClient(
  connection: AzureConnection,
  workspace: WorkspaceAddress,
): LogsClient {
  const client = new LogsQueryClient(connection.credential, {
    ...pipelineOptions(connection),
    endpoint: connection.endpoints.logAnalytics,
    credentials: { scopes: [`${connection.endpoints.logAnalyticsAudience}/.default`] },
  });

  return {
    async query(query, until) {
      const what = {
        doing: `reading logs from the workspace ${workspace.name}`,
        resource: `The Log Analytics workspace ${workspace.name}`,
        permission: "Microsoft.OperationalInsights/workspaces/query/read",
        scope: workspace.id,
      };
      return callAzure(what, async () => {
        try {
          const result = await client.queryWorkspace(
            workspace.customerId,
            buildLogQuery(query),
            { startTime: query.since, endTime: until },
            { requestOptions: {}, ...callOptions(connection.signal) },
          );
          const tables =
            result.status === LogsQueryResultStatus.Success ? result.tables : result.partialTables;
          return readLines(tables[0]).reverse();
        } catch (error) {
          if (isTableUnknown(error)) return [];
          throw error;
        }
      });
    },
  };
}

/** A query that names a table which nothing has been written to: SEM0100. */
function isTableUnknown(error: unknown): boolean {
  const { status, innerCodes } = readAzureError(error);
  return status === 400 && innerCodes.includes("SEM0100");
}

function readLines(table: LogsTable | undefined): LogLine[] {
  if (table === undefined) return [];
  const index = new Map(table.columnDescriptors.map((column, at) => [column.name, at]));
  return table.rows.map((row) => {
    const cell = (name: string): unknown => row[index.get(name) ?? -1];
    const text = (name: string): string => {
      const value = cell(name);
      return typeof value === "string" ? value : "";
    };
    const time = cell("TimeGenerated");
    return {
      time: time instanceof Date ? time : new Date(String(time)),
      replica: text("ContainerGroupName_s"),
      container: text("ContainerName_s"),
      stream: text("Stream_s"),
      text: text("Log_s"),
    };
  });
}
