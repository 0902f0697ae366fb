import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLogsRoom } from "../../../src/sandbox/logs/service.js";
import { call, createRoomContext, resourceGroup } from "../registry/room-context.js";

const customerId = "0f0f0f0f-1111-2222-3333-444444444444";
const reader = "token-reader@https://api.loganalytics.io";

let context: ReturnType<typeof createRoomContext>;
let room: ReturnType<typeof createLogsRoom>;

beforeEach(async () => {
  context = createRoomContext();
  context.grant("reader", "Microsoft.OperationalInsights/workspaces/query/read");
  context.addResource({
    id: `${resourceGroup}/providers/Microsoft.OperationalInsights/workspaces/log-test`,
    name: "log-test",
    type: "Microsoft.OperationalInsights/workspaces",
    properties: { customerId },
  });
  room = createLogsRoom(context.ctx, { packageRoot: "" });
  await call(room.services, "/_sandbox/logs", {
    method: "PUT",
    body: { ingestionDelaySeconds: 0 },
  });
});

afterEach(() => context.dispose());

async function send(query: string, timespan?: string, init: Record<string, unknown> = {}) {
  return await call(room.services, `/v1/workspaces/${customerId}/query`, {
    method: "POST",
    token: reader,
    body: { query, ...(timespan === undefined ? {} : { timespan }) },
    ...init,
  });
}

async function rows(query: string, timespan?: string): Promise<unknown[][]> {
  const reply = await send(query, timespan);
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.json));
  return reply.json.tables[0].rows as unknown[][];
}

function at(minutesAgo: number): Date {
  return new Date(context.clock.now().getTime() - minutesAgo * 60_000);
}

function ingest() {
  const line = (minutes: number, execution: string, container: string, text: string) => ({
    table: "ContainerAppConsoleLogs_CL" as const,
    timeGenerated: at(minutes),
    columns: {
      ContainerGroupName_s: `${execution}-abcde`,
      ContainerJobName_s: "caj-demo-small",
      ContainerName_s: container,
      Stream_s: "stdout",
      Log_s: text,
    },
  });
  room.port.ingest(customerId, [
    line(50, "caj-1", "mint", "Minted a JIT configuration"),
    line(40, "caj-1", "runner", "Listening for Jobs"),
    line(5, "caj-2", "runner", 'error: "quoted" it\'s over'),
    line(4, "caj-2", "runner", "Job done: Succeeded"),
  ]);
  room.port.ingest(customerId, [
    {
      table: "ContainerAppSystemLogs_CL",
      timeGenerated: at(3),
      columns: {
        JobName_s: "caj-demo-small",
        ExecutionName_s: "caj-2",
        Reason_s: "Completed",
        Count_d: 2,
      },
    },
  ]);
}

