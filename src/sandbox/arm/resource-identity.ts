import { randomUUID } from "node:crypto";
import type { ArmResource } from "../ports.js";
import { makeArmError } from "./errors.js";
import type { ArmRoom } from "./kind.js";
import { identityType } from "./type-names.js";

type Identity = NonNullable<ArmResource["identity"]>;

/** Completes `identity` as Azure does: ids of the assigned ones, a principal for the system's own. */
export function resolveIdentity(
  room: ArmRoom,
  resource: { readonly id: string; readonly name: string },
  given: Partial<Identity> | undefined,
  existing: Identity | undefined,
): Identity | undefined {
  if (given?.type === undefined || given.type === "" || given.type === "None") return undefined;
  const assigned: NonNullable<Identity["userAssignedIdentities"]> = {};
  for (const id of Object.keys(given.userAssignedIdentities ?? {})) {
    const identity = room.store.find(id);
    if (identity === undefined || identity.type !== identityType) {
      throw makeArmError(
        400,
        "FailedIdentityOperation",
        `Identity operation for resource '${resource.id}' failed with error 'Failed to perform resource identity operation. Status: 'BadRequest'. Response: the identity '${id}' does not exist.'.`,
      );
    }
    assigned[id] = {
      clientId: String(identity.properties["clientId"]),
      principalId: String(identity.properties["principalId"]),
    };
  }
  if (/UserAssigned/i.test(given.type) && Object.keys(assigned).length === 0) {
    throw makeArmError(
      400,
      "InvalidIdentityValues",
      "The identity ids must not be null or empty for 'UserAssigned' identity type.",
    );
  }
  const system = /SystemAssigned/i.test(given.type);
  const principalId = system ? (existing?.principalId ?? randomUUID()) : undefined;
  if (principalId !== undefined && existing?.principalId === undefined) {
    const appId = randomUUID();
    room.registerPrincipal({ objectId: principalId, appId, displayName: resource.name });
  }
  return {
    type: given.type,
    ...(principalId === undefined ? {} : { principalId, tenantId: room.tenantId }),
    ...(Object.keys(assigned).length === 0 ? {} : { userAssignedIdentities: assigned }),
  };
}
