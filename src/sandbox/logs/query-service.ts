import { randomUUID } from "node:crypto";
import {
  SandboxHttpError,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import { runQuery } from "./kql-engine.js";
import { invalidRequest } from "./kql-errors.js";
import { parseQuery } from "./kql-parser.js";
import { showValue, type Table } from "./kql-values.js";
import type { LogStore } from "./log-store.js";
import { parseTimespan, type TimeRange } from "./timespan.js";

const pathPattern = /^\/v1\/workspaces\/([^/]+)\/query\/?$/i;
const queryAction = "Microsoft.OperationalInsights/workspaces/query/read";

/** https://learn.microsoft.com/rest/api/loganalytics/query/execute */
export function createQueryService(
  ctx: SandboxContext,
  storeOf: (customerId: string) => LogStore,
): SandboxService {
  async function handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (request.listener !== "main") return undefined;
    const match = pathPattern.exec(request.path);
    if (match === null) return undefined;
    if (request.method !== "POST" && request.method !== "GET") {
      throw refuse(405, "MethodNotAllowed", "A query is sent with GET or POST.");
    }
    const customerId = (match[1] ?? "").toLowerCase();
    authorize(request, customerId);
    const { query, timespan } = await readBody(request);
    const now = ctx.clock.now().getTime();
    const range = parseTimespan(timespan, now);
    const store = storeOf(customerId);
    const result = runQuery(parseQuery(query), {
      now,
      findTable: (name) => {
        const table = store.findTable(name);
        return table === undefined ? undefined : clip(table, range);
      },
    });
    return { status: 200, body: { tables: [resultBody(result)] } };
  }

  function authorize(request: SandboxRequest, customerId: string): void {
    const principal = ctx.entra.authenticate(request, [
      "https://api.loganalytics.io",
      "https://api.loganalytics.azure.com",
    ]);
    const workspace = ctx.arm
      .list("Microsoft.OperationalInsights/workspaces")
      .find((one) => String(one.properties["customerId"]).toLowerCase() === customerId);
    if (workspace === undefined) {
      throw refuse(404, "PathNotFoundError", "The requested path does not exist");
    }
    if (!ctx.rbac.allows(principal.objectId, queryAction, workspace.id)) {
      throw refuse(
        403,
        "InsufficientAccessError",
        "The provided credentials have insufficient access to perform the requested operation",
      );
    }
  }

  return { name: "logs", handle };
}

async function readBody(
  request: SandboxRequest,
): Promise<{ query: string; timespan: string | undefined }> {
  const body =
    request.method === "GET"
      ? Object.fromEntries(request.query)
      : ((await request.json()) as Record<string, unknown> | undefined);
  const query = body?.["query"];
  const timespan = body?.["timespan"] ?? undefined;
  if (typeof query !== "string" || query.trim() === "") {
    throw invalidRequest("The query is missing.");
  }
  if (timespan !== undefined && typeof timespan !== "string") {
    throw invalidRequest("The timespan must be a string.");
  }
  return { query, timespan };
}

function clip(table: Table, { from, to }: TimeRange): Table {
  return {
    ...table,
    rows: table.rows.filter((row) => {
      const time = Number(row["TimeGenerated"]);
      return (from === undefined || time >= from) && (to === undefined || time <= to);
    }),
  };
}

function resultBody(table: Table): Record<string, unknown> {
  return {
    name: "PrimaryResult",
    columns: table.columns,
    rows: table.rows.map((row) =>
      table.columns.map(({ name, type }) =>
        showValue(row[name] ?? (type === "string" ? "" : null), type),
      ),
    ),
  };
}

function refuse(status: number, code: string, message: string): SandboxHttpError {
  return new SandboxHttpError(status, code, message, {
    body: { error: { message, code, correlationId: randomUUID() } },
  });
}
