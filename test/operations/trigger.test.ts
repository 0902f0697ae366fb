import { afterEach, describe, expect, it } from "vitest";
import type { PoolConfig } from "../../src/config/types.js";
import type { Clock } from "../../src/domain/clock.js";
import { triggerPool, type TriggerRequest } from "../../src/operations/trigger.js";
import { connectTo, subscriptionId } from "../azure/fake-connection.js";
import { failureOf } from "../azure/failure.js";
import {
  type FakeReply,
  type Handler,
  type HttpsServer,
  startHttpsServer,
} from "../azure/https-server.js";

const pool: PoolConfig = {
  name: "default",
  labels: ["default"],
  noDefaultLabels: false,
  cpu: 2,
  memoryGi: 4,
  trigger: { type: "manual" },
  limits: { min: 0, max: 10 },
  timeoutSeconds: 600,
  env: {},
};
const config = { name: "demo", subscription: subscriptionId, pools: [pool] };
const jobPath = `/subscriptions/${subscriptionId}/resourceGroups/rg-demo/providers/Microsoft.App/jobs/caj-demo-default`;

let server: HttpsServer;

afterEach(() => server.close());

/** Polls come at once; the deadline, the longest sleep, only when the test says so. */
function pollingClock(timeoutSeconds: number): Clock & { strike(): void } {
  let time = Date.parse("2026-01-01T00:00:00Z");
  let strike: () => void = () => undefined;
  return {
    now: () => new Date(time),
    sleep(milliseconds, signal) {
      if (milliseconds === timeoutSeconds * 1000) {
        return new Promise((resolve, reject) => {
          strike = resolve;
          signal?.addEventListener("abort", () => reject(new Error("over")), { once: true });
        });
      }
      time += milliseconds;
      return signal?.aborted === true ? Promise.reject(new Error("aborted")) : Promise.resolve();
    },
    strike: () => strike(),
  };
}

/** A job whose executions go through the statuses given, one a read. */
function jobWith(statuses: readonly (string | FakeReply)[], detailedStatus?: unknown): Handler {
  let started = 0;
  const reads = new Map<string, number>();
  return (request) => {
    if (request.path === `${jobPath}/start`) {
      started += 1;
      const name = `caj-demo-default-${started}`;
      return { status: 200, body: { name, id: `${jobPath}/executions/${name}` } };
    }
    const name = request.path.split("/").at(-1) ?? "";
    const read = reads.get(name) ?? 0;
    reads.set(name, read + 1);
    const status = statuses[Math.min(read, statuses.length - 1)] ?? "Running";
    if (typeof status !== "string") return status;
    return {
      status: 200,
      body: {
        name,
        id: `${jobPath}/executions/${name}`,
        properties: { status, startTime: "2026-01-01T00:00:00Z", detailedStatus },
      },
    };
  };
}

async function run(handler: Handler, request: Partial<TriggerRequest>, clock = pollingClock(60)) {
  server = await startHttpsServer(handler);
  const { connection, events } = connectTo(server);
  const result = triggerPool(
    { config, pool: "default", timeoutSeconds: 60, ...request },
    { connection, emit: connection.emit, clock },
  );
  return { result, events, clock };
}

