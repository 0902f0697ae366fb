import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { TokenCredential } from "@azure/identity";
import { startSandbox, type RunningSandbox } from "../../../src/sandbox/start.js";
import { fetchToken, send, type HttpAnswer } from "../core/http.js";

export interface SandboxUnderTest {
  readonly sandbox: RunningSandbox;
  readonly ca: string;
  readonly group: string;
  readonly subscriptionId: string;
  /** The first principal: Owner, without data actions. */
  readonly credential: TokenCredential;
  arm(method: string, path: string, version: string, body?: unknown): Promise<HttpAnswer>;
  /** Another principal, with a role at a scope when one is named. */
  addPrincipal(role?: string, scope?: string): Promise<TokenCredential>;
  assignRole(objectId: string, role: string, scope: string): Promise<void>;
  control(method: string, path: string, body?: unknown): Promise<HttpAnswer>;
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** The whole sandbox in this process, with a resource group. */
export async function startForTest(): Promise<SandboxUnderTest> {
  const directory = mkdtempSync(join(tmpdir(), "sandbox-sdk-"));
  const packageRoot = join(import.meta.dirname, "..", "..", "..");
  const start = () => startSandbox({ directory, packageRoot, asyncSeconds: 0 });
  const state = { sandbox: await start() };
  const { environment } = state.sandbox;
  const ca = readFileSync(environment["SSL_CERT_FILE"] ?? "", "utf8");
  const subscriptionId = environment["ARM_SUBSCRIPTION_ID"] ?? "";
  const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-sdk`;

  const credentialOf = (client?: { clientId: string; clientSecret: string }): TokenCredential => ({
    getToken: async (scopes) => {
      const scope = Array.isArray(scopes) ? scopes[0] : scopes;
      const token = await fetchToken(state.sandbox.origin, environment, {
        ca,
        ...client,
        ...(scope === undefined ? {} : { scope }),
      });
      return { token, expiresOnTimestamp: Date.now() + 3_600_000 };
    },
  });
  const credential = credentialOf();

  const arm: SandboxUnderTest["arm"] = async (method, path, version, body) => {
    const token = await credential.getToken("https://management.azure.com/.default");
    const answer = await send(`${state.sandbox.origin}${path}?api-version=${version}`, {
      method,
      ca,
      body,
      headers: { authorization: `Bearer ${token?.token ?? ""}` },
    });
    if (answer.status >= 400) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  };
  const control: SandboxUnderTest["control"] = (method, path, body) =>
    send(`${state.sandbox.origin}${path}`, {
      method,
      ca,
      body,
      headers: { authorization: `Bearer ${state.sandbox.controlToken}` },
    });
  const assignRole: SandboxUnderTest["assignRole"] = async (principalId, role, scope) => {
    const filter = encodeURIComponent(`roleName eq '${role}'`);
    const token = await credential.getToken("https://management.azure.com/.default");
    const definitions = await send(
      `${state.sandbox.origin}${scope}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=${filter}`,
      { ca, headers: { authorization: `Bearer ${token?.token ?? ""}` } },
    );
    await arm(
      "PUT",
      `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
      "2022-04-01",
      { properties: { roleDefinitionId: definitions.json.value[0].id, principalId } },
    );
  };
  await arm("PUT", group, "2023-07-01", { location: "westeurope" });
  return {
    get sandbox() {
      return state.sandbox;
    },
    ca,
    group,
    subscriptionId,
    credential,
    arm,
    control,
    assignRole,
    addPrincipal: async (role, scope) => {
      const made = await control("POST", "/_sandbox/principals", { displayName: "other" });
      const { clientId, clientSecret, objectId } = made.json;
      if (role !== undefined) await assignRole(objectId, role, scope ?? group);
      return credentialOf({ clientId, clientSecret });
    },
    restart: async () => {
      await state.sandbox.close();
      state.sandbox = await start();
    },
    close: async () => {
      await state.sandbox.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
