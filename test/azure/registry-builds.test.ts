import { afterEach, describe, expect, it } from "vitest";
import { createRegistryBuildsClient } from "../../src/azure/registry-builds.js";
import { connectTo } from "./fake-connection.js";
import { failureOf } from "./failure.js";
import { type HttpsServer, startHttpsServer } from "./https-server.js";

let server: HttpsServer;

afterEach(() => server.close());

const address = { resourceGroup: "rg-acme", registry: "cracme" };

describe("reading a run", () => {
  it("after an interruption takes a signal of its own", async () => {
    server = await startHttpsServer(() => ({
      status: 200,
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ properties: { runId: "cb1", status: "Succeeded" } }),
    }));
    const { connection } = connectTo(server, { signal: AbortSignal.abort() });
    const builds = createRegistryBuildsClient(connection);
    expect((await failureOf(builds.getRun(address, "cb1"))).code).toBe("interrupted");
    const run = await builds.getRun(address, "cb1", AbortSignal.timeout(10_000));
    expect(run).toMatchObject({ runId: "cb1", status: "Succeeded" });
  });
});
