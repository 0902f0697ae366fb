import type { RolePermission } from "../rbac.js";

export interface BuiltInRole extends RolePermission {
  readonly guid: string;
  readonly name: string;
}

const readBasics = [
  "Microsoft.Authorization/*/read",
  "Microsoft.Resources/deployments/*",
  "Microsoft.Resources/subscriptions/resourceGroups/read",
];

const readJobs = [
  "Microsoft.App/jobs/read",
  "Microsoft.App/jobs/*/read",
  "Microsoft.App/managedEnvironments/read",
  "Microsoft.App/managedEnvironments/*/read",
  ...readBasics,
];

/** As much of Azure's built-in roles as this product's resources have to do with: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles */
export const builtInRoles: readonly BuiltInRole[] = [
  { name: "Owner", guid: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", actions: ["*"] },
  {
    name: "Contributor",
    guid: "b24988ac-6180-42a0-ab88-20f7382dd24c",
    actions: ["*"],
    notActions: [
      "Microsoft.Authorization/*/Delete",
      "Microsoft.Authorization/*/Write",
      "Microsoft.Authorization/elevateAccess/Action",
      "Microsoft.Blueprint/blueprintAssignments/write",
      "Microsoft.Blueprint/blueprintAssignments/delete",
      "Microsoft.Compute/galleries/share/action",
      "Microsoft.Purview/consents/write",
      "Microsoft.Purview/consents/delete",
      "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
    ],
  },
  { name: "Reader", guid: "acdd72a7-3385-48ef-bd42-f606fba81ae7", actions: ["*/read"] },
  {
    name: "User Access Administrator",
    guid: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
    actions: ["*/read", "Microsoft.Authorization/*", "Microsoft.Support/*"],
  },
  {
    name: "Role Based Access Control Administrator",
    guid: "f58310d9-a9f6-439a-9e8d-f62e7b41a168",
    actions: [
      "Microsoft.Authorization/roleAssignments/write",
      "Microsoft.Authorization/roleAssignments/delete",
      "*/read",
      "Microsoft.Support/*",
    ],
  },
  {
    name: "AcrPull",
    guid: "7f951dda-4ed3-4680-a7ca-43fe172d538d",
    actions: ["Microsoft.ContainerRegistry/registries/pull/read"],
  },
  {
    name: "AcrPush",
    guid: "8311e382-0749-4cb8-b61a-304f252e45ec",
    actions: [
      "Microsoft.ContainerRegistry/registries/pull/read",
      "Microsoft.ContainerRegistry/registries/push/write",
    ],
  },
  {
    name: "AcrDelete",
    guid: "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
    actions: ["Microsoft.ContainerRegistry/registries/artifacts/delete"],
  },
  {
    name: "Container Registry Tasks Contributor",
    guid: "fb382eab-e894-4461-af04-94435c366c3f",
    actions: [
      "Microsoft.ContainerRegistry/registries/read",
      "Microsoft.ContainerRegistry/registries/agentpools/*",
      "Microsoft.ContainerRegistry/registries/listBuildSourceUploadUrl/action",
      "Microsoft.ContainerRegistry/registries/runs/*",
      "Microsoft.ContainerRegistry/registries/scheduleRun/action",
      "Microsoft.ContainerRegistry/registries/taskruns/*",
      "Microsoft.ContainerRegistry/registries/tasks/*",
      ...readBasics,
    ],
  },
  {
    name: "Key Vault Administrator",
    guid: "00482a5a-887f-4fb3-b363-3b7fe8e74483",
    actions: ["Microsoft.KeyVault/*/read", ...readBasics],
    dataActions: ["Microsoft.KeyVault/vaults/*"],
  },
  {
    name: "Key Vault Contributor",
    guid: "f25e0fa2-a7c8-4377-a976-54943a77a395",
    actions: ["Microsoft.KeyVault/*", ...readBasics],
    notActions: [
      "Microsoft.KeyVault/locations/deletedVaults/purge/action",
      "Microsoft.KeyVault/hsmPools/*",
      "Microsoft.KeyVault/managedHsms/*",
    ],
  },
  {
    name: "Key Vault Reader",
    guid: "21090545-7ca7-4776-b22c-e363652d74d2",
    actions: ["Microsoft.KeyVault/*/read", ...readBasics],
    dataActions: [
      "Microsoft.KeyVault/vaults/*/read",
      "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ],
  },
  {
    name: "Key Vault Secrets Officer",
    guid: "b86a8fe4-44ce-4948-aee5-eccb2c155cd7",
    actions: ["Microsoft.KeyVault/*/read", ...readBasics],
    dataActions: ["Microsoft.KeyVault/vaults/secrets/*"],
  },
  {
    name: "Key Vault Secrets User",
    guid: "4633458b-17de-408a-b874-0445c86b69e6",
    dataActions: [
      "Microsoft.KeyVault/vaults/secrets/getSecret/action",
      "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
    ],
  },
  {
    name: "Log Analytics Reader",
    guid: "73c42c96-874c-492b-b04d-ab87d138a893",
    actions: [
      "*/read",
      "Microsoft.OperationalInsights/workspaces/analytics/query/action",
      "Microsoft.OperationalInsights/workspaces/search/action",
      "Microsoft.Support/*",
    ],
    notActions: ["Microsoft.OperationalInsights/workspaces/sharedKeys/read"],
  },
  {
    name: "Log Analytics Contributor",
    guid: "92aaf0da-9dab-42b6-94a3-d43ce8d16293",
    actions: [
      "*/read",
      "Microsoft.Insights/diagnosticSettings/*",
      "Microsoft.OperationalInsights/*",
      "Microsoft.Resources/deployments/*",
      "Microsoft.Support/*",
    ],
  },
  {
    name: "Monitoring Reader",
    guid: "43d0d8ad-25c7-4714-9337-8ba259a9fe05",
    actions: ["*/read", "Microsoft.OperationalInsights/workspaces/search/action"],
  },
  {
    name: "Monitoring Contributor",
    guid: "749f88d5-cbae-40b8-bcfc-e573ddc772fa",
    actions: [
      "*/read",
      "Microsoft.Insights/*",
      "Microsoft.OperationalInsights/workspaces/write",
      "Microsoft.OperationalInsights/workspaces/search/action",
      "Microsoft.OperationalInsights/workspaces/sharedKeys/action",
    ],
  },
  {
    name: "Managed Identity Operator",
    guid: "f1a07417-d97a-45cb-824c-7a7467783830",
    actions: [
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/assign/action",
      "Microsoft.ManagedIdentity/userAssignedIdentities/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action",
      ...readBasics,
    ],
  },
  {
    name: "Managed Identity Contributor",
    guid: "e40ec5ca-96e0-45a2-b4ff-59039f2c2b59",
    actions: [
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/write",
      "Microsoft.ManagedIdentity/userAssignedIdentities/*/delete",
      "Microsoft.ManagedIdentity/userAssignedIdentities/read",
      "Microsoft.ManagedIdentity/userAssignedIdentities/write",
      "Microsoft.ManagedIdentity/userAssignedIdentities/delete",
      ...readBasics,
    ],
  },
  {
    name: "Network Contributor",
    guid: "4d97b98b-1d4f-4787-a291-c67834d212e7",
    actions: ["Microsoft.Network/*", ...readBasics],
  },
  {
    name: "Storage Blob Data Owner",
    guid: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
    dataActions: ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
  },
  {
    name: "Storage Blob Data Contributor",
    guid: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
    dataActions: [
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
      "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
    ],
  },
  {
    name: "Storage Blob Data Reader",
    guid: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
    dataActions: ["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
  },
  {
    name: "Container Apps Jobs Operator",
    guid: "b9a307c4-5aa3-4b52-ba60-2b17c136cd7b",
    actions: [
      ...readJobs,
      "Microsoft.App/jobs/*/action",
      "Microsoft.App/managedEnvironments/join/action",
    ],
  },
  {
    name: "Container Apps Jobs Contributor",
    guid: "4e3d2b60-56ae-4dc6-a233-09c8e5a82e68",
    actions: [
      ...readJobs,
      "Microsoft.App/jobs/write",
      "Microsoft.App/jobs/delete",
      "Microsoft.App/jobs/*/write",
      "Microsoft.App/jobs/*/delete",
      "Microsoft.App/jobs/*/action",
      "Microsoft.App/managedEnvironments/join/action",
    ],
  },
  {
    name: "Container Apps Jobs Reader",
    guid: "edd66693-d32a-450b-997d-0158c03976b0",
    actions: readJobs,
  },
];
