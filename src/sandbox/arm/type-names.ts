/** Types that more than one kind of resource speaks of. */
export const groupType = "Microsoft.Resources/resourceGroups";
export const registryType = "Microsoft.ContainerRegistry/registries";
export const workspaceType = "Microsoft.OperationalInsights/workspaces";
export const identityType = "Microsoft.ManagedIdentity/userAssignedIdentities";
export const federatedType = `${identityType}/federatedIdentityCredentials`;
export const vaultType = "Microsoft.KeyVault/vaults";
export const environmentType = "Microsoft.App/managedEnvironments";
export const jobType = "Microsoft.App/jobs";
export const subnetType = "Microsoft.Network/virtualNetworks/subnets";
