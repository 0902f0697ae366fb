import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { resolveEndpoints } from "../../src/azure/endpoints.js";
import { resolveSubscription } from "../../src/azure/subscription.js";
import { failureOf } from "./failure.js";
import { type HttpsServer, startHttpsServer } from "./https-server.js";

let server: HttpsServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

describe("resolveEndpoints", () => {
  it.each([
    [undefined, "https://management.azure.com"],
    ["public", "https://management.azure.com"],
    ["AzureCloud", "https://management.azure.com"],
    ["AzureUSGovernment", "https://management.usgovcloudapi.net"],
    ["usgovernment", "https://management.usgovcloudapi.net"],
    ["AzureChinaCloud", "https://management.chinacloudapi.cn"],
  ])("knows the cloud %s", async (cloudName, resourceManager) => {
    const { endpoints, custom } = await resolveEndpoints({ cloudName });
    expect(endpoints.resourceManager).toBe(resourceManager);
    expect(custom).toBe(false);
  });

  it("refuses a cloud that it does not know", async () => {
    const error = await failureOf(resolveEndpoints({ cloudName: "moon" }));
    expect(error).toMatchObject({ code: "azure.cloudUnknown", exitCode: 2 });
    expect(error.hint).toContain("usgovernment");
  });

  it("reads the description of a cloud of one's own", async () => {
    server = await startHttpsServer(() => ({
      status: 200,
      body: {
        name: "Own",
        resourceManager: `${server?.origin}/`,
        authentication: {
          loginEndpoint: `${server?.origin}/`,
          audiences: ["https://management.core.windows.net/", "https://management.azure.com/"],
        },
        logAnalyticsResourceId: `${server?.origin}`,
        suffixes: { keyVaultDns: ".vault.own", acrLoginServer: "cr.own" },
      },
    }));
    const { endpoints, custom } = await resolveEndpoints({
      metadataHost: server.host,
      ca: server.ca,
    });
    expect(custom).toBe(true);
    expect(endpoints).toEqual({
      resourceManager: server.origin,
      resourceManagerAudience: "https://management.core.windows.net",
      authorityHost: server.origin,
      keyVaultAudience: "https://vault.own",
      keyVaultDnsSuffix: "vault.own",
      registryAudience: "https://management.core.windows.net",
      registrySuffix: "cr.own",
      logAnalytics: `${server.origin}/v1`,
      logAnalyticsAudience: server.origin,
    });
    expect(server.requests[0]?.query.get("api-version")).toBe("2022-09-01");
  });

  it("needs no request for the host of a known cloud", async () => {
    const { custom } = await resolveEndpoints({ metadataHost: "management.azure.com" });
    expect(custom).toBe(false);
  });

  it.each([
    [{ status: 503 }, "HTTP 503"],
    [{ status: 200, body: "<html>" }, "not JSON"],
    [{ status: 200, body: { name: "x" } }, "resourceManager is missing"],
  ])("says what is wrong with a description: %o", async (reply, words) => {
    server = await startHttpsServer(() => ({ ...reply, headers: { "retry-after": "0" } }));
    const error = await failureOf(resolveEndpoints({ metadataHost: server.host, ca: server.ca }));
    expect(error.code).toBe("azure.cloudMetadata");
    expect(error.message).toContain(words);
  });
});

describe("resolveSubscription", () => {
  it("prefers what is configured", async () => {
    expect(await resolveSubscription({ configured: "s-1", cliConfigDir: "/none" })).toEqual({
      subscriptionId: "s-1",
      from: "configuration",
    });
  });

  it("reads the Azure CLI's default, byte order mark and all", async () => {
    const directory = mkdtempSync(join(tmpdir(), "runnerctl-cli-"));
    try {
      writeFileSync(
        join(directory, "azureProfile.json"),
        `\uFEFF${JSON.stringify({
          subscriptions: [
            { id: "a", isDefault: false },
            { id: "b", isDefault: true, tenantId: "t" },
          ],
        })}`,
      );
      expect(await resolveSubscription({ cliConfigDir: directory })).toEqual({
        subscriptionId: "b",
        tenantId: "t",
        from: "Azure CLI",
      });
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("says how to choose one when there is none", async () => {
    const error = await failureOf(resolveSubscription({ cliConfigDir: "/nowhere" }));
    expect(error).toMatchObject({ code: "credentials.subscriptionUnknown", exitCode: 3 });
  });
});
