import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeFolder, readCa, startFast } from "../core/sandbox-fixture.js";
import { fetchToken, send, type HttpAnswer } from "../core/http.js";
import type { RunningSandbox } from "../../../src/sandbox/start.js";

const folder = makeFolder();
let sandbox: RunningSandbox;
let identity: { clientId: string; principalId: string };
let own: string;

async function ask(path: string, body?: unknown, scope?: string): Promise<HttpAnswer> {
  const ca = readCa(sandbox);
  const token = await fetchToken(sandbox.origin, sandbox.environment, {
    ca,
    scope: scope ?? "https://graph.microsoft.com/.default",
  });
  return await send(`${sandbox.origin}/v1.0/${path}`, {
    ca,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { method: "POST", body }),
  });
}

beforeAll(async () => {
  sandbox = await startFast(folder.path);
  own = sandbox.environment["AZURE_CLIENT_ID"] ?? "";
  const token = await fetchToken(sandbox.httpOrigin, sandbox.environment);
  const group = `/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}/resourceGroups/rg`;
  const put = (path: string): Promise<HttpAnswer> =>
    send(`${sandbox.httpOrigin}${path}?api-version=2024-11-30`, {
      method: "PUT",
      body: { location: "westeurope" },
      headers: { authorization: `Bearer ${token}` },
    });
  await put(group);
  const made = await put(
    `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-graph`,
  );
  identity = made.json.properties;
});
afterAll(async () => {
  await sandbox.close();
  folder.remove();
});

describe("Microsoft Graph", () => {
  test("ENTRA-40: lists service principals, of applications and of managed identities", async () => {
    const { json } = await ask("servicePrincipals");
    const kinds = json.value.map((one: Record<string, string>) => [
      one["appId"],
      one["servicePrincipalType"],
    ]);
    expect(kinds).toEqual(
      expect.arrayContaining([
        [own, "Application"],
        [identity.clientId, "ManagedIdentity"],
      ]),
    );
  });

  test("ENTRA-41: finds one by name, application or object id, and says so when there is none", async () => {
    const filters = [
      `servicePrincipalNames/any(c:c eq '${identity.clientId}')`,
      `appId eq '${identity.clientId}'`,
      "displayName eq 'id-graph'",
      "startswith(displayName,'id-gr')",
      `id eq 'none' or id eq '${identity.principalId}'`,
    ];
    for (const filter of filters) {
      const { json } = await ask(`servicePrincipals?${new URLSearchParams({ $filter: filter })}`);
      expect(json.value, filter).toHaveLength(1);
      expect(json.value[0].id).toBe(identity.principalId);
    }
    const refused = await ask(`servicePrincipals?${new URLSearchParams({ $filter: "a gt 'b'" })}`);
    expect([refused.status, refused.json.error.code]).toEqual([400, "Request_UnsupportedQuery"]);
    expect((await ask(`servicePrincipals/${identity.principalId}`)).json.appId).toBe(
      identity.clientId,
    );
    expect((await ask(`servicePrincipals(appId='${own}')`)).json.appId).toBe(own);
    const missing = await ask("servicePrincipals/00000000-0000-0000-0000-000000000000");
    expect([missing.status, missing.json.error.code]).toEqual([404, "Request_ResourceNotFound"]);
  });

  test("ENTRA-42: getByIds knows what it knows and leaves out the rest", async () => {
    const ids = [identity.principalId, "00000000-0000-0000-0000-000000000000"];
    const { json } = await ask("directoryObjects/getByIds", { ids, types: ["servicePrincipal"] });
    expect(json.value.map((one: { displayName: string }) => one.displayName)).toEqual(["id-graph"]);
    const users = await ask("directoryObjects/getByIds", { ids, types: ["user"] });
    expect(users.json.value).toEqual([]);
  });

  test("ENTRA-43: has no users or groups; a token for something else is refused", async () => {
    expect((await ask("users")).json.value).toEqual([]);
    expect((await ask("groups")).json.value).toEqual([]);
    expect((await ask("me")).status).toBe(400);
    const refused = await ask("servicePrincipals", undefined, "https://vault.azure.net/.default");
    expect([refused.status, refused.json.error.code]).toEqual([401, "InvalidAuthenticationToken"]);
  });
});
