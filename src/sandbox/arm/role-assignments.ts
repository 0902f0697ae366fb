import type {
  Collection,
  Principal,
  RbacPort,
  SandboxReply,
  SandboxRequest,
  StateStore,
} from "../ports.js";
import { createRbac, type RoleAssignmentRecord } from "../rbac.js";
import { makeArmError } from "./errors.js";
import { replyWithPage } from "./paging.js";
import { keyOf } from "./path.js";
import { dashless, RoleDefinitions, roleNotFound } from "./role-definitions.js";

interface AssignmentInput {
  readonly roleDefinitionId?: unknown;
  readonly principalId?: unknown;
  readonly principalType?: unknown;
  readonly description?: string;
  readonly condition?: string;
}

export interface AuthorizationOptions {
  readonly state: StateStore;
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly now: () => Date;
  readonly hasPrincipal: (objectId: string) => boolean;
  readonly scopeExists: (scope: string) => boolean;
}

interface AssignmentAddress {
  readonly id: string;
  readonly scope: string;
  readonly name: string;
}

const guidPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const ownerRole = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635";

/** Role assignments at any scope: https://learn.microsoft.com/rest/api/authorization/role-assignments */
export class Authorization {
  private readonly assignments: Collection<RoleAssignmentRecord>;
  readonly definitions: RoleDefinitions;
  readonly rbac: RbacPort;

  constructor(private readonly options: AuthorizationOptions) {
    this.assignments = options.state.collection("arm.role-assignments");
    this.definitions = new RoleDefinitions(options.state, options.subscriptionId, (guid) =>
      this.assignments.entries().some(([, one]) => one.roleDefinitionId.endsWith(`/${guid}`)),
    );
    this.rbac = createRbac({
      assignments: this.assignments,
      findPermissions: (id) => this.definitions.findPermissions(id),
    });
  }

