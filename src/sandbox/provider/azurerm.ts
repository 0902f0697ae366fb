import { ArmClient } from "./arm/client.js";
import { openArmConnection } from "./arm/connection.js";
import { registerResourceProviders } from "./arm/registration.js";
import { TokenSource } from "./arm/token.js";
import { createContext } from "./engine/context.js";
import type { DataModel, ResourceModel } from "./engine/model.js";
import type { ProviderDefinition } from "./engine/provider.js";
import { HttpClient } from "./http/client.js";
import { containerAppEnvironment } from "./resources/container-app-environment.js";
import { containerAppJob } from "./resources/container-app-job.js";
import { containerRegistry } from "./resources/container-registry.js";
import { containerRegistryTask } from "./resources/container-registry-task.js";
import { containerRegistryTaskRun } from "./resources/container-registry-task-run.js";
import { clientConfig, subscription } from "./resources/data-client.js";
import { defineExisting } from "./resources/data-existing.js";
import { roleDefinitionData } from "./resources/data-role-definition.js";
import { keyVault } from "./resources/key-vault.js";
import { logAnalyticsWorkspace } from "./resources/log-analytics-workspace.js";
import { monitorDiagnosticSetting } from "./resources/monitor-diagnostic-setting.js";
import { natGateway, publicIp, subnet, virtualNetwork } from "./resources/network.js";
import {
  natGatewayPublicIp,
  subnetNatGateway,
  subnetSecurityGroup,
} from "./resources/network-association.js";
import { networkSecurityGroup, networkSecurityRule } from "./resources/network-security-group.js";
import { resourceGroup } from "./resources/resource-group.js";
import { roleAssignment } from "./resources/role-assignment.js";
import { roleDefinition } from "./resources/role-definition.js";
import { scheduledQueryRule } from "./resources/scheduled-query-rule.js";
import {
  federatedIdentityCredential,
  userAssignedIdentity,
} from "./resources/user-assigned-identity.js";
import { loadProviderSchema } from "./schema/load.js";
import type { ProviderSchema } from "./schema/types.js";

export function defineAzurerm(): ProviderDefinition {
  const schema = loadProviderSchema("azurerm");
  return {
    name: "azurerm",
    schema,
    legacyTypes: true,
    resources: [
      containerAppEnvironment,
      containerAppJob,
      containerRegistry,
      containerRegistryTask,
      containerRegistryTaskRun,
      federatedIdentityCredential,
      keyVault,
      logAnalyticsWorkspace,
      monitorDiagnosticSetting,
      natGateway,
      natGatewayPublicIp,
      networkSecurityGroup,
      networkSecurityRule,
      publicIp,
      resourceGroup,
      roleAssignment,
      roleDefinition,
      scheduledQueryRule,
      subnet,
      subnetNatGateway,
      subnetSecurityGroup,
      userAssignedIdentity,
      virtualNetwork,
    ],
    data: [clientConfig, subscription, roleDefinitionData, ...existing(schema)],
    validate: (settings) =>
      !settings.has("features")
        ? [{ path: ["features"], message: 'At least 1 "features" block is required.' }]
        : [],
    async connect(settings, life) {
      const http = new HttpClient(life);
      const connection = await openArmConnection(settings, http);
      const arm = new ArmClient(connection, new TokenSource(connection, http), http);
      // A wrong secret is better told once, here, than by every resource.
      await arm.claims();
      await registerResourceProviders(arm, settings);
      return createContext(settings, life, { arm });
    },
  };
}

const group = "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers";

function existing(schema: ProviderSchema): DataModel[] {
  const define = (model: ResourceModel, label: string, id: string): DataModel => {
    const data = schema.data_source_schemas[model.type];
    if (data === undefined) throw new Error(`no data source ${model.type}`);
    return defineExisting(model, label, id, data.block);
  };
  return [
    define(resourceGroup, "Resource Group", "/subscriptions/{subscription}/resourceGroups/{name}"),
    define(
      containerRegistry,
      "Container Registry",
      `${group}/Microsoft.ContainerRegistry/registries/{name}`,
    ),
    define(keyVault, "Key Vault", `${group}/Microsoft.KeyVault/vaults/{name}`),
    define(
      userAssignedIdentity,
      "User Assigned Identity",
      `${group}/Microsoft.ManagedIdentity/userAssignedIdentities/{name}`,
    ),
    define(
      logAnalyticsWorkspace,
      "Log Analytics Workspace",
      `${group}/Microsoft.OperationalInsights/workspaces/{name}`,
    ),
    define(virtualNetwork, "Virtual Network", `${group}/Microsoft.Network/virtualNetworks/{name}`),
    define(
      subnet,
      "Subnet",
      `${group}/Microsoft.Network/virtualNetworks/{virtual_network_name}/subnets/{name}`,
    ),
    define(
      containerAppEnvironment,
      "Container App Environment",
      `${group}/Microsoft.App/managedEnvironments/{name}`,
    ),
  ];
}
