import type { Principal, SandboxContext, SandboxRequest } from "../ports.js";
import { vaultError } from "./vault-errors.js";
import type { OpenVault, Vaults } from "./vaults.js";

export type SecretOperation =
  | "get"
  | "list"
  | "set"
  | "update"
  | "delete"
  | "readDeleted"
  | "listDeleted"
  | "recover"
  | "purge";

/** Operation → data action: https://learn.microsoft.com/azure/role-based-access-control/permissions/security#microsoftkeyvault */
const dataActions: Readonly<Record<SecretOperation, string>> = {
  get: "getSecret/action",
  list: "readMetadata/action",
  set: "setSecret/action",
  update: "update/action",
  delete: "delete",
  readDeleted: "readMetadata/action",
  listDeleted: "readMetadata/action",
  recover: "recover/action",
  purge: "purge/action",
};

/** Operation → permission of an access policy. */
const policyPermissions: Readonly<Record<SecretOperation, string>> = {
  get: "get",
  list: "list",
  set: "set",
  update: "set",
  delete: "delete",
  readDeleted: "get",
  listDeleted: "list",
  recover: "recover",
  purge: "purge",
};

export function dataActionOf(operation: SecretOperation): string {
  return `Microsoft.KeyVault/vaults/secrets/${dataActions[operation]}`;
}

/**
 * 401 with the challenge that clients read tenant and audience from.
 * https://learn.microsoft.com/azure/key-vault/general/authentication-requests-and-responses
 */
export function authenticateCaller(ctx: SandboxContext, request: SandboxRequest): Principal {
  const challenge = `Bearer authorization="${ctx.origin}/${ctx.entra.tenantId}", resource="https://vault.azure.net"`;
  const refuse = (message: string) =>
    vaultError(401, "Unauthorized", message, { headers: { "WWW-Authenticate": challenge } });
  if (!/^Bearer \S+/i.test(request.headers.authorization ?? "")) {
    throw refuse("AKV10000: Request is missing a Bearer or PoP token.");
  }
  try {
    return ctx.entra.authenticate(request, ["https://vault.azure.net"]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw refuse(`Error validating token: ${reason}`);
  }
}

/** Throws 403 as the vault does, naming caller and action. */
export function authorizeSecret(
  ctx: SandboxContext,
  vaults: Vaults,
  vault: OpenVault,
  principal: Principal,
  operation: SecretOperation,
  secret: string | undefined,
): void {
  const resource = vaults.resource(vault);
  const scope = secret === undefined ? vault.id : `${vault.id}/secrets/${secret}`;
  const caller = `appid=${principal.appId};oid=${principal.objectId};iss=https://sts.windows.net/${principal.tenantId}/`;
  const location = `${vault.name};location=${resource?.location ?? ""}`;
  if (resource?.properties["enableRbacAuthorization"] === false) {
    if (hasPolicy(resource.properties["accessPolicies"], principal, operation)) return;
    throw vaultError(
      403,
      "Forbidden",
      `The user, group or application '${caller}' does not have secrets ${policyPermissions[operation]} permission on key vault '${location}'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287`,
      { innerCode: "ForbiddenByPolicy" },
    );
  }
  const action = dataActionOf(operation);
  if (ctx.rbac.allows(principal.objectId, action, scope, "dataAction")) return;
  throw vaultError(
    403,
    "Forbidden",
    [
      "Caller is not authorized to perform action on resource.",
      "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
      `Caller: ${caller}`,
      `Action: '${action}'`,
      `Resource: '${scope.toLowerCase()}'`,
      "Assignment: (not found)",
      "DenyAssignmentId: null",
      "DecisionReason: 'DeniedWithNoValidRBAC' ",
      `Vault: ${location}`,
      "",
    ].join("\r\n"),
    { innerCode: "ForbiddenByRbac" },
  );
}

function hasPolicy(policies: unknown, principal: Principal, operation: SecretOperation): boolean {
  if (!Array.isArray(policies)) return false;
  return policies.some((policy: unknown) => {
    const { objectId, permissions } = policy as {
      objectId?: string;
      permissions?: { secrets?: string[] };
    };
    const granted = (permissions?.secrets ?? []).map((name) => name.toLowerCase());
    return (
      objectId?.toLowerCase() === principal.objectId.toLowerCase() &&
      (granted.includes("all") || granted.includes(policyPermissions[operation]))
    );
  });
}
