import { randomUUID } from "node:crypto";
import {
  SandboxHttpError,
  type EntraPort,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import type { Directory, DirectoryPrincipal } from "./directory.js";

export interface GraphOptions {
  readonly tenantId: string;
  readonly entra: () => EntraPort;
  readonly directory: Directory;
  readonly isManagedIdentity: (objectId: string) => boolean;
}

type Test = (principal: DirectoryPrincipal) => boolean;

/**
 * As much of Microsoft Graph as it takes to find out who a principal is: its service principals, read
 * only. https://learn.microsoft.com/graph/api/resources/serviceprincipal
 */
export function createGraphService(options: GraphOptions): SandboxService {
  return {
    name: "graph",
    handle: async (request) => {
      if (request.listener !== "main" || !request.path.startsWith("/v1.0/")) return undefined;
      try {
        options.entra().authenticate(request, ["https://graph.microsoft.com"]);
        return await route(request, options);
      } catch (error) {
        if (!(error instanceof SandboxHttpError)) throw error;
        return describeError(error);
      }
    },
  };
}

async function route(request: SandboxRequest, options: GraphOptions): Promise<SandboxReply> {
  const path = decodeURIComponent(request.path.slice("/v1.0/".length)).replace(/\/$/, "");
  const [, collection = "", key, id] =
    /^([A-Za-z]+)(?:\(appId='([^']+)'\))?(?:\/([^/]+))?$/.exec(path) ?? [];
  const view = (one: DirectoryPrincipal): object => viewPrincipal(one, options);
  switch (`${request.method} ${collection}`) {
    case "GET servicePrincipals": {
      if (key !== undefined) return { status: 200, body: view(find(options, key, "appId")) };
      if (id !== undefined) return { status: 200, body: view(find(options, id, "id")) };
      const test = parseFilter(request.query.get("$filter") ?? "");
      return listOf(request, options.directory.list().filter(test).map(view));
    }
    case "GET directoryObjects":
      if (id !== undefined) return { status: 200, body: view(find(options, id, "id")) };
      break;
    case "POST directoryObjects":
      if (id === "getByIds") return listOf(request, await getByIds(request, options));
      break;
    // Nobody but applications and managed identities is in this directory.
    case "GET users":
    case "GET groups":
      if (id === undefined) return listOf(request, []);
      throw notFound(id);
    case "GET me":
      throw new SandboxHttpError(
        400,
        "BadRequest",
        "/me request is only valid with delegated authentication flow.",
      );
  }
  throw new SandboxHttpError(
    400,
    "BadRequest",
    `The sandbox does not serve ${request.method} ${request.path}.`,
  );
}

/** https://learn.microsoft.com/graph/api/directoryobject-getbyids */
async function getByIds(request: SandboxRequest, options: GraphOptions): Promise<object[]> {
  const { ids, types } = ((await request.json()) ?? {}) as { ids?: unknown; types?: unknown };
  if (!Array.isArray(ids)) {
    throw new SandboxHttpError(400, "Request_BadRequest", "The property 'ids' is required.");
  }
  const wanted = Array.isArray(types) ? types.map((type) => String(type).toLowerCase()) : undefined;
  if (wanted !== undefined && !wanted.some((type) => servicePrincipalTypes.includes(type)))
    return [];
  return ids
    .map((id) => options.directory.findByObjectId(String(id)))
    .filter((one) => one !== undefined)
    .map((one) => viewPrincipal(one, options));
}

const servicePrincipalTypes = ["serviceprincipal", "directoryobject"];

function find(options: GraphOptions, key: string, by: "appId" | "id"): DirectoryPrincipal {
  const { directory } = options;
  const found = by === "appId" ? directory.findByAppId(key) : directory.findByObjectId(key);
  if (found === undefined) throw notFound(key);
  return found;
}

function notFound(id: string): SandboxHttpError {
  return new SandboxHttpError(
    404,
    "Request_ResourceNotFound",
    `Resource '${id}' does not exist or one of its queried reference-property objects are not present.`,
  );
}

function viewPrincipal(principal: DirectoryPrincipal, options: GraphOptions): object {
  const { objectId: id, appId, displayName } = principal;
  const managed = options.isManagedIdentity(id);
  return {
    "@odata.type": "#microsoft.graph.servicePrincipal",
    id,
    appId,
    displayName,
    appDisplayName: managed ? null : displayName,
    accountEnabled: true,
    appOwnerOrganizationId: managed ? null : options.tenantId,
    servicePrincipalNames: [appId],
    servicePrincipalType: managed ? "ManagedIdentity" : "Application",
    tags: [],
  };
}

/** `$select` narrows an answer; ids and types are sent anyway, and clients do not mind the rest. */
function listOf(request: SandboxRequest, value: readonly object[]): SandboxReply {
  return {
    status: 200,
    body: { "@odata.context": `${request.url.origin}/v1.0/$metadata`, value },
  };
}

/** Comparisons joined by `or`, as clients look a principal up. https://learn.microsoft.com/graph/filter-query-parameter */
function parseFilter(filter: string): Test {
  if (filter.trim() === "") return () => true;
  const tests = filter.split(/\s+or\s+/i).map(parseTerm);
  return (principal) => tests.some((test) => test(principal));
}

const fields: Readonly<Record<string, (principal: DirectoryPrincipal) => string>> = {
  id: ({ objectId }) => objectId,
  appid: ({ appId }) => appId,
  displayname: ({ displayName }) => displayName,
};

function parseTerm(term: string): Test {
  const text = term.trim();
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const [, , name] =
    /^servicePrincipalNames\/any\((\w+):\s*\1\s+eq\s+'([^']*)'\)$/i.exec(text) ?? [];
  if (name !== undefined) return ({ appId }) => same(appId, name);
  const [, field = "", value] = /^(\w+)\s+eq\s+'([^']*)'$/i.exec(text) ?? [];
  const read = fields[field.toLowerCase()];
  if (read !== undefined && value !== undefined) return (one) => same(read(one), value);
  const [, prefixed = "", prefix] = /^startswith\(\s*(\w+)\s*,\s*'([^']*)'\s*\)$/i.exec(text) ?? [];
  const readPrefixed = fields[prefixed.toLowerCase()];
  if (readPrefixed !== undefined && prefix !== undefined) {
    return (one) => readPrefixed(one).toLowerCase().startsWith(prefix.toLowerCase());
  }
  throw new SandboxHttpError(
    400,
    "Request_UnsupportedQuery",
    `Unsupported or invalid query filter clause specified for property '${text}'.`,
  );
}

function describeError(error: SandboxHttpError): SandboxReply {
  const id = randomUUID();
  return {
    status: error.status,
    ...(error.options.headers === undefined ? {} : { headers: error.options.headers }),
    body: {
      error: {
        code: error.status === 401 ? "InvalidAuthenticationToken" : error.code,
        message: error.message,
        innerError: { "request-id": id, "client-request-id": id },
      },
    },
  };
}
