import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RunningSandbox } from "../../../src/sandbox/start.js";
import { fetchToken, send } from "./http.js";
import { control, makeFolder, startFast } from "./sandbox-fixture.js";

const folder = makeFolder();
let sandbox: RunningSandbox;
let headers: Record<string, string>;
beforeAll(async () => {
  sandbox = await startFast(folder.path);
  headers = {
    authorization: `Bearer ${await fetchToken(sandbox.httpOrigin, sandbox.environment)}`,
  };
});
afterEach(() => control(sandbox, "DELETE", "faults"));
afterAll(async () => {
  await sandbox.close();
  folder.remove();
});

const group = (): string =>
  `${sandbox.httpOrigin}/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}/resourceGroups/rg-a?api-version=2021-04-01`;
const get = () => send(group(), { headers });

describe("fault scripts", () => {
  test("FAULT-1: a status with headers, so many times, after so many, for what matches alone", async () => {
    await control(sandbox, "POST", "faults", [
      {
        match: { method: "get", path: "resourcegroups/RG-A$" },
        after: 1,
        times: 2,
        effect: {
          status: 429,
          code: "TooManyRequests",
          message: "slow",
          headers: { "retry-after": "7" },
        },
      },
    ]);
    const statuses: number[] = [];
    for (let round = 0; round < 4; round += 1) statuses.push((await get()).status);
    expect(statuses).toEqual([404, 429, 429, 404]);
    expect((await control(sandbox, "GET", "faults")).json.value[0]).toMatchObject({ used: 2 });
  });

  test("FAULT-1: its answer has the error's shape and its headers", async () => {
    await control(sandbox, "POST", "faults", {
      match: { path: "rg-a" },
      effect: {
        status: 503,
        code: "ServerBusy",
        message: "later",
        headers: { "retry-after": "7" },
      },
    });
    const answer = await get();
    expect(answer.headers["retry-after"]).toBe("7");
    expect(answer.json).toEqual({ error: { code: "ServerBusy", message: "later" } });
  });

  test("FAULT-2: reset-before cuts the connection and nothing happens; reset-after happens first", async () => {
    const put = () => send(group(), { method: "PUT", headers, body: { location: "westeurope" } });
    await control(sandbox, "POST", "faults", { match: { method: "PUT" }, effect: "reset-before" });
    await expect(put()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await get()).status).toBe(404);
    await control(sandbox, "POST", "faults", { match: { method: "PUT" }, effect: "reset-after" });
    await expect(put()).rejects.toMatchObject({ code: "ECONNRESET" });
    expect((await get()).status).toBe(200);
  });

  test("FAULT-3: delayMs answers late, hang never", async () => {
    await control(sandbox, "POST", "faults", [
      { match: { method: "GET", path: "rg-a" }, effect: { delayMs: 150 } },
      { match: { method: "GET", path: "rg-a" }, effect: "hang" },
    ]);
    const started = Date.now();
    await get();
    expect(Date.now() - started).toBeGreaterThanOrEqual(145);
    await expect(send(group(), { headers, signal: AbortSignal.timeout(200) })).rejects.toThrow();
  });

  test("FAULT-4: an AADSTS code comes in the shape of the token endpoint", async () => {
    await control(sandbox, "POST", "faults", {
      match: { path: "/oauth2/" },
      effect: {
        status: 401,
        code: "AADSTS7000222",
        message: "The provided client secret keys are expired.",
      },
    });
    await expect(fetchToken(sandbox.httpOrigin, sandbox.environment)).rejects.toThrow(
      /"error":"invalid_client","error_description":"AADSTS7000222: /,
    );
  });

  test.each([
    [{}, "`match` is missing"],
    [{ match: { path: "(" }, effect: "hang" }, "not a regular expression"],
    [{ match: {}, effect: "explode" }, "unknown effect"],
    [{ match: {} }, "`effect` is missing"],
  ])("FAULT-5: %j is refused and nothing of the list is taken", async (script, why) => {
    const good = { match: {}, effect: "hang" };
    const refused = await control(sandbox, "POST", "faults", [good, script]);
    expect(refused.status).toBe(400);
    expect(refused.json.error.message).toContain(`Fault 1: `);
    expect(refused.json.error.message).toContain(why);
    expect((await control(sandbox, "GET", "faults")).json.value).toEqual([]);
  });
});
