import type { Column, ScalarType } from "./kql-values.js";

/**
 * Columns of the custom tables that a Container Apps environment writes through the workspace's
 * key. Their suffix tells the type. https://learn.microsoft.com/azure/container-apps/log-monitoring
 */
const common: Readonly<Record<string, ScalarType>> = {
  TenantId: "guid",
  SourceSystem: "string",
  MG: "string",
  ManagementGroupName: "string",
  TimeGenerated: "datetime",
  Computer: "string",
  RawData: "string",
};

const written: Readonly<Record<string, readonly string[]>> = {
  ContainerAppConsoleLogs_CL: [
    "ContainerAppName_s",
    "ContainerJobName_s",
    "ContainerGroupName_s",
    "ContainerGroupId_g",
    "ContainerId_s",
    "ContainerImage_s",
    "ContainerName_s",
    "EnvironmentName_s",
    "RevisionName_s",
    "Stream_s",
    "Log_s",
    "logtag_s",
    "Category",
    "time_t",
    "time_s",
    "_timestamp_d",
  ],
  ContainerAppSystemLogs_CL: [
    "ContainerAppName_s",
    "EnvironmentName_s",
    "RevisionName_s",
    "ReplicaName_s",
    "JobName_s",
    "ExecutionName_s",
    "Type_s",
    "Reason_s",
    "Log_s",
    "Level",
    "EventSource_s",
    "Count_d",
    "ErrorCode_s",
    "Msg_s",
    "TimeStamp_s",
    "time_t",
    "time_s",
    "_timestamp_d",
  ],
};

/** The schema of a table, with every further column that rows brought along; undefined when unknown. */
export function columnsOf(table: string, seen: ReadonlySet<string>): readonly Column[] | undefined {
  const own = Object.hasOwn(written, table) ? written[table] : undefined;
  if (own === undefined) return undefined;
  const names = new Set([...own, ...seen]);
  for (const name of Object.keys(common)) names.delete(name);
  return [
    ...Object.entries(common).map(([name, type]) => ({ name, type })),
    ...[...names].map((name) => ({ name, type: typeBySuffix(name) })),
    { name: "Type", type: "string" },
    { name: "_ResourceId", type: "string" },
  ];
}

function typeBySuffix(name: string): ScalarType {
  if (name.endsWith("_d")) return "real";
  if (name.endsWith("_t")) return "datetime";
  if (name.endsWith("_b")) return "bool";
  if (name.endsWith("_g")) return "guid";
  return "string";
}
