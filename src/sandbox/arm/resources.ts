import {
  type ArmResource,
  type Principal,
  type SandboxReply,
  type SandboxRequest,
} from "../ports.js";
import { authorizationFailed, linkedAuthorizationFailed, makeArmError } from "./errors.js";
import type { ArmRoom, ResourceKind, WriteInput } from "./kind.js";
import { locations, normalizeLocation } from "./locations.js";
import type { OperationRecord, Operations } from "./operations.js";
import { groupOf } from "./path.js";
import { resolveIdentity } from "./resource-identity.js";

/** Create, read, update and delete, the same for every kind. */
export class Resources {
  constructor(
    private readonly room: ArmRoom,
    private readonly operations: Operations,
    private readonly kinds: ReadonlyMap<string, ResourceKind>,
    private readonly forgetAssignments: (id: string) => void,
  ) {}

  kindOf(type: string): ResourceKind | undefined {
    return this.kinds.get(type.toLowerCase());
  }

  present(resource: ArmResource): ArmResource {
    return this.kindOf(resource.type)?.present?.(resource) ?? resource;
  }

  async put(
    request: SandboxRequest,
    at: { readonly id: string; readonly name: string },
    kind: ResourceKind,
    caller: Principal,
  ): Promise<SandboxReply> {
    const given = await request.json();
    if (typeof given !== "object" || given === null || Array.isArray(given)) {
      throw makeArmError(
        400,
        "InvalidRequestContent",
        "The request content was invalid and could not be deserialized: an object is expected.",
      );
    }
    const existing = this.room.store.find(at.id);
    const body = structuredClone(
      request.method === "PATCH" && existing !== undefined ? mergePatch(existing, given) : given,
    ) as ArmResource;
    body.properties ??= {};
    checkName(at.name, kind);
    refuseWhileDeleting(existing);
    const location = checkLocation(at, kind, body, existing);
    const identity = this.resolveIdentity(at, body, existing, kind, caller);
    const input: WriteInput = {
      ...at,
      location,
      existing,
      body: {
        ...body,
        ...(location === undefined ? {} : { location }),
        ...(identity ? { identity } : {}),
      },
      requireLinked: (action, scope) => this.requireLinked(caller, kind, at.id, action, scope),
    };
    const properties = await (kind.prepare?.(input) ?? {
      ...existing?.properties,
      ...body.properties,
    });
    const state = kind.write === undefined ? "Succeeded" : kind.write.state;
    const resource = compose(at, kind, input, { ...properties, provisioningState: state });
    this.room.store.save(resource);
    const status = existing === undefined ? 201 : 200;
    const shown = this.present(structuredClone(resource));
    if (kind.write === undefined) return { status, body: shown };
    this.operations.supersede(resource.id);
    const operation = this.operations.begin(
      existing === undefined ? "create" : "update",
      resource.id,
    );
    return {
      // An update in place of a finished resource is answered with 200 and finished by its operation.
      status,
      headers: this.operationHeaders(request, operation, kind.write.how, resource, kind),
      body: shown,
    };
  }

  async delete(request: SandboxRequest, id: string, kind: ResourceKind): Promise<SandboxReply> {
    const existing = this.room.store.find(id);
    if (existing === undefined) return { status: 204 };
    kind.checkDelete?.(existing);
    if (kind.remove === undefined) {
      await this.remove(existing, request);
      return { status: 200 };
    }
    this.room.store.save({
      ...existing,
      properties: { ...existing.properties, provisioningState: "Deleting" },
    });
    this.operations.supersede(existing.id);
    const operation = this.operations.begin("delete", existing.id);
    return {
      status: 202,
      headers: this.operationHeaders(request, operation, kind.remove, existing, kind),
    };
  }

  /** Takes a resource away with everything below it. */
  async remove(resource: ArmResource, request?: SandboxRequest): Promise<void> {
    for (const one of [...this.room.store.below(resource.id), resource]) {
      this.room.store.remove(one.id);
      await this.kindOf(one.type)?.removed?.(one, request);
    }
    this.forgetAssignments(resource.id);
  }

  async settle(operation: OperationRecord): Promise<void> {
    const resource = this.room.store.find(operation.resourceId);
    if (resource === undefined) return;
    if (operation.kind === "delete") await this.remove(resource);
    else {
      this.room.store.save({
        ...resource,
        properties: { ...resource.properties, provisioningState: "Succeeded" },
      });
    }
  }

  requireAction(caller: Principal, action: string, scope: string): void {
    if (this.room.ctx.rbac.allows(caller.objectId, action, scope)) return;
    throw authorizationFailed(caller, action, scope);
  }

