import type { AzureConnection } from "../../src/azure/connection.js";
import type { RunnerctlEvent } from "../../src/output/events.js";
import type { HttpsServer } from "./https-server.js";

export const subscriptionId = "00000000-0000-4000-8000-000000000001";

/** A connection whose every service is one fake server. */
export function connectTo(
  server: HttpsServer,
  extra: Partial<AzureConnection> = {},
): { connection: AzureConnection; events: RunnerctlEvent[] } {
  const events: RunnerctlEvent[] = [];
  const connection: AzureConnection = {
    subscriptionId,
    credential: {
      getToken: () =>
        Promise.resolve({ token: "fake-token", expiresOnTimestamp: Date.now() + 3_600_000 }),
    },
    endpoints: {
      resourceManager: server.origin,
      resourceManagerAudience: server.origin,
      authorityHost: server.origin,
      keyVaultAudience: "https://vault.azure.net",
      keyVaultDnsSuffix: "vault.azure.net",
      registryAudience: server.origin,
      registrySuffix: "azurecr.io",
      logAnalytics: `${server.origin}/v1`,
      logAnalyticsAudience: server.origin,
    },
    ca: server.ca,
    allowCustomAuthority: true,
    version: "1.2.3",
    emit: (event) => events.push(event),
    ...extra,
  };
  return { connection, events };
}
