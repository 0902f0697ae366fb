import { createHttpHeaders, type PipelineRequest } from "@azure/core-rest-pipeline";
import { LogsQueryClient, type LogsQuerySuccessfulResult } from "@azure/monitor-query-logs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createLogsRoom } from "../../../src/sandbox/logs/service.js";
import { call, createRoomContext, resourceGroup } from "../registry/room-context.js";
import { startForTest, type SandboxUnderTest } from "../registry/running-sandbox.js";

let test: SandboxUnderTest;
let customerId: string;

beforeAll(async () => {
  test = await startForTest();
  const made = await test.arm(
    "PUT",
    `${test.group}/providers/Microsoft.OperationalInsights/workspaces/log-sdk`,
    "2022-10-01",
    { location: "westeurope", properties: { sku: { name: "PerGB2018" }, retentionInDays: 30 } },
  );
  customerId = made.json.properties.customerId;
});

afterAll(async () => {
  await test.close();
});

describe("with Azure's own SDK", () => {
  const clientOf = (credential = test.credential) =>
    new LogsQueryClient(credential, {
      endpoint: `${test.sandbox.origin}/v1`,
      tlsOptions: { ca: test.ca },
      retryOptions: { maxRetries: 0 },
    });

  it("a workspace that nothing was written to has no such table [LOG-12]", async () => {
    await expect(
      clientOf().queryWorkspace(customerId, "ContainerAppConsoleLogs_CL | take 5", {
        duration: "PT1H",
      }),
    ).rejects.toMatchObject({ statusCode: 400, code: "BadArgumentError" });
  });

  it("another principal needs a role [LOG-2]", async () => {
    const nobody = await test.addPrincipal();
    await expect(
      clientOf(nobody).queryWorkspace(customerId, "ContainerAppConsoleLogs_CL", {
        duration: "PT1H",
      }),
    ).rejects.toMatchObject({ statusCode: 403, code: "InsufficientAccessError" });
  });

  it("rows come back with the types of their columns [LOG-10 LOG-11 LOG-13]", async () => {
    const context = createRoomContext();
    context.grant("reader", "Microsoft.OperationalInsights/workspaces/query/read");
    context.addResource({
      id: `${resourceGroup}/providers/Microsoft.OperationalInsights/workspaces/log-sdk`,
      name: "log-sdk",
      type: "Microsoft.OperationalInsights/workspaces",
      properties: { customerId },
    });
    const room = createLogsRoom(context.ctx, { packageRoot: "" });
    room.port.ingest(customerId, [
      {
        table: "ContainerAppConsoleLogs_CL",
        timeGenerated: context.clock.now(),
        columns: { ContainerGroupName_s: "caj-1-abc", Log_s: "hello" },
      },
    ]);
    context.clock.advance(1000);
    const client = new LogsQueryClient(
      {
        getToken: () =>
          Promise.resolve({
            token: "token-reader@https://api.loganalytics.io",
            expiresOnTimestamp: Date.now() + 3_600_000,
          }),
      },
      {
        endpoint: "https://localhost:9443/v1",
        // Straight into the room: what it was given cannot be reached through a whole sandbox.
        httpClient: {
          sendRequest: async (request: PipelineRequest) => {
            const reply = await call(room.services, request.url, {
              method: request.method,
              headers: request.headers.toJSON(),
              body: request.body as string,
            });
            return {
              request,
              status: reply.status,
              headers: createHttpHeaders({ "content-type": "application/json" }),
              bodyAsText: JSON.stringify(reply.body),
            };
          },
        },
      },
    );
    const result = (await client.queryWorkspace(
      customerId,
      "ContainerAppConsoleLogs_CL | where ContainerGroupName_s startswith 'caj-1-' | project TimeGenerated, Log_s",
      { duration: "PT1H" },
    )) as LogsQuerySuccessfulResult;
    expect(result.status).toBe("Success");
    expect(result.tables[0]?.rows).toEqual([[expect.any(Date), "hello"]]);
    context.dispose();
  });
});
