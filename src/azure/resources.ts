import { createArmReader } from "./arm-reader.js";
import type { AzureConnection } from "./connection.js";

export interface RegistryView {
  readonly id: string;
  readonly loginServer: string;
}

export interface VaultView {
  readonly id: string;
  /** With a slash at the end, as Azure gives it. */
  readonly vaultUri: string;
}

export interface WorkspaceView {
  readonly id: string;
  /** What queries are addressed to. */
  readonly customerId: string;
}

export interface IdentityView {
  readonly id: string;
  readonly clientId: string;
  readonly principalId: string;
}

export interface EnvironmentView {
  readonly id: string;
  readonly provisioningState: string;
}

/** Reads of the resources that a deployment made; undefined when one is not there. */
export interface ResourceReader {
  findRegistry(resourceGroup: string, name: string): Promise<RegistryView | undefined>;
  findVault(resourceGroup: string, name: string): Promise<VaultView | undefined>;
  findWorkspace(resourceGroup: string, name: string): Promise<WorkspaceView | undefined>;
  findIdentity(resourceGroup: string, name: string): Promise<IdentityView | undefined>;
  findEnvironment(resourceGroup: string, name: string): Promise<EnvironmentView | undefined>;
  resourceGroupExists(name: string): Promise<boolean>;
}

/** The two or three fields that matter of each. */
export function createResourceReader(connection: AzureConnection): ResourceReader {
  const { get } = createArmReader(connection);

  const idOf = (resourceGroup: string, type: string, name: string): string =>
    `/subscriptions/${connection.subscriptionId}/resourceGroups/${resourceGroup}/providers/${type}/${name}`;

  async function find(
    resourceGroup: string,
    type: string,
    name: string,
    apiVersion: string,
  ): Promise<{ id: string; property(key: string): string } | undefined> {
    const id = idOf(resourceGroup, type, name);
    const body = (await get(id, apiVersion)) as
      { id?: string; properties?: Record<string, unknown> } | undefined;
    if (body === undefined) return undefined;
    return {
      id: body.id ?? id,
      property: (key) => {
        const value = body.properties?.[key];
        return typeof value === "string" ? value : "";
      },
    };
  }

  return {
    async findRegistry(resourceGroup, name) {
      const type = "Microsoft.ContainerRegistry/registries";
      const found = await find(resourceGroup, type, name, "2025-04-01");
      return found && { id: found.id, loginServer: found.property("loginServer") };
    },
    async findVault(resourceGroup, name) {
      const found = await find(resourceGroup, "Microsoft.KeyVault/vaults", name, "2023-02-01");
      if (found === undefined) return undefined;
      const uri = found.property("vaultUri");
      return { id: found.id, vaultUri: uri.endsWith("/") ? uri : `${uri}/` };
    },
    async findWorkspace(resourceGroup, name) {
      const type = "Microsoft.OperationalInsights/workspaces";
      const found = await find(resourceGroup, type, name, "2022-10-01");
      return found && { id: found.id, customerId: found.property("customerId") };
    },
    async findIdentity(resourceGroup, name) {
      const type = "Microsoft.ManagedIdentity/userAssignedIdentities";
      const found = await find(resourceGroup, type, name, "2024-11-30");
      return (
        found && {
          id: found.id,
          clientId: found.property("clientId"),
          principalId: found.property("principalId"),
        }
      );
    },
    async findEnvironment(resourceGroup, name) {
      const found = await find(
        resourceGroup,
        "Microsoft.App/managedEnvironments",
        name,
        "2025-07-01",
      );
      return found && { id: found.id, provisioningState: found.property("provisioningState") };
    },
    async resourceGroupExists(name) {
      const id = `/subscriptions/${connection.subscriptionId}/resourceGroups/${name}`;
      return (await get(id, "2023-07-01")) !== undefined;
    },
  };
}
