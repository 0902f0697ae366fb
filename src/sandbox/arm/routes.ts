import type { Principal, SandboxReply, SandboxRequest } from "../ports.js";
import { authorizationFailed, makeArmError, subscriptionNotFound } from "./errors.js";
import type { ArmRoom } from "./kind.js";
import { locations } from "./locations.js";
import { replyWithPage } from "./paging.js";
import { parseArmPath, type ArmPath } from "./path.js";
import type { ArmParts, Call } from "./parts.js";
import { parseResourceFilter } from "./resource-filter.js";
import { createResourceRoutes } from "./resource-routes.js";
import { createSubscriptionProviderRoutes } from "./subscription-routes.js";

/** Resource Manager in the public clouds, under either of its names. */
const audiences = [
  "https://management.azure.com",
  "https://management.core.windows.net",
  "https://management.usgovcloudapi.net",
  "https://management.core.usgovcloudapi.net",
  "https://management.chinacloudapi.cn",
  "https://management.core.chinacloudapi.cn",
];

type Handler = (request: SandboxRequest) => Promise<SandboxReply | undefined>;

export function createArmRoutes(parts: ArmParts): Handler {
  const { room, operations } = parts;
  const routeResource = createResourceRoutes(parts);
  const routeSubscriptionProvider = createSubscriptionProviderRoutes(parts);
  return async (request) => {
    if (!/^\/(subscriptions|providers|tenants)(\/|$)/i.test(request.path)) return undefined;
    const caller = room.ctx.entra.authenticate(request, audiences);
    checkApiVersion(request);
    await operations.settleDue();
    const call: Call = { request, caller, path: parseArmPath(request.path) };
    const { path } = call;
    if (/^\/tenants\/?$/i.test(request.path)) return listTenants(parts, request);
    if (path.subscription !== undefined) requireSubscription(room, path.subscription);
    const operation = /\/(operationStatuses|operationResults)\/([^/]+)\/?$/i.exec(request.path);
    if (operation !== null) {
      const [, folder = "", id = ""] = operation;
      return operations.reply(request, folder, id, (resourceId) => {
        const found = room.store.find(resourceId);
        return found === undefined ? undefined : parts.resources.present(found);
      });
    }
    if (path.namespace === undefined) return await routeScope(parts, call);
    if (isAuthorization(path)) return await routeAuthorization(parts, call);
    if (path.scope === `/subscriptions/${path.subscription}`) {
      const reply = await routeSubscriptionProvider(call);
      if (reply !== undefined) return reply;
    }
    return await routeResource(call);
  };
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-manager-rest-api-versions */
function checkApiVersion(request: SandboxRequest): void {
  const version = request.query.get("api-version");
  if (version === null || version === "") {
    throw makeArmError(
      400,
      "MissingApiVersionParameter",
      "The api-version query parameter (?api-version=) is required for all requests.",
    );
  }
  if (/^\d{4}-\d{2}-\d{2}(-(preview|alpha|beta|privatepreview))?$/i.test(version)) return;
  throw makeArmError(
    400,
    "InvalidApiVersionParameter",
    `The api-version '${version}' is invalid. The supported versions are dates, such as '2025-07-01'.`,
  );
}

function requireSubscription(room: ArmRoom, subscription: string): void {
  if (subscription.toLowerCase() === room.ctx.subscriptionId.toLowerCase()) return;
  throw subscriptionNotFound(subscription);
}

function isAuthorization(path: ArmPath): boolean {
  return (
    path.namespace?.toLowerCase() === "microsoft.authorization" &&
    /^role(Assignments|Definitions)$/i.test(path.segments[0] ?? "")
  );
}

async function routeAuthorization(
  { authorization, resources }: ArmParts,
  { request, path, caller }: Call,
): Promise<SandboxReply> {
  const [collection = "", name] = path.segments;
  const verbs: Readonly<Record<string, string>> = { PUT: "write", DELETE: "delete" };
  const isAssignment = collection.toLowerCase() === "roleassignments";
  const type = isAssignment ? "roleAssignments" : "roleDefinitions";
  const verb = verbs[request.method] ?? "read";
  // Definitions are the same for everyone; anybody with a token may read them.
  if (isAssignment || verb !== "read") {
    resources.requireAction(caller, `Microsoft.Authorization/${type}/${verb}`, path.scope);
  }
  return isAssignment
    ? await authorization.handle(request, path.scope, name, caller)
    : await authorization.definitions.handle(request, path.scope, name);
}

/** Addresses without a provider: subscriptions, resource groups and what lies in them. */
async function routeScope(parts: ArmParts, { request, path, caller }: Call): Promise<SandboxReply> {
  const { room, resources, groups, providers } = parts;
  const steps = path.scope.split("/").slice(1);
  const [, subscription, collection = "", name, below, action] = steps;
  if (steps[0]?.toLowerCase() === "providers") {
    return providers.handle(request, room.ctx.subscriptionId, steps[1], steps[2]);
  }
  if (subscription === undefined) return listSubscriptions(parts, request, caller);
  const scope = `/subscriptions/${subscription}`;
  const mayRead = (id: string): void =>
    resources.requireAction(caller, "Microsoft.Resources/subscriptions/resourceGroups/read", id);
  switch (collection.toLowerCase()) {
    case "":
      if (!parts.authorization.hasAnyRole(caller.objectId)) {
        throw authorizationFailed(caller, "Microsoft.Resources/subscriptions/read", scope);
      }
      return { status: 200, body: describeSubscription(parts) };
    case "locations":
      return {
        status: 200,
        body: {
          value: [...locations].map((location) => ({
            id: `${scope}/locations/${location}`,
            name: location,
            displayName: location,
          })),
        },
      };
    case "providers":
      return providers.handle(request, subscription, name, below);
    case "resources":
      mayRead(scope);
      return listResources(parts, request, scope);
    case "resourcegroups": {
      if (name === undefined) {
        mayRead(scope);
        return groups.list(request, subscription);
      }
      const at = { subscription, name, id: `${scope}/resourceGroups/${name}` };
      if (below === undefined) {
        const verb = { PUT: "write", PATCH: "write", DELETE: "delete" }[request.method] ?? "read";
        resources.requireAction(
          caller,
          `Microsoft.Resources/subscriptions/resourceGroups/${verb}`,
          at.id,
        );
        return await groups.handle(request, at);
      }
      if (below.toLowerCase() === "resources" && action === undefined) {
        mayRead(at.id);
        groups.require(at);
        return listResources(parts, request, at.id);
      }
    }
  }
  throw makeArmError(404, "NotFound", `Nothing is found at '${request.path}'.`);
}

function listResources({ room }: ArmParts, request: SandboxRequest, scope: string): SandboxReply {
  const found = room.store
    .tracked(scope)
    .filter(parseResourceFilter(request.query.get("$filter") ?? ""))
    .map(({ id, name, type: own, location, tags, identity, sku, kind }) => ({
      id,
      name,
      type: own,
      location,
      ...(tags === undefined ? {} : { tags }),
      ...(identity === undefined ? {} : { identity }),
      ...(sku === undefined ? {} : { sku }),
      ...(kind === undefined ? {} : { kind }),
    }));
  return replyWithPage(request, found);
}

function listTenants({ room }: ArmParts, request: SandboxRequest): SandboxReply {
  const { tenantId } = room;
  return replyWithPage(request, [
    { id: `/tenants/${tenantId}`, tenantId, displayName: "Sandbox", tenantCategory: "Home" },
  ]);
}

function listSubscriptions(
  parts: ArmParts,
  request: SandboxRequest,
  caller: Principal,
): SandboxReply {
  const visible = parts.authorization.hasAnyRole(caller.objectId);
  return replyWithPage(request, visible ? [describeSubscription(parts)] : []);
}

function describeSubscription({ room }: ArmParts): unknown {
  const { subscriptionId } = room.ctx;
  return {
    id: `/subscriptions/${subscriptionId}`,
    subscriptionId,
    tenantId: room.tenantId,
    displayName: "Sandbox",
    state: "Enabled",
    authorizationSource: "RoleBased",
    managedByTenants: [],
    subscriptionPolicies: {
      locationPlacementId: "Public_2014-09-01",
      quotaId: "PayAsYouGo_2014-09-01",
      spendingLimit: "Off",
    },
  };
}
