import type { Collection, SandboxReply, SandboxRequest, StateStore } from "../ports.js";
import type { RolePermission } from "../rbac.js";
import { builtInRoles } from "./built-in-roles.js";
import { makeArmError } from "./errors.js";
import { replyWithPage } from "./paging.js";
import { keyOf } from "./path.js";

interface RoleProperties {
  readonly roleName: string;
  readonly description?: string;
  readonly permissions: readonly RolePermission[];
  readonly assignableScopes: readonly string[];
}

interface CustomRole {
  readonly guid: string;
  readonly properties: RoleProperties;
}

export interface PresentedRole {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly properties: RoleProperties & { readonly type: "BuiltInRole" | "CustomRole" };
}

/** Built-in and custom roles: https://learn.microsoft.com/rest/api/authorization/role-definitions */
export class RoleDefinitions {
  private readonly custom: Collection<CustomRole>;

  constructor(
    state: StateStore,
    private readonly subscriptionId: string,
    private readonly isAssigned: (guid: string) => boolean,
  ) {
    this.custom = state.collection("arm.role-definitions");
  }

  async handle(
    request: SandboxRequest,
    scope: string,
    name: string | undefined,
  ): Promise<SandboxReply> {
    if (name === undefined) return replyWithPage(request, this.list(request, scope));
    const found = this.find(name);
    switch (request.method) {
      case "GET":
        if (found === undefined) throw roleNotFound(404, name);
        return { status: 200, body: found };
      case "PUT":
        return this.put(name, await request.json(), scope);
      case "DELETE":
        return this.delete(name, found);
      default:
        throw makeArmError(405, "MethodNotAllowed", `${request.method} is not allowed here.`);
    }
  }

  /** By GUID or by an id that ends in it. */
  find(id: string): PresentedRole | undefined {
    const guid = guidOf(id);
    return this.all().find((one) => one.name === guid);
  }

  findPermissions(id: string): readonly RolePermission[] {
    const guid = guidOf(id);
    const builtIn = builtInRoles.find((role) => role.guid === guid);
    return builtIn === undefined
      ? (this.custom.get(guid)?.properties.permissions ?? [])
      : [builtIn];
  }

  idOf(guid: string): string {
    return `/subscriptions/${this.subscriptionId}/providers/Microsoft.Authorization/roleDefinitions/${guidOf(guid)}`;
  }

  private list(request: SandboxRequest, scope: string): PresentedRole[] {
    const filter = request.query.get("$filter") ?? "";
    const roleName = /roleName eq '((?:[^']|'')*)'/i.exec(filter)?.[1]?.replaceAll("''", "'");
    const type = /type eq '([^']+)'/i.exec(filter)?.[1];
    return this.all()
      .filter((one) => roleName === undefined || one.properties.roleName === roleName)
      .filter((one) => type === undefined || one.properties.type === type)
      .filter(
        (one) =>
          one.properties.type === "BuiltInRole" ||
          one.properties.assignableScopes.some((own) =>
            `${keyOf(scope)}/`.startsWith(`${keyOf(own)}/`),
          ),
      );
  }

  private put(name: string, body: unknown, scope: string): SandboxReply {
    const input = ((body as { properties?: unknown } | undefined)?.properties ??
      {}) as Partial<RoleProperties>;
    if (typeof input.roleName !== "string" || !Array.isArray(input.permissions)) {
      throw makeArmError(
        400,
        "RoleDefinitionInvalid",
        "The role definition needs a roleName and permissions.",
      );
    }
    const guid = name.toLowerCase();
    const isTwin = (one: PresentedRole): boolean =>
      one.properties.roleName === input.roleName && one.name !== guid;
    if (this.all().some(isTwin)) {
      throw makeArmError(
        409,
        "RoleDefinitionWithSameNameExists",
        "A custom role with the same name already exists in this directory. Use a different name.",
      );
    }
    this.custom.set(guid, {
      guid,
      properties: {
        roleName: input.roleName,
        ...(input.description === undefined ? {} : { description: input.description }),
        permissions: input.permissions,
        assignableScopes: input.assignableScopes ?? [scope],
      },
    });
    return { status: 201, body: this.find(guid) };
  }

  private delete(name: string, found: PresentedRole | undefined): SandboxReply {
    if (this.isAssigned(name.toLowerCase())) {
      throw makeArmError(
        400,
        "RoleDefinitionHasAssignments",
        "There are existing role assignments referencing role (code: RoleDefinitionHasAssignments).",
      );
    }
    return this.custom.delete(name.toLowerCase()) ? { status: 200, body: found } : { status: 204 };
  }

  private all(): PresentedRole[] {
    const none = { actions: [], notActions: [], dataActions: [], notDataActions: [] };
    return [
      ...builtInRoles.map(({ guid, name, ...permission }) =>
        this.present(guid, "BuiltInRole", {
          roleName: name,
          description: name,
          permissions: [{ ...none, ...permission }],
          assignableScopes: ["/"],
        }),
      ),
      ...this.custom
        .entries()
        .map(([guid, role]) => this.present(guid, "CustomRole", role.properties)),
    ];
  }

  private present(
    guid: string,
    type: "BuiltInRole" | "CustomRole",
    properties: RoleProperties,
  ): PresentedRole {
    return {
      id: this.idOf(guid),
      name: guid,
      type: "Microsoft.Authorization/roleDefinitions",
      properties: { ...properties, type },
    };
  }
}

export function roleNotFound(status: number, name: string): Error {
  return makeArmError(
    status,
    "RoleDefinitionDoesNotExist",
    `The specified role definition with ID '${dashless(guidOf(name))}' does not exist.`,
  );
}

function guidOf(id: string): string {
  return id.split("/").at(-1)?.toLowerCase() ?? "";
}

/** Azure's messages about roles give GUIDs without dashes. */
export function dashless(guid: string): string {
  return guid.replaceAll("-", "");
}
