import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Body = Record<string, unknown>;

export interface Call {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Body | undefined;
}

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** Answers instead of the fake; undefined lets the fake answer. */
export type Intercept = (call: Call) => Reply | undefined | Promise<Reply | undefined>;

export interface FakeArm {
  readonly origin: string;
  readonly resources: Map<string, Body>;
  readonly calls: Call[];
  readonly environment: Record<string, string>;
  intercept: Intercept | undefined;
  close(): Promise<void>;
}

export const subscriptionId = "11111111-2222-3333-4444-555555555555";
export const tenantId = "99999999-2222-3333-4444-555555555555";
export const clientSecret = "correct-horse-battery";

/**
 * As much of Azure Resource Manager as a provider can tell: resources by id, made by PUT, with the
 * fields that Azure adds to them.
 */
export async function startFakeArm(): Promise<FakeArm> {
  const resources = new Map<string, Body>();
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    void answer(request, response);
  });
  const fake: { intercept: Intercept | undefined } = { intercept: undefined };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString("utf8");
    const url = new URL(request.url ?? "/", "http://fake");
    const json = (request.headers["content-type"] ?? "").includes("json") && text !== "";
    const call: Call = {
      method: request.method ?? "GET",
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      body: json ? (JSON.parse(text) as Body) : undefined,
    };
    calls.push(call);
    const reply = (await fake.intercept?.(call)) ?? serve(call, text, resources);
    response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
    response.end(reply.body === undefined ? undefined : JSON.stringify(reply.body));
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return Object.assign(fake, {
    origin,
    resources,
    calls,
    environment: {
      ARM_RESOURCE_MANAGER_ENDPOINT: origin,
      ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST: origin,
      ARM_RESOURCE_MANAGER_AUDIENCE: origin,
      ARM_SUBSCRIPTION_ID: subscriptionId,
      ARM_TENANT_ID: tenantId,
      ARM_CLIENT_ID: "client-of-the-test",
      ARM_CLIENT_SECRET: clientSecret,
      GITHUB_BASE_URL: `${origin}/`,
      GITHUB_TOKEN: "token-of-the-test",
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  });
}

export function notFound(id: string): Reply {
  return {
    status: 404,
    body: { error: { code: "ResourceNotFound", message: `The Resource '${id}' was not found.` } },
  };
}

/** A stable identifier for what Azure would make at random. */
export function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text.toLowerCase()).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20, 32),
  ].join("-");
}

function serve(call: Call, text: string, resources: Map<string, Body>): Reply {
  const { method, path } = call;
  const key = path.toLowerCase();
  if (path.endsWith("/oauth2/v2.0/token")) return issueToken(text);
  if (path === `/subscriptions/${subscriptionId}`) {
    return {
      status: 200,
      body: { id: path, subscriptionId, displayName: "Test", state: "Enabled", tenantId },
    };
  }
  if (method === "POST") return act(key, call, resources);
  if (method === "PUT") return put(call, resources);
  if (method === "DELETE") {
    const existed = [...resources.keys()].filter((id) => id === key || id.startsWith(`${key}/`));
    for (const id of existed) resources.delete(id);
    return { status: existed.length > 0 ? 200 : 204 };
  }
  const role = ["AcrPull", "Key Vault Secrets User"].map(builtInRole);
  const builtIn = role.find((candidate) => key === String(candidate["id"]).toLowerCase());
  if (builtIn !== undefined) return { status: 200, body: builtIn };
  const listed = list(key, call, resources);
  const found = resources.get(key);
  if (listed !== undefined) return { status: 200, body: { value: listed } };
  return found === undefined ? notFound(path) : { status: 200, body: withoutSecrets(key, found) };
}

function issueToken(form: string): Reply {
  const fields = new URLSearchParams(form);
  if (fields.get("client_secret") !== clientSecret) {
    return {
      status: 401,
      body: { error: "invalid_client", error_description: "AADSTS7000215: Invalid client secret." },
    };
  }
  const part = (claims: unknown): string =>
    Buffer.from(JSON.stringify(claims)).toString("base64url");
  const claims = { oid: uuidOf("principal"), tid: tenantId, appid: fields.get("client_id") };
  return {
    status: 200,
    body: { access_token: `${part({})}.${part(claims)}.x`, expires_in: 3600, token_type: "Bearer" },
  };
}

function list(key: string, call: Call, resources: Map<string, Body>): Body[] | undefined {
  const all = [...resources.values()];
  const idOf = (body: Body): string => (body["id"] as string).toLowerCase();
  if (key.endsWith("/resources")) {
    const group = key.slice(0, -"/resources".length);
    return all.filter((body) => idOf(body).startsWith(`${group}/`));
  }
  if (key.endsWith("/roledefinitions")) {
    const name = /eq '(.+)'/.exec(call.query.get("$filter") ?? "")?.[1] ?? "";
    const custom = all.filter((body) => (body["properties"] as Body)["roleName"] === name);
    return ["AcrPull", "Key Vault Secrets User"].includes(name) ? [builtInRole(name)] : custom;
  }
  if (key.endsWith("/replications")) return [];
  if (/\/providers\/[\w.]+\/\w+$/.test(key) && key.split("/").length === 6) {
    const type = key.split("/").slice(-2).join("/");
    return all.filter((body) => idOf(body).includes(`/providers/${type}/`));
  }
  return undefined;
}