  /** The first principal's right to everything, given outside of Resource Manager. */
  ensureOwner(principalId: string): void {
    const scope = `/subscriptions/${this.options.subscriptionId}`;
    const known = this.assignments
      .entries()
      .some(([, found]) => found.principalId === principalId && found.scope === scope);
    if (known) return;
    const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${principalId}`;
    this.assignments.set(keyOf(id), {
      id,
      name: principalId,
      scope,
      principalId,
      principalType: "ServicePrincipal",
      roleDefinitionId: this.definitions.idOf(ownerRole),
      createdOn: this.options.now().toISOString(),
      createdBy: "",
    });
  }

  /** Whoever has a role on anything in a subscription may see that the subscription is there. */
  hasAnyRole(principalId: string): boolean {
    return this.assignments
      .entries()
      .some(([, one]) => one.principalId.toLowerCase() === principalId.toLowerCase());
  }

  /** Assignments on a resource that goes away go with it. */
  forgetBelow(id: string): void {
    const key = keyOf(id);
    for (const [assignmentKey, assignment] of this.assignments.entries()) {
      const scope = keyOf(assignment.scope);
      if (scope === key || scope.startsWith(`${key}/`)) this.assignments.delete(assignmentKey);
    }
  }

  async handle(
    request: SandboxRequest,
    scope: string,
    name: string | undefined,
    caller: Principal,
  ): Promise<SandboxReply> {
    if (name === undefined) return replyWithPage(request, this.list(request, scope));
    const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    const found = this.assignments.get(keyOf(id));
    switch (request.method) {
      case "GET":
        if (found === undefined) {
          throw makeArmError(
            404,
            "RoleAssignmentNotFound",
            `The role assignment '${name}' is not found.`,
          );
        }
        return { status: 200, body: present(found) };
      case "PUT":
        return this.put({ id, scope, name }, found, await request.json(), caller);
      case "DELETE":
        if (found === undefined) return { status: 204 };
        this.assignments.delete(keyOf(id));
        return { status: 200, body: present(found) };
      default:
        throw makeArmError(405, "MethodNotAllowed", `${request.method} is not allowed here.`);
    }
  }

  private put(
    at: AssignmentAddress,
    found: RoleAssignmentRecord | undefined,
    body: unknown,
    caller: Principal,
  ): SandboxReply {
    const input = ((body as { properties?: unknown } | undefined)?.properties ??
      {}) as AssignmentInput;
    const { roleDefinitionId, principalId } = input;
    if (!guidPattern.test(at.name)) {
      throw makeArmError(
        400,
        "InvalidRoleAssignmentId",
        `The role assignment ID '${at.name}' is not valid. The role assignment ID must be a GUID.`,
      );
    }
    if (typeof roleDefinitionId !== "string" || typeof principalId !== "string") {
      throw makeArmError(
        400,
        "BadRequestFormat",
        "The request was incorrectly formatted: roleDefinitionId and principalId are required.",
      );
    }
    if (!this.options.scopeExists(at.scope)) {
      throw makeArmError(404, "ResourceNotFound", `The scope '${at.scope}' was not found.`);
    }
    if (this.definitions.find(roleDefinitionId) === undefined) {
      throw roleNotFound(400, roleDefinitionId);
    }
    if (!this.options.hasPrincipal(principalId)) {
      throw makeArmError(
        400,
        "PrincipalNotFound",
        `Principal ${dashless(principalId)} does not exist in the directory ${this.options.tenantId}. Check that you have the correct principal ID. If you are creating this principal and then immediately assigning a role, this error might be related to a replication delay. In this case, set the role assignment principalType property to a value, such as ServicePrincipal, User, or Group.`,
      );
    }
    this.checkDuplicate(at, { roleDefinitionId, principalId }, found);
    const record: RoleAssignmentRecord = {
      ...at,
      principalId,
      principalType:
        typeof input.principalType === "string" ? input.principalType : "ServicePrincipal",
      roleDefinitionId: this.definitions.idOf(roleDefinitionId),
      createdOn: found?.createdOn ?? this.options.now().toISOString(),
      createdBy: found?.createdBy ?? caller.objectId,
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.condition === undefined ? {} : { condition: input.condition }),
    };
    this.assignments.set(keyOf(at.id), record);
    return { status: 201, body: present(record) };
  }

  private checkDuplicate(
    at: AssignmentAddress,
    input: { readonly roleDefinitionId: string; readonly principalId: string },
    found: RoleAssignmentRecord | undefined,
  ): void {
    const isSame = (one: RoleAssignmentRecord): boolean =>
      keyOf(one.scope) === keyOf(at.scope) &&
      one.principalId.toLowerCase() === input.principalId.toLowerCase() &&
      one.roleDefinitionId.split("/").at(-1) ===
        input.roleDefinitionId.split("/").at(-1)?.toLowerCase();
    if (found !== undefined && !isSame(found)) {
      throw makeArmError(
        409,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
      );
    }
    if (found !== undefined) return;
    const twin = this.assignments.entries().find(([, one]) => isSame(one))?.[1];
    if (twin === undefined) return;
    throw makeArmError(
      409,
      "RoleAssignmentExists",
      `The role assignment already exists. The ID of the existing role assignment is ${dashless(twin.name)}.`,
    );
  }

  private list(request: SandboxRequest, scope: string): unknown[] {
    const filter = request.query.get("$filter") ?? "";
    const principal = /(?:principalId eq|assignedTo\()\s*'([^']+)'/i.exec(filter)?.[1];
    const onlyAbove = /atScope\(\)/i.test(filter);
    const asked = `${keyOf(scope)}/`;
    return this.assignments
      .entries()
      .map(([, one]) => one)
      .filter((one) => {
        const own = `${keyOf(one.scope)}/`;
        return asked.startsWith(own) || (!onlyAbove && own.startsWith(asked));
      })
      .filter(
        (one) =>
          principal === undefined || one.principalId.toLowerCase() === principal.toLowerCase(),
      )
      .map(present);
  }
}

function present(record: RoleAssignmentRecord): unknown {
  const { id, name, createdOn, createdBy, ...rest } = record;
  return {
    id,
    name,
    type: "Microsoft.Authorization/roleAssignments",
    properties: { ...rest, createdOn, updatedOn: createdOn, createdBy, updatedBy: createdBy },
  };
}