describe("queries that are understood", () => {
  const console = "ContainerAppConsoleLogs_CL";
  const table: [query: string, expected: unknown[][]][] = [
    [
      `${console} | where ContainerGroupName_s startswith 'CAJ-2' | order by TimeGenerated asc | project Log_s`,
      [['error: "quoted" it\'s over'], ["Job done: Succeeded"]],
    ],
    [
      `${console}\n| where ContainerGroupName_s startswith "caj-1-"\n| where ContainerName_s != 'mint' // not the init container\n| project Text = Log_s, ContainerName_s`,
      [["Listening for Jobs", "runner"]],
    ],
    [
      `${console} | where TimeGenerated > ago(10m) and Log_s contains "ERROR" | project ContainerGroupName_s`,
      [["caj-2-abcde"]],
    ],
    [`${console} | where Log_s has 'job' | project Log_s`, [["Job done: Succeeded"]]],
    [`${console} | where Log_s contains_cs "job" | count`, [[0]]],
    [
      `${console} | where ContainerName_s in ("mint", "other") or Log_s =~ 'LISTENING FOR JOBS' | summarize count()`,
      [[2]],
    ],
    [
      `${console} | where ContainerName_s !in~ ('MINT') | summarize Lines = count() by ContainerGroupName_s | sort by ContainerGroupName_s asc`,
      [
        ["caj-1-abcde", 1],
        ["caj-2-abcde", 2],
      ],
    ],
    [
      `${console} | where TimeGenerated between (ago(45m) .. ago(30m)) | project Log_s`,
      [["Listening for Jobs"]],
    ],
    [`${console} | distinct ContainerName_s | order by ContainerName_s`, [["runner"], ["mint"]]],
    [`${console} | order by TimeGenerated | take 1 | project Log_s`, [["Job done: Succeeded"]]],
    [`${console} | top 1 by TimeGenerated asc | project ContainerName_s`, [["mint"]]],
    [
      `${console} | extend Short = substring(Log_s, 0, 3), Where = strcat(ContainerJobName_s, '/', ContainerName_s) | limit 1 | project Short, Where`,
      [["Min", "caj-demo-small/mint"]],
    ],
    [
      `let job = 'caj-demo-small'; ${console} | where ContainerJobName_s == job | summarize dcount(ContainerName_s), max(strlen(Log_s))`,
      [[2, 26]],
    ],
    [
      `${console} | where TimeGenerated < datetime(2020-01-01T00:00:00Z) | summarize count() by ContainerName_s`,
      [],
    ],
    [`${console} | where not(isempty(Log_s)) and 1 + 2 * 3 == 7 | count`, [[4]]],
    [
      `ContainerAppSystemLogs_CL | where ExecutionName_s == 'caj-2' | project Reason_s, Count_d, Type`,
      [["Completed", 2, "ContainerAppSystemLogs_CL"]],
    ],
    [`['ContainerAppConsoleLogs_CL'] | where Log_s endswith @'Succeeded' | count`, [[1]]],
    [`${console} | summarize by ContainerName_s | count`, [[2]]],
    [`${console} | where RevisionName_s == '' | project-away TimeGenerated | take 0`, []],
    [`${console} | summarize Count=count() by bin(TimeGenerated, 365d) | project Count`, [[4]]],
  ];

  it.each(table)("%s [LOG-20 LOG-21]", async (query, expected) => {
    ingest();
    expect(await rows(query)).toEqual(expected);
  });

  it("gives every column its name and type [LOG-10 LOG-11]", async () => {
    ingest();
    const reply = await send(
      "ContainerAppConsoleLogs_CL | project TimeGenerated, Log_s, TenantId | take 1",
    );
    const [primary] = reply.json.tables;
    expect(primary.name).toBe("PrimaryResult");
    expect(primary.columns).toEqual([
      { name: "TimeGenerated", type: "datetime" },
      { name: "Log_s", type: "string" },
      { name: "TenantId", type: "guid" },
    ]);
    expect(primary.rows[0][0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/);
    expect(Math.abs(Date.parse(primary.rows[0][0]) - at(50).getTime())).toBeLessThan(10_000);
    const all = await send("ContainerAppConsoleLogs_CL");
    expect(all.json.tables[0].columns.map((column: { name: string }) => column.name)).toEqual(
      expect.arrayContaining([
        "ContainerGroupName_s",
        "ContainerJobName_s",
        "ContainerImage_s",
        "EnvironmentName_s",
        "Stream_s",
        "Type",
      ]),
    );
  });
});

describe("queries that are refused", () => {
  const table: [name: string, query: string, inner: string, innermost: Record<string, unknown>][] =
    [
      [
        "an unknown table",
        "Nope_CL | take 1",
        "SemanticError",
        {
          code: "SEM0100",
          message: "'take' operator: Failed to resolve table or column expression named 'Nope_CL'",
        },
      ],
      [
        "an unknown column",
        "ContainerAppConsoleLogs_CL | where Nope_s == 'x'",
        "SemanticError",
        {
          code: "SEM0100",
          message: "'where' operator: Failed to resolve column or scalar expression named 'Nope_s'",
        },
      ],
      [
        "a column projected away",
        "ContainerAppConsoleLogs_CL | project Log_s | where Stream_s == ''",
        "SemanticError",
        { code: "SEM0100" },
      ],
      [
        "types that do not compare",
        "ContainerAppConsoleLogs_CL | where TimeGenerated > 'yesterday'",
        "SemanticError",
        { code: "SEM0064" },
      ],
      [
        "a predicate that is none",
        "ContainerAppConsoleLogs_CL | where Log_s",
        "SemanticError",
        { code: "SEM0023" },
      ],
      [
        "an aggregate outside summarize",
        "ContainerAppConsoleLogs_CL | extend n = count()",
        "SemanticError",
        { code: "SEM0020" },
      ],
      [
        "another operator",
        "ContainerAppConsoleLogs_CL | join (x) on y",
        "SemanticError",
        { code: "SandboxUnsupported", message: expect.stringContaining("the operator 'join'") },
      ],
      [
        "an operator with a hyphen",
        "ContainerAppConsoleLogs_CL | mv-expand x",
        "SemanticError",
        { code: "SandboxUnsupported" },
      ],
      [
        "another function",
        "ContainerAppConsoleLogs_CL | extend o = parse_json(Log_s)",
        "SemanticError",
        {
          code: "SandboxUnsupported",
          message: expect.stringContaining("the function 'parse_json'"),
        },
      ],
      [
        "a union",
        "union ContainerAppConsoleLogs_CL",
        "SemanticError",
        { code: "SandboxUnsupported" },
      ],
      [
        "no KQL",
        "completely invalid syntax",
        "SyntaxError",
        {
          code: "SYN0002",
          line: 1,
          pos: 11,
          token: "invalid",
          message: "Query could not be parsed at 'invalid' on line [1,11]",
        },
      ],
      [
        "a misspelt operator",
        "ContainerAppConsoleLogs_CL\n| wher x",
        "SyntaxError",
        { code: "SYN0002", line: 2, pos: 2, token: "wher" },
      ],
      [
        "an open string",
        "ContainerAppConsoleLogs_CL | where Log_s == 'x",
        "SyntaxError",
        { token: "'" },
      ],
      [
        "an end in the middle",
        "ContainerAppConsoleLogs_CL | where (Log_s == 'x'",
        "SyntaxError",
        { token: "" },
      ],
    ];

  it.each(table)("%s [LOG-22 LOG-23 LOG-24]", async (_name, query, inner, innermost) => {
    ingest();
    const reply = await send(query);
    expect(reply.status).toBe(400);
    expect(reply.json.error).toMatchObject({
      code: "BadArgumentError",
      message: "The request had some invalid properties",
      innererror: { code: inner, innererror: innermost },
    });
  });

  it("a table before its first row [LOG-12]", async () => {
    const reply = await send("ContainerAppConsoleLogs_CL | take 1");
    expect(reply.json.error.innererror.innererror.code).toBe("SEM0100");
  });

  it("without the right token, permission, workspace or query [LOG-1 LOG-2]", async () => {
    const status = async (
      init: Record<string, unknown>,
      path = `/v1/workspaces/${customerId}/query`,
    ) => {
      const reply = await call(room.services, path, {
        method: "POST",
        token: reader,
        body: { query: "x" },
        ...init,
      });
      return [reply.status, reply.json.error.code];
    };
    expect(await status({ token: "token-reader@https://management.azure.com" })).toEqual([
      401,
      "InvalidAuthenticationToken",
    ]);
    expect(await status({ token: "token-nobody@https://api.loganalytics.io" })).toEqual([
      403,
      "InsufficientAccessError",
    ]);
    expect(await status({}, "/v1/workspaces/unknown/query")).toEqual([404, "PathNotFoundError"]);
    expect(await status({ body: {} })).toEqual([400, "BadArgumentError"]);
    expect(await status({ body: { query: "x", timespan: "yesterday" } })).toEqual([
      400,
      "BadArgumentError",
    ]);
  });
});

describe("time", () => {
  const count = "ContainerAppConsoleLogs_CL | count";

  it("cuts rows by the timespan [LOG-13]", async () => {
    ingest();
    expect(await rows(count, "PT10M")).toEqual([[2]]);
    expect(await rows(count, "P1D")).toEqual([[4]]);
    expect(await rows(count, `${at(60).toISOString()}/${at(30).toISOString()}`)).toEqual([[2]]);
    expect(await rows(count, `${at(45).toISOString()}/PT10M`)).toEqual([[1]]);
    expect(await rows(count, `PT1M/${at(4.5).toISOString()}`)).toEqual([[1]]);
  });

  it("takes the query from the address, too [LOG-1]", async () => {
    ingest();
    const reply = await call(
      room.services,
      `/v1/workspaces/${customerId}/query?query=${encodeURIComponent(count)}&timespan=PT10M`,
      { token: reader },
    );
    expect(reply.json.tables[0].rows).toEqual([[2]]);
  });

  it("shows rows only when they were ingested, and again after a restart [LOG-3 LOG-4]", async () => {
    await call(room.services, "/_sandbox/logs", {
      method: "PUT",
      body: { ingestionDelaySeconds: 120 },
    });
    ingest();
    expect((await send(count)).status).toBe(400);
    context.clock.advance(121_000);
    expect(await rows(count)).toEqual([[4]]);
    const ahead = context.clock.now();
    const later = createRoomContext(context.directory);
    later.grant("reader", "Microsoft.OperationalInsights/workspaces/query/read");
    later.addResource(context.ctx.arm.list("Microsoft.OperationalInsights/workspaces")[0]!);
    later.clock.advance(ahead.getTime() - later.clock.now().getTime());
    room = createLogsRoom(later.ctx, { packageRoot: "" });
    expect(await rows(count)).toEqual([[4]]);
    later.flush();
  });

  it("keeps the order of lines of the same millisecond [LOG-5]", async () => {
    const line = (text: string) => ({
      table: "ContainerAppConsoleLogs_CL" as const,
      timeGenerated: new Date(context.clock.now().getTime() - 1000),
      columns: { Log_s: text },
    });
    const texts = Array.from({ length: 50 }, (_value, at) => `line ${at}`);
    room.port.ingest(customerId, texts.slice(0, 20).map(line));
    room.port.ingest(customerId, texts.slice(20).map(line));
    const newestFirst = await rows(
      "ContainerAppConsoleLogs_CL | order by TimeGenerated desc | project Log_s",
    );
    expect(newestFirst.flat().reverse()).toEqual(texts);
  });
});
