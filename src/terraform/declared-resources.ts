import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Azure's name for the types that the stacks declare; others are not found by listing a group. */
const armTypes: Readonly<Record<string, string>> = {
  azurerm_resource_group: "Microsoft.Resources/resourceGroups",
  azurerm_container_registry: "Microsoft.ContainerRegistry/registries",
  azurerm_key_vault: "Microsoft.KeyVault/vaults",
  azurerm_log_analytics_workspace: "Microsoft.OperationalInsights/workspaces",
  azurerm_user_assigned_identity: "Microsoft.ManagedIdentity/userAssignedIdentities",
  azurerm_container_app_environment: "Microsoft.App/managedEnvironments",
  azurerm_container_app_job: "Microsoft.App/jobs",
};

export interface DeclaredResource {
  /** `azurerm_key_vault.vault` */
  readonly address: string;
  /** `Microsoft.KeyVault/vaults` */
  readonly armType: string;
  readonly name: string;
}

/** What a synthesized stack declares under a name that is known before it is applied. */
export function listDeclaredResources(directory: string): readonly DeclaredResource[] {
  const stack = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as {
    resource?: Record<string, Record<string, { name?: unknown }>>;
  };
  return Object.entries(stack.resource ?? {}).flatMap(([type, resources]) => {
    const armType = armTypes[type];
    if (armType === undefined) return [];
    return Object.entries(resources).flatMap(([id, { name }]) =>
      typeof name === "string" && !name.includes("${")
        ? [{ address: `${type}.${id}`, armType, name }]
        : [],
    );
  });
}