  private requireLinked(
    caller: Principal,
    kind: ResourceKind,
    id: string,
    action: string,
    scope: string,
  ): void {
    if (this.room.ctx.rbac.allows(caller.objectId, action, scope)) return;
    throw linkedAuthorizationFailed(caller, `${kind.type}/write`, id, { action, scope });
  }

  private resolveIdentity(
    at: { readonly id: string; readonly name: string },
    body: ArmResource,
    existing: ArmResource | undefined,
    kind: ResourceKind,
    caller: Principal,
  ): ArmResource["identity"] {
    const identity = resolveIdentity(this.room, at, body.identity, existing?.identity);
    const before = Object.keys(existing?.identity?.userAssignedIdentities ?? {}).map((id) =>
      id.toLowerCase(),
    );
    for (const id of Object.keys(identity?.userAssignedIdentities ?? {})) {
      if (before.includes(id.toLowerCase())) continue;
      const action = "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action";
      this.requireLinked(caller, kind, at.id, action, id);
    }
    return identity;
  }

  private operationHeaders(
    request: SandboxRequest,
    operation: OperationRecord,
    how: "Azure-AsyncOperation" | "Location",
    resource: ArmResource,
    kind: ResourceKind,
  ): Record<string, string> {
    const [, , subscription] = resource.id.split("/");
    const namespace = kind.type.split("/")[0];
    const location = resource.location ?? this.room.store.find(groupOf(resource.id))?.location;
    const base = `/subscriptions/${subscription}/providers/${namespace}/locations/${location}`;
    return this.operations.headers(request, operation, how, base);
  }
}

function compose(
  at: { readonly id: string; readonly name: string },
  kind: ResourceKind,
  input: WriteInput,
  properties: Record<string, unknown>,
): ArmResource {
  const { body, existing, location } = input;
  const {
    id: _id,
    name: _name,
    type: _type,
    properties: _properties,
    location: _location,
    tags,
    identity,
    systemData: _systemData,
    etag: _etag,
    ...rest
  } = body;
  return {
    ...rest,
    id: existing?.id ?? at.id,
    name: existing?.name ?? at.name,
    type: kind.type,
    ...(location === undefined ? {} : { location }),
    ...(tags === undefined || tags === null
      ? location === undefined
        ? {}
        : { tags: {} }
      : { tags }),
    ...(identity?.type === undefined || identity.type === "None" ? {} : { identity }),
    properties,
  };
}

function checkName(name: string, kind: ResourceKind): void {
  if (kind.names === undefined || kind.names.pattern.test(name)) return;
  throw makeArmError(
    400,
    "InvalidResourceName",
    `The name '${name}' is not valid for ${kind.type}: it ${kind.names.rule}.`,
  );
}

function refuseWhileDeleting(existing: ArmResource | undefined): void {
  if (existing?.properties["provisioningState"] !== "Deleting") return;
  throw makeArmError(
    409,
    "Conflict",
    `The resource '${existing.id}' is being deleted and cannot be written until that has finished.`,
  );
}

function checkLocation(
  at: { readonly id: string; readonly name: string },
  kind: ResourceKind,
  body: ArmResource,
  existing: ArmResource | undefined,
): string | undefined {
  const given = body.location;
  if (given === undefined || given === "") {
    if (kind.location === "none") return undefined;
    // A child in the parent's place may leave it out; so may an update.
    if (existing?.location !== undefined) return existing.location;
    throw makeArmError(
      400,
      "LocationRequired",
      "The location property is required for this definition.",
    );
  }
  const location = normalizeLocation(given);
  if (location !== "global" && !locations.has(location)) {
    throw makeArmError(
      400,
      "LocationNotAvailableForResourceType",
      `The provided location '${given}' is not available for resource type '${kind.type}'. List of available regions for the resource type is '${[...locations].join(",")}'.`,
    );
  }
  if (existing?.location !== undefined && existing.location !== location) {
    throw makeArmError(
      409,
      "InvalidResourceLocation",
      `The resource '${at.name}' already exists in location '${existing.location}' in resource group '${at.id.split("/")[4]}'. A resource with the same name cannot be created in location '${location}'. Please select a new resource name.`,
    );
  }
  return location;
}

/** RFC 7396. */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const base =
    typeof target === "object" && target !== null && !Array.isArray(target)
      ? { ...(target as Record<string, unknown>) }
      : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete base[key];
    else base[key] = mergePatch(base[key], value);
  }
  return base;
}
