import type { ArmResource, SandboxReply } from "../ports.js";
import { makeArmError, resourceNotFound } from "./errors.js";
import type { ResourceKind } from "./kind.js";
import { replyWithPage } from "./paging.js";
import { groupOf, keyOf, parentOf, typeOf } from "./path.js";
import type { ArmParts, Call } from "./parts.js";
import { groupType } from "./type-names.js";

interface Address {
  readonly id: string;
  readonly name: string;
  readonly kind: ResourceKind;
  /** What follows the resource: a collection below it, or an action. */
  readonly rest: readonly string[];
}

/** Everything at `{scope}/providers/{namespace}/{type}/{name}…`. */
export function createResourceRoutes(parts: ArmParts): (call: Call) => Promise<SandboxReply> {
  return async (call) => {
    const { path } = call;
    const namespace = path.namespace ?? "";
    if (path.segments.length === 1) return listAtScope(parts, call, namespace);
    const address = findAddress(parts, call, namespace);
    if (address.rest.length === 0) return await routeResource(parts, call, address);
    return await routeBelow(parts, call, address);
  };
}

/** The longest part of the path that names a resource of a known type. */
function findAddress({ resources }: ArmParts, { path }: Call, namespace: string): Address {
  const { segments, scope } = path;
  for (let length = segments.length - (segments.length % 2); length >= 2; length -= 2) {
    const kind = resources.kindOf(typeOf(namespace, segments.slice(0, length)));
    if (kind === undefined) continue;
    const [, ...types] = kind.type.split("/");
    const own = types.flatMap((type, index) => [type, segments[index * 2 + 1] ?? ""]);
    return {
      id: `${canonicalScope(scope)}/providers/${kind.type.split("/")[0]}/${own.join("/")}`,
      name: segments[length - 1] ?? "",
      kind,
      rest: segments.slice(length),
    };
  }
  throw unknownType(namespace, segments);
}

function unknownType(namespace: string, segments: readonly string[]): Error {
  const type = segments.filter((_, index) => index % 2 === 0).join("/");
  return makeArmError(
    404,
    "InvalidResourceType",
    `The resource type '${type}' could not be found in the namespace '${namespace}'.`,
  );
}

/** Ids are given back with `resourceGroups` in its one spelling, whatever the client wrote. */
function canonicalScope(scope: string): string {
  return scope
    .replace(/^\/subscriptions\//i, "/subscriptions/")
    .replace(/^(\/subscriptions\/[^/]+)\/resourcegroups\//i, "$1/resourceGroups/");
}

function listAtScope(parts: ArmParts, call: Call, namespace: string): SandboxReply {
  const { request, path, caller } = call;
  const kind = parts.resources.kindOf(typeOf(namespace, path.segments));
  if (kind === undefined || request.method !== "GET") throw unknownType(namespace, path.segments);
  parts.resources.requireAction(caller, `${kind.type}/read`, path.scope);
  if (path.resourceGroup !== undefined) requireGroup(parts, path.scope);
  return replyWithPage(
    request,
    parts.room.store.list(kind.type, path.scope).map((one) => parts.resources.present(one)),
  );
}

async function routeResource(parts: ArmParts, call: Call, at: Address): Promise<SandboxReply> {
  const { resources, room } = parts;
  const { request, caller } = call;
  const act = (verb: string): void =>
    resources.requireAction(caller, `${at.kind.type}/${verb}`, at.id);
  switch (request.method) {
    case "GET":
    case "HEAD": {
      act("read");
      const found = requireResource(parts, at);
      return { status: 200, body: resources.present(found) };
    }
    case "PUT":
    case "PATCH": {
      act("write");
      const [, , subscription = "", , group = ""] = at.id.split("/");
      parts.providers.requireRegistered(at.kind.type.split("/")[0] ?? "", subscription);
      if (/^\/subscriptions\/[^/]+\/resourceGroups\//i.test(at.id)) {
        parts.groups.requireWritable({ subscription, name: group, id: groupOf(at.id) });
      }
      if (request.method === "PATCH") requireResource(parts, at);
      requireParent(parts, at);
      return await resources.put(request, at, at.kind, caller);
    }
    case "DELETE":
      act("delete");
      if (room.store.find(at.id) === undefined) return { status: 204 };
      return await resources.delete(request, at.id, at.kind);
    default:
      throw makeArmError(405, "MethodNotAllowed", `${request.method} is not allowed here.`);
  }
}

async function routeBelow(parts: ArmParts, call: Call, at: Address): Promise<SandboxReply> {
  const { resources, room } = parts;
  const { request, caller } = call;
  const [word = "", ...rest] = at.rest;
  const child = resources.kindOf(`${at.kind.type}/${word}`);
  if (request.method === "GET" && child !== undefined && rest.length === 0) {
    resources.requireAction(caller, `${child.type}/read`, at.id);
    requireResource(parts, at);
    const found = room.store.list(child.type, at.id).map((one) => resources.present(one));
    return replyWithPage(request, found);
  }
  const isPost = request.method === "POST";
  const handler = (isPost ? at.kind.actions : at.kind.views)?.[word.toLowerCase()];
  if (handler === undefined || (!isPost && request.method !== "GET")) {
    throw unknownType(call.path.namespace ?? "", call.path.segments);
  }
  // Names in between are no part of an action: `executions/{name}/stop`.
  const words = at.rest.filter((_, index) => index % 2 === 0).join("/");
  const action =
    at.kind.permission?.(request.method, at.rest) ??
    `${at.kind.type}/${words}/${isPost ? "action" : "read"}`;
  resources.requireAction(caller, action, at.id);
  return await handler({ resource: requireResource(parts, at), request, rest });
}

function requireResource({ room, groups }: ArmParts, at: Address): ArmResource {
  const found = room.store.find(at.id);
  if (found !== undefined) return found;
  const [, , subscription = "", groups_, group = ""] = at.id.split("/");
  if (groups_ === "resourceGroups") {
    groups.require({ subscription, name: group, id: groupOf(at.id) });
  }
  const names = at.id
    .split("/providers/")
    .at(-1)
    ?.split("/")
    .filter((_, index) => index % 2 === 0);
  throw resourceNotFound(at.kind.type, (names ?? []).slice(1).join("/"), group);
}

/** A child needs its parent, an extension the resource that it extends. */
function requireParent({ room }: ArmParts, at: Address): void {
  const isChild = at.kind.type.split("/").length > 2;
  const parent = isChild
    ? parentOf(at.id)
    : at.id.split("/providers/").slice(0, -1).join("/providers/");
  const isContainer = /^\/subscriptions\/[^/]+(\/resourceGroups\/[^/]+)?$/i.test(parent);
  if (isContainer || room.store.find(parent) !== undefined) return;
  throw makeArmError(
    404,
    "ParentResourceNotFound",
    `Failed to perform 'write' on resource(s) of type '${at.kind.type.split("/").slice(1).join("/")}', because the parent resource '${keyOf(parent)}' could not be found.`,
  );
}

function requireGroup({ room }: ArmParts, scope: string): void {
  const found = room.store.find(scope);
  if (found?.type === groupType || found !== undefined) return;
  throw makeArmError(
    404,
    "ResourceGroupNotFound",
    `Resource group '${scope.split("/").at(-1)}' could not be found.`,
  );
}
