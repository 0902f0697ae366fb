import { makeArmError } from "../errors.js";
import type { ArmResource, Collection, SandboxReply, SandboxRequest } from "../../ports.js";
import type { ArmRoom, ResourceKind } from "../kind.js";
import { vaultType } from "../type-names.js";

export const vaultNames = {
  pattern: /^(?=.{3,24}$)[A-Za-z](?:-?[A-Za-z0-9])*$/,
  rule: "must be 3 to 24 letters, digits and hyphens, begin with a letter, end with a letter or digit and have no two hyphens in a row",
};

export interface DeletedVault {
  readonly resource: ArmResource;
  readonly deletionDate: string;
  readonly scheduledPurgeDate: string;
}

const day = 24 * 60 * 60 * 1000;

/** By name: names are unique in all of Azure, also while deleted. */
export function deletedVaults(room: ArmRoom): Collection<DeletedVault> {
  return room.ctx.state.collection("arm.deleted-vaults");
}

/** https://learn.microsoft.com/rest/api/keyvault/keyvault/vaults */
export function defineVault(room: ArmRoom): ResourceKind[] {
  const { ctx } = room;
  const vault: ResourceKind = {
    type: vaultType,
    location: "required",
    names: vaultNames,
    async prepare({ id, name, body, existing }) {
      const { createMode, ...properties } = body.properties;
      checkProperties(properties);
      const removed = deletedVaults(room).get(name.toLowerCase());
      const recovers = String(createMode).toLowerCase() === "recover";
      if (existing === undefined && removed !== undefined && !recovers) {
        throw makeArmError(
          409,
          "ConflictError",
          `A vault with the same name already exists in deleted state. You need to either recover or purge existing key vault. Follow this link https://go.microsoft.com/fwlink/?linkid=2149745 for more information on soft delete.`,
        );
      }
      if (existing === undefined && removed === undefined && isNameTaken(room, name)) {
        throw makeArmError(
          409,
          "VaultAlreadyExists",
          `The vault name '${name}' is already in use. Vault names are globally unique so it is possible that the name is already taken.`,
        );
      }
      if (
        existing?.properties["enablePurgeProtection"] === true &&
        properties["enablePurgeProtection"] === false
      ) {
        throw makeArmError(
          400,
          "BadRequest",
          `The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is an irreversible action.`,
        );
      }
      deletedVaults(room).delete(name.toLowerCase());
      const before = existing ?? (recovers ? removed?.resource : undefined);
      const complete = {
        accessPolicies: [],
        enabledForDeployment: false,
        enableSoftDelete: true,
        softDeleteRetentionInDays: 90,
        enableRbacAuthorization: false,
        publicNetworkAccess: "Enabled",
        ...before?.properties,
        ...properties,
      };
      const vaultUri = await ctx.vault.open({ ...body, id, name, properties: complete });
      return { ...complete, vaultUri };
    },
    // Its secrets stay until it is purged; with its role assignments gone, nobody reaches them.
    removed(resource) {
      const now = ctx.clock.now().getTime();
      const days = Number(resource.properties["softDeleteRetentionInDays"] ?? 90);
      deletedVaults(room).set(resource.name.toLowerCase(), {
        resource,
        deletionDate: new Date(now).toISOString(),
        scheduledPurgeDate: new Date(now + days * day).toISOString(),
      });
    },
    async reopen(resource) {
      const vaultUri = await ctx.vault.open(resource);
      return { ...resource, properties: { ...resource.properties, vaultUri } };
    },
  };
  return [
    vault,
    { type: `${vaultType}/accessPolicies`, location: "none" },
    { type: `${vaultType}/privateEndpointConnections`, location: "none" },
  ];
}

function checkProperties(properties: Record<string, unknown>): void {
  const sku = properties["sku"] as { family?: unknown; name?: unknown } | undefined;
  if (
    typeof properties["tenantId"] !== "string" ||
    !/^(standard|premium)$/i.test(String(sku?.name))
  ) {
    throw makeArmError(
      400,
      "BadRequest",
      "The parameters tenantId and sku (family A; name standard or premium) are required for a vault.",
    );
  }
  const days = properties["softDeleteRetentionInDays"];
  if (days !== undefined && !(typeof days === "number" && days >= 7 && days <= 90)) {
    throw makeArmError(
      400,
      "BadRequest",
      "The property softDeleteRetentionInDays must be between 7 and 90 days.",
    );
  }
}

function isNameTaken(room: ArmRoom, name: string): boolean {
  return (
    room.isTaken(vaultType, name) ||
    room.store.list(vaultType).some((one) => one.name.toLowerCase() === name.toLowerCase())
  );
}

/** `…/providers/Microsoft.KeyVault/[locations/{loc}/]deletedVaults[/{name}[/purge]]` */
export function findDeletedVault(room: ArmRoom, subscription: string, name: string): DeletedVault {
  const found = deletedVaults(room).get(name.toLowerCase());
  if (found !== undefined) return found;
  throw makeArmError(
    404,
    "DeletedVaultNotFound",
    `The specified deleted vault '${name}' does not exist in subscription '${subscription}'.`,
  );
}

export function presentDeletedVault(found: DeletedVault, subscription: string): unknown {
  const { resource } = found;
  return {
    id: `/subscriptions/${subscription}/providers/Microsoft.KeyVault/locations/${resource.location}/deletedVaults/${resource.name}`,
    name: resource.name,
    type: "Microsoft.KeyVault/deletedVaults",
    properties: {
      vaultId: resource.id,
      location: resource.location,
      tags: resource.tags ?? {},
      deletionDate: found.deletionDate,
      scheduledPurgeDate: found.scheduledPurgeDate,
      ...(resource.properties["enablePurgeProtection"] === true
        ? { purgeProtectionEnabled: true }
        : {}),
    },
  };
}

export function checkPurge(found: DeletedVault): void {
  if (found.resource.properties["enablePurgeProtection"] !== true) return;
  throw makeArmError(
    403,
    "OperationNotAllowed",
    `Operation 'PurgeDeletedVault' is not allowed: the vault '${found.resource.name}' has purge protection enabled.`,
  );
}

export async function checkVaultName(
  room: ArmRoom,
  request: SandboxRequest,
): Promise<SandboxReply> {
  const { name = "" } = ((await request.json()) ?? {}) as { name?: string };
  if (!vaultNames.pattern.test(name)) {
    return {
      status: 200,
      body: {
        nameAvailable: false,
        reason: "AccountNameInvalid",
        message: `The vault name '${name}' ${vaultNames.rule}.`,
      },
    };
  }
  if (isNameTaken(room, name) || deletedVaults(room).get(name.toLowerCase()) !== undefined) {
    return {
      status: 200,
      body: {
        nameAvailable: false,
        reason: "AlreadyExists",
        message: `The vault name '${name}' is already in use.`,
      },
    };
  }
  return { status: 200, body: { nameAvailable: true } };
}
