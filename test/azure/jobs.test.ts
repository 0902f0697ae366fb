import { afterEach, describe, expect, it } from "vitest";
import { createJobsClient, mayHaveStarted } from "../../src/azure/jobs.js";
import { failureOf } from "./failure.js";
import { connectTo, subscriptionId } from "./fake-connection.js";
import { type Handler, type HttpsServer, startHttpsServer } from "./https-server.js";

const address = { resourceGroup: "rg-demo", job: "caj-demo-default" };
const jobPath = `/subscriptions/${subscriptionId}/resourceGroups/rg-demo/providers/Microsoft.App/jobs/caj-demo-default`;

let server: HttpsServer;

afterEach(() => server.close());

async function start(handler: Handler, signal?: AbortSignal) {
  server = await startHttpsServer(handler);
  const { connection } = connectTo(server, signal === undefined ? {} : { signal });
  return createJobsClient(connection);
}

describe("starting an execution", () => {
  it("sends an empty body and returns name and id of a 200", async () => {
    const jobs = await start(() => ({
      status: 200,
      body: {
        name: "caj-demo-default-abc1234",
        id: `${jobPath}/executions/caj-demo-default-abc1234`,
      },
    }));
    const started = await jobs.start(address);
    expect(started).toEqual({
      name: "caj-demo-default-abc1234",
      id: `${jobPath}/executions/caj-demo-default-abc1234`,
    });
    const [request] = server.requests;
    expect(request?.method).toBe("POST");
    expect(request?.path).toBe(`${jobPath}/start`);
    expect(request?.query.get("api-version")).toBe("2025-07-01");
    expect(request?.body).toBe("");
    expect(request?.headers.authorization).toBe("Bearer fake-token");
    expect(request?.headers["user-agent"]).toMatch(/^runnerctl\/1\.2\.3 /);
  });

  it("takes the name from a 202 even when following its Location fails", async () => {
    const jobs = await start((request) =>
      request.method === "POST"
        ? {
            status: 202,
            headers: { location: `${server.origin}/operations/1` },
            body: { name: "caj-demo-default-x", id: `${jobPath}/executions/caj-demo-default-x` },
          }
        : { status: 404, body: { error: { code: "NotFound", message: "gone" } } },
    );
    expect((await jobs.start(address)).name).toBe("caj-demo-default-x");
  });

  it("follows a 202 without a body to its result", async () => {
    const jobs = await start((request) =>
      request.method === "POST"
        ? {
            status: 202,
            headers: { location: `${server.origin}/operations/1`, "retry-after": "0" },
          }
        : {
            status: 200,
            body: { name: "caj-demo-default-y", id: `${jobPath}/executions/caj-demo-default-y` },
          },
    );
    expect((await jobs.start(address)).name).toBe("caj-demo-default-y");
  });

  it("never repeats a start whose answer was lost", async () => {
    const jobs = await start(() => ({ status: 200, cut: true }));
    const error = await failureOf(jobs.start(address));
    expect(error.code).toBe("azure.unreachable");
    expect(mayHaveStarted(error.cause)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it("never repeats a start that ended in a server error", async () => {
    const jobs = await start(() => ({ status: 502, body: "bad gateway" }));
    const error = await failureOf(jobs.start(address));
    expect(error.code).toBe("azure.unavailable");
    expect(mayHaveStarted(error.cause)).toBe(true);
    expect(server.requests).toHaveLength(1);
  });

  it("repeats a refused start after Retry-After", async () => {
    const jobs = await start(() =>
      server.requests.length < 3
        ? {
            status: 429,
            headers: { "retry-after": "0" },
            body: { error: { code: "TooManyRequests" } },
          }
        : { status: 200, body: { name: "caj-demo-default-z", id: `${jobPath}/executions/z` } },
    );
    expect((await jobs.start(address)).name).toBe("caj-demo-default-z");
    expect(server.requests).toHaveLength(3);
  });

  it("sends an override as the bare template", async () => {
    const jobs = await start(() => ({
      status: 200,
      body: { name: "caj-demo-default-o", id: `${jobPath}/executions/o` },
    }));
    await jobs.start(address, {
      containers: [
        {
          name: "runner",
          image: "r.io/i@sha256:1",
          env: [{ name: "A", value: "b" }],
          cpu: 2,
          memory: "4Gi",
        },
      ],
    });
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({
      containers: [
        {
          name: "runner",
          image: "r.io/i@sha256:1",
          env: [{ name: "A", value: "b" }],
          resources: { cpu: 2, memory: "4Gi" },
        },
      ],
    });
  });

  it("names the missing permission, its scope and a role that has it", async () => {
    const jobs = await start(() => ({
      status: 403,
      body: {
        error: {
          code: "AuthorizationFailed",
          message: `The client 'c' with object id 'o-1' does not have authorization to perform action 'Microsoft.App/jobs/start/action' over scope '${jobPath}' or the scope is invalid.`,
        },
      },
    }));
    const error = await failureOf(jobs.start(address));
    expect(error.code).toBe("azure.forbidden");
    expect(error.exitCode).toBe(3);
    expect(error.message).toContain("Microsoft.App/jobs/start/action");
    expect(error.hint).toContain("Container Apps Jobs Operator");
    expect(error.hint).toContain("o-1");
    expect(error.details).toMatchObject({ scope: jobPath });
  });

  it("ends as interrupted when its signal fires", async () => {
    const abort = new AbortController();
    const jobs = await start(async () => {
      abort.abort();
      await new Promise((resolve) => setTimeout(resolve, 5000).unref());
      return { status: 200 };
    }, abort.signal);
    const error = await failureOf(jobs.start(address));
    expect(error.exitCode).toBe(130);
  });
});

describe("reading executions", () => {
  it("follows all pages and puts the newest first", async () => {
    const execution = (name: string, startTime: string) => ({
      name,
      id: `${jobPath}/executions/${name}`,
      properties: { status: "Succeeded", startTime },
    });
    const jobs = await start((request) =>
      request.query.get("page") === "2"
        ? { status: 200, body: { value: [execution("b", "2026-01-02T00:00:00Z")] } }
        : {
            status: 200,
            body: {
              value: [execution("a", "2026-01-01T00:00:00Z")],
              nextLink: `${server.origin}${jobPath}/executions?page=2`,
            },
          },
    );
    const found = await jobs.listExecutions(address);
    expect(found.map((one) => one.name)).toEqual(["b", "a"]);
  });

  it("reads what the containers did, though the SDK's model leaves it out", async () => {
    const jobs = await start(() => ({
      status: 200,
      body: {
        name: "x",
        id: `${jobPath}/executions/x`,
        properties: {
          status: "Failed",
          startTime: "2026-01-01T00:00:00Z",
          detailedStatus: {
            replicas: [
              {
                name: "x-1",
                containers: [
                  { name: "mint", code: 3, status: "Terminated", additionalInformation: "Error" },
                ],
              },
            ],
          },
        },
      },
    }));
    const found = await jobs.getExecution(address, "x");
    expect(found.status).toBe("Failed");
    expect(found.containers).toEqual([
      { name: "mint", exitCode: 3, status: "Terminated", reason: "Error" },
    ]);
  });

  it("has no job where there is none", async () => {
    const jobs = await start(() => ({
      status: 404,
      body: { error: { code: "ResourceGroupNotFound", message: "no group" } },
    }));
    expect(await jobs.find(address)).toBeUndefined();
  });
});
