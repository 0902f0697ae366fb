import type { ArmResource, SandboxReply, SandboxRequest } from "../ports.js";
import { groupNotFound, makeArmError } from "./errors.js";
import { locations, normalizeLocation } from "./locations.js";
import type { Operations } from "./operations.js";
import { replyWithPage } from "./paging.js";
import type { ResourceStore } from "./store.js";
import { groupType } from "./type-names.js";

export interface GroupAddress {
  readonly subscription: string;
  readonly name: string;
  readonly id: string;
}

/** https://learn.microsoft.com/rest/api/resources/resource-groups */
export class Groups {
  constructor(
    private readonly store: ResourceStore,
    private readonly operations: Operations,
  ) {}

  list(request: SandboxRequest, subscription: string): SandboxReply {
    return replyWithPage(request, this.store.list(groupType, `/subscriptions/${subscription}`));
  }

  async handle(request: SandboxRequest, at: GroupAddress): Promise<SandboxReply> {
    const existing = this.store.find(at.id);
    switch (request.method) {
      case "HEAD":
        return { status: existing === undefined ? 404 : 204 };
      case "GET":
        if (existing === undefined) throw groupNotFound(at.name);
        return { status: 200, body: existing };
      case "PUT":
      case "PATCH":
        return this.write(at, existing, request.method, await request.json());
      case "DELETE":
        return this.remove(request, at, existing);
      default:
        throw makeArmError(405, "MethodNotAllowed", `${request.method} is not allowed here.`);
    }
  }

  /** The group that is to hold a resource: it must be there and not on its way out. */
  require(at: GroupAddress): ArmResource {
    const found = this.store.find(at.id);
    if (found === undefined) throw groupNotFound(at.name);
    return found;
  }

  requireWritable(at: GroupAddress): void {
    if (this.require(at).properties["provisioningState"] !== "Deleting") return;
    throw makeArmError(
      409,
      "ResourceGroupBeingDeleted",
      `The resource group '${at.name}' is in deprovisioning state and cannot perform this operation.`,
    );
  }

  private write(
    at: GroupAddress,
    existing: ArmResource | undefined,
    method: string,
    body: unknown,
  ): SandboxReply {
    const given = (body ?? {}) as Partial<ArmResource> & { managedBy?: string };
    if (method === "PATCH" && existing === undefined) throw groupNotFound(at.name);
    if (!/^[-\w.()]{1,90}$/.test(at.name) || at.name.endsWith(".")) {
      throw makeArmError(
        400,
        "InvalidResourceGroupName",
        `The provided resource group name '${at.name}' has these invalid characters or length. The name can be up to 90 letters, digits, underscores, hyphens, periods (not at the end) and parentheses.`,
      );
    }
    const location = given.location ?? existing?.location;
    if (location === undefined || location === "") {
      throw makeArmError(
        400,
        "LocationRequired",
        "The location property is required for this definition.",
      );
    }
    const place = normalizeLocation(location);
    if (!locations.has(place)) {
      throw makeArmError(
        400,
        "LocationNotAvailableForResourceGroup",
        `The provided location '${location}' is not available for resource group. List of available regions is '${[...locations].join(",")}'.`,
      );
    }
    if (existing?.properties["provisioningState"] === "Deleting") this.requireWritable(at);
    if (existing !== undefined && existing.location !== place) {
      throw makeArmError(
        409,
        "InvalidResourceGroupLocation",
        `Invalid resource group location '${place}'. The Resource group already exists in location '${existing.location}'.`,
      );
    }
    const group: ArmResource = {
      id: existing?.id ?? at.id,
      name: existing?.name ?? at.name,
      type: groupType,
      location: place,
      ...(given.tags === undefined
        ? existing?.tags === undefined || method === "PUT"
          ? {}
          : { tags: existing.tags }
        : { tags: given.tags }),
      ...(given.managedBy === undefined ? {} : { managedBy: given.managedBy }),
      properties: { provisioningState: "Succeeded" },
    };
    this.store.save(group);
    return { status: existing === undefined ? 201 : 200, body: group };
  }

  private remove(
    request: SandboxRequest,
    at: GroupAddress,
    existing: ArmResource | undefined,
  ): SandboxReply {
    if (existing === undefined) throw groupNotFound(at.name);
    if (existing.properties["provisioningState"] !== "Deleting") {
      this.store.save({ ...existing, properties: { provisioningState: "Deleting" } });
    }
    const operation = this.operations.begin("delete", existing.id);
    return {
      status: 202,
      headers: this.operations.headers(
        request,
        operation,
        "Location",
        `/subscriptions/${at.subscription}`,
      ),
    };
  }
}