function builtInRole(name: string): Body {
  const guid = uuidOf(name);
  return {
    id: `/subscriptions/${subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
    name: guid,
    properties: { roleName: name, type: "BuiltInRole", permissions: [], assignableScopes: ["/"] },
  };
}

function act(key: string, call: Call, resources: Map<string, Body>): Reply {
  const parent = resources.get(key.slice(0, key.lastIndexOf("/")));
  if (key.endsWith("/checknameavailability")) return { status: 200, body: { nameAvailable: true } };
  if (key.endsWith("/sharedkeys")) {
    return { status: 200, body: { primarySharedKey: "key-one", secondarySharedKey: "key-two" } };
  }
  if (key.endsWith("/listsecrets")) {
    const properties = parent?.["properties"] as Body;
    return { status: 200, body: { value: (properties["configuration"] as Body)["secrets"] ?? [] } };
  }
  if (key.endsWith("/schedulerun")) {
    return {
      status: 200,
      body: { id: "run1", properties: { runId: "run1", status: "Succeeded" } },
    };
  }
  if (key.endsWith("/purge")) return { status: 200, body: {} };
  return notFound(call.path);
}

function put(call: Call, resources: Map<string, Body>): Reply {
  const key = call.path.toLowerCase();
  const group = /^(\/subscriptions\/[^/]+\/resourcegroups\/[^/]+)\/providers/.exec(key)?.[1];
  if (group !== undefined && !resources.has(group)) {
    return {
      status: 404,
      body: {
        error: { code: "ResourceGroupNotFound", message: "Resource group could not be found." },
      },
    };
  }
  const existed = resources.has(key);
  const body: Body = {
    id: call.path,
    name: call.path.split("/").at(-1),
    ...structuredClone(call.body ?? {}),
  };
  body["properties"] = {
    ...(body["properties"] as Body),
    ...computed(key, body),
    provisioningState: "Succeeded",
  };
  addIdentity(key, body);
  resources.set(key, body);
  return { status: existed ? 200 : 201, body: withoutSecrets(key, body) };
}

function computed(key: string, body: Body): Body {
  const name = body["name"] as string;
  const id = uuidOf(key);
  if (/\/registries\/[^/]+$/.test(key)) return { loginServer: `${name}.localhost:1` };
  if (/\/workspaces\/[^/]+$/.test(key)) return { customerId: id };
  if (/\/userassignedidentities\/[^/]+$/.test(key)) {
    return { clientId: uuidOf(`${key}c`), principalId: uuidOf(`${key}p`), tenantId };
  }
  if (/\/vaults\/[^/]+$/.test(key)) return { vaultUri: `https://${name}.localhost:1/` };
  if (/\/roleassignments\/[^/]+$/.test(key)) {
    return { scope: call_scope(key), principalType: "ServicePrincipal" };
  }
  if (/\/managedenvironments\/[^/]+$/.test(key)) {
    return {
      defaultDomain: `${name}.test`,
      staticIp: "10.0.0.1",
      customDomainConfiguration: { customDomainVerificationId: "ABC" },
    };
  }
  if (/\/jobs\/[^/]+$/.test(key)) {
    return { outboundIpAddresses: ["10.0.0.2"], eventStreamEndpoint: "https://events.test/job" };
  }
  if (/\/publicipaddresses\/[^/]+$/.test(key)) return { ipAddress: "20.0.0.1" };
  return {};
}

function call_scope(key: string): string {
  return key.slice(0, key.lastIndexOf("/providers/microsoft.authorization"));
}

function addIdentity(key: string, body: Body): void {
  const identity = body["identity"] as Body | undefined;
  if (identity === undefined) return;
  if (String(identity["type"]).includes("SystemAssigned")) {
    Object.assign(identity, { principalId: uuidOf(`${key}i`), tenantId });
  }
  const assigned = identity["userAssignedIdentities"] as Record<string, Body> | undefined;
  for (const id of Object.keys(assigned ?? {})) {
    (assigned as Record<string, Body>)[id] = {
      clientId: uuidOf(id),
      principalId: uuidOf(`${id}p`),
    };
  }
}

/** Azure does not give back what is secret in a job or an environment. */
function withoutSecrets(key: string, body: Body): Body {
  const copy = structuredClone(body);
  const properties = copy["properties"] as Body;
  if (/\/jobs\/[^/]+$/.test(key)) {
    const configuration = properties["configuration"] as Record<string, unknown>;
    const secrets = (configuration["secrets"] ?? []) as Body[];
    configuration["secrets"] = secrets.map(({ value: _value, ...rest }) => rest);
  }
  const logs = properties["appLogsConfiguration"] as Body | undefined;
  delete (logs?.["logAnalyticsConfiguration"] as Body | undefined)?.["sharedKey"];
  return copy;
}