describe("triggerPool", () => {
  it("starts one execution and returns at once", async () => {
    const { result } = await run(jobWith([]), {});
    expect(await result).toEqual({
      pool: "default",
      job: "caj-demo-default",
      waited: false,
      executions: [
        {
          name: "caj-demo-default-1",
          id: `${jobPath}/executions/caj-demo-default-1`,
          pool: "default",
          status: "Running",
        },
      ],
    });
    expect(server.requests).toHaveLength(1);
  });

  it("starts several side by side, and reports each", async () => {
    const start = jobWith([]);
    // Nobody is answered before four have come: one after the other, it would never end.
    let release: () => void = () => undefined;
    const four = new Promise<void>((resolve) => (release = resolve));
    const { result, events } = await run(
      async (request) => {
        if (server.requests.length === 4) release();
        await four;
        return start(request);
      },
      { count: 10 },
    );
    expect((await result).executions).toHaveLength(10);
    expect(events.filter((event) => event.name === "execution.started")).toHaveLength(10);
  });

  it("waits until all have succeeded, through reads that do not find them yet", async () => {
    const missing = { status: 404, body: { error: { code: "NotFound" } } };
    const { result, events } = await run(jobWith([missing, "Running", "Processing", "Succeeded"]), {
      count: 2,
      wait: true,
    });
    const { executions, waited } = await result;
    expect(waited).toBe(true);
    expect(executions.map((one) => one.status)).toEqual(["Succeeded", "Succeeded"]);
    expect(
      events.filter((event) => event.name === "execution.status").map((event) => event.message),
    ).toContain("caj-demo-default-1: Succeeded");
  });

  it.each(["Failed", "Degraded", "Stopped"])("fails with 7 when one ends as %s", async (status) => {
    const { result } = await run(jobWith(["Running", status]), { wait: true });
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: "execution.failed", exitCode: 7 });
    expect(error.problems[0]?.what).toContain(status);
    expect(error.hint).toContain("runnerctl logs caj-demo-default-1");
  });

  it("tells a runner that never registered", async () => {
    const detailed = { replicas: [{ name: "r", containers: [{ name: "mint", code: 3 }] }] };
    const { result } = await run(jobWith(["Failed"], detailed), { wait: true });
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: "execution.neverRegistered", exitCode: 7 });
    expect(error.problems[0]?.what).toContain("mint: exit code 3");
  });

  it("ends with 8 at the deadline and says where each hangs", async () => {
    const clock = pollingClock(60);
    let reads = 0;
    const job = jobWith(["Running"]);
    const { result } = await run(
      (request) => {
        if (request.method === "GET") reads += 1;
        if (reads === 3) clock.strike();
        return job(request);
      },
      { wait: true },
      clock,
    );
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: "execution.timedOut", exitCode: 8 });
    expect(error.problems).toEqual([{ where: "caj-demo-default-1", what: "hangs in Running" }]);
  });

  it("cuts off a call that hangs at the deadline", async () => {
    const clock = pollingClock(60);
    const job = jobWith(["Running"]);
    const { result } = await run(
      (request) => {
        if (request.method === "POST") return job(request);
        clock.strike();
        return new Promise(() => undefined);
      },
      { wait: true },
      clock,
    );
    expect(await failureOf(result)).toMatchObject({ code: "execution.timedOut", exitCode: 8 });
  });

  it("says exactly what was started when a start fails", async () => {
    const job = jobWith([]);
    let starts = 0;
    const { result } = await run(
      (request) => {
        starts += 1;
        return starts === 3 ? { status: 500, body: { error: { code: "Internal" } } } : job(request);
      },
      { count: 3 },
    );
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: "execution.partlyStarted", exitCode: 5 });
    expect(error.message).toContain("2 of 3");
    expect(error.details).toMatchObject({ wanted: 3, uncertain: 1 });
  });

  it("says that a pool is not deployed", async () => {
    const { result } = await run(
      () => ({ status: 404, body: { error: { code: "ResourceNotFound" } } }),
      {},
    );
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: "azure.poolNotDeployed", exitCode: 4 });
    expect(error.hint).toContain("runnerctl deploy");
  });

  it("suggests the pool that was meant, without a request", async () => {
    const { result } = await run(jobWith([]), { pool: "defualt" });
    const error = await failureOf(result);
    expect(error).toMatchObject({ code: "config.poolUnknown", exitCode: 2 });
    expect(error.hint).toContain("default");
    expect(server.requests).toHaveLength(0);
  });

  it("takes the only pool when none is named, and asks which of several", async () => {
    server = await startHttpsServer(jobWith([]));
    const { connection } = connectTo(server);
    const trigger = (pools: readonly PoolConfig[]) =>
      triggerPool({ config: { ...config, pools } }, { connection, emit: connection.emit });
    expect((await trigger([pool])).pool).toBe("default");
    const error = await failureOf(trigger([pool, { ...pool, name: "large" }]));
    expect(error).toMatchObject({ code: "usage.poolNotNamed", exitCode: 2 });
    expect(error.hint).toContain("default, large");
  });

  it("says what goes on in Azure when interrupted", async () => {
    const abort = new AbortController();
    const job = jobWith(["Running"]);
    server = await startHttpsServer((request) => {
      if (request.method === "GET") abort.abort();
      return job(request);
    });
    const { connection } = connectTo(server);
    const error = await failureOf(
      triggerPool(
        { config, pool: "default", wait: true, timeoutSeconds: 60 },
        { connection, emit: connection.emit, signal: abort.signal, clock: pollingClock(60) },
      ),
    );
    expect(error.exitCode).toBe(130);
    expect(error.message).toContain("caj-demo-default-1");
  });
});
