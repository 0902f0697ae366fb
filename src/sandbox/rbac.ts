import type { Collection, RbacPort } from "./ports.js";

export interface RolePermission {
  readonly actions?: readonly string[];
  readonly notActions?: readonly string[];
  readonly dataActions?: readonly string[];
  readonly notDataActions?: readonly string[];
}

export interface RoleAssignmentRecord {
  readonly id: string;
  readonly name: string;
  readonly scope: string;
  readonly principalId: string;
  readonly principalType: string;
  readonly roleDefinitionId: string;
  readonly createdOn: string;
  readonly createdBy: string;
  readonly description?: string;
  readonly condition?: string;
}

export interface RbacSources {
  readonly assignments: Collection<RoleAssignmentRecord>;
  readonly findPermissions: (roleDefinitionId: string) => readonly RolePermission[];
}

/**
 * Evaluates role assignments: a permission holds when one assignment at the scope or above grants it
 * and the same role does not take it out again.
 * https://learn.microsoft.com/azure/role-based-access-control/overview
 */
export function createRbac(sources: RbacSources): RbacPort {
  return {
    allows(principalId, action, scope, kind = "action") {
      for (const [, assignment] of sources.assignments.entries()) {
        if (assignment.principalId.toLowerCase() !== principalId.toLowerCase()) continue;
        if (!covers(assignment.scope, scope)) continue;
        const permissions = sources.findPermissions(assignment.roleDefinitionId);
        if (permissions.some((permission) => grants(permission, action, kind))) return true;
      }
      return false;
    },
  };
}

function covers(assigned: string, asked: string): boolean {
  const above = assigned.toLowerCase().replace(/\/+$/, "");
  const below = asked.toLowerCase().replace(/\/+$/, "");
  return below === above || below.startsWith(`${above}/`);
}

function grants(
  permission: RolePermission,
  action: string,
  kind: "action" | "dataAction",
): boolean {
  const [allowed, taken] =
    kind === "action"
      ? [permission.actions, permission.notActions]
      : [permission.dataActions, permission.notDataActions];
  return matchesAny(allowed, action) && !matchesAny(taken, action);
}

function matchesAny(patterns: readonly string[] | undefined, action: string): boolean {
  return (patterns ?? []).some((pattern) => toExpression(pattern).test(action));
}

function toExpression(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "i");
}
