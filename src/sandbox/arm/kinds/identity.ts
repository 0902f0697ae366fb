import { randomUUID } from "node:crypto";
import { makeArmError } from "../errors.js";
import type { ArmRoom, ResourceKind } from "../kind.js";
import { federatedType, identityType } from "../type-names.js";

/** https://learn.microsoft.com/rest/api/managedidentity/user-assigned-identities */
export function defineIdentity(room: ArmRoom): ResourceKind[] {
  /** Writes to the federated credentials of one identity that are under way. */
  const busy = new Set<string>();
  const identity: ResourceKind = {
    type: identityType,
    location: "required",
    names: {
      pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/,
      rule: "must be 3 to 128 letters, digits, - and _, and start with a letter or digit",
    },
    prepare({ name, existing }) {
      const properties = {
        tenantId: room.tenantId,
        principalId: existing?.properties["principalId"] ?? randomUUID(),
        clientId: existing?.properties["clientId"] ?? randomUUID(),
        isolationScope: "None",
      };
      room.registerPrincipal({
        objectId: String(properties.principalId),
        appId: String(properties.clientId),
        displayName: name,
      });
      return properties;
    },
    removed: (resource) => room.forgetPrincipal(String(resource.properties["principalId"])),
  };
  const federated: ResourceKind = {
    type: federatedType,
    location: "none",
    names: {
      pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{2,119}$/,
      rule: "must be 3 to 120 letters, digits, - and _, and start with a letter or digit",
    },
    async prepare({ id, body }) {
      const { issuer, subject, audiences } = body.properties;
      if (
        typeof issuer !== "string" ||
        typeof subject !== "string" ||
        !Array.isArray(audiences) ||
        audiences.length === 0
      ) {
        throw makeArmError(
          400,
          "BadRequest",
          "A federated identity credential needs an issuer, a subject and an audience.",
        );
      }
      const parent = id.split("/").slice(0, 9).join("/").toLowerCase();
      const twin = room.store
        .list(federatedType, parent)
        .find(
          (one) =>
            one.id.toLowerCase() !== id.toLowerCase() &&
            one.properties["issuer"] === issuer &&
            one.properties["subject"] === subject,
        );
      if (twin !== undefined) {
        throw makeArmError(
          409,
          "Conflict",
          "Issuer and subject combination already exists for this Managed Identity.",
        );
      }
      await holdAlone(busy, parent);
      return { issuer, subject, audiences };
    },
  };
  return [identity, federated];
}

/**
 * A second write that comes while one is under way is refused.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations#concurrent-updates-arent-supported-user-assigned-managed-identities
 */
async function holdAlone(busy: Set<string>, parent: string): Promise<void> {
  if (busy.has(parent)) {
    throw makeArmError(
      409,
      "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
      "Too many Federated Identity Credentials are written concurrently for the managed identity. Concurrent writes are not supported.",
    );
  }
  busy.add(parent);
  // Long enough for a write sent at the same time to meet this one.
  await new Promise((resolve) => setTimeout(resolve, 50));
  busy.delete(parent);
}
