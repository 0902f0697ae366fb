/**
 * What older clients read at `api-version=2015-01-01`. The login endpoint is the one of AD FS: only
 * to that do they go without asking the public cloud first whether it knows the host.
 * https://learn.microsoft.com/azure-stack/user/azure-stack-version-profiles-azurecli2
 */
export function describeCloudOf2015(origin: string): unknown {
  return {
    galleryEndpoint: `${origin}/gallery/`,
    graphEndpoint: `${origin}/`,
    portalEndpoint: `${origin}/portal`,
    authentication: {
      loginEndpoint: `${origin}/adfs`,
      audiences: ["https://management.azure.com/", "https://management.core.windows.net/"],
    },
  };
}

/**
 * What `ARM_METADATA_HOSTNAME` asks for. The data planes live on ports of their own, so the suffixes
 * are `localhost`; clients that need an address take it from the resource.
 */
export function describeCloud(origin: string): unknown {
  const authentication = {
    loginEndpoint: `${origin}/`,
    audiences: ["https://management.core.windows.net/", "https://management.azure.com/"],
    tenant: "common",
    identityProvider: "AAD",
  };
  const suffixes = {
    acrLoginServer: "localhost",
    azureDataLakeAnalyticsCatalogAndJob: "azuredatalakeanalytics.localhost",
    azureDataLakeStoreFileSystem: "azuredatalakestore.localhost",
    azureFrontDoorEndpointSuffix: "azurefd.localhost",
    keyVaultDns: "vault.azure.net",
    attestationEndpoint: "attest.localhost",
    mariadbServerEndpoint: "mariadb.localhost",
    mhsmDns: "managedhsm.azure.net",
    mysqlServerEndpoint: "mysql.localhost",
    postgresqlServerEndpoint: "postgres.localhost",
    sqlServerHostname: "database.localhost",
    storage: "core.windows.net",
    storageSyncEndpointSuffix: "afs.localhost",
    synapseAnalytics: "dev.azuresynapse.net",
  };
  return {
    name: "AzureCloud",
    portal: `${origin}/portal`,
    authentication,
    resourceManager: `${origin}/`,
    media: "https://rest.media.azure.net",
    graph: "https://graph.windows.net/",
    graphAudience: "https://graph.windows.net/",
    microsoftGraphResourceId: "https://graph.microsoft.com/",
    batch: "https://batch.core.windows.net/",
    gallery: `${origin}/gallery/`,
    sqlManagement: "https://management.core.windows.net:8443/",
    vmImageAliasDoc: `${origin}/aliases.json`,
    activeDirectoryDataLake: "https://datalake.azure.net/",
    appInsightsResourceId: "https://api.applicationinsights.io",
    appInsightsTelemetryChannelResourceId: `${origin}/v2/track`,
    attestationResourceId: "https://attest.azure.net",
    // The query service is one of the sandbox's own paths; clients derive it from this.
    logAnalyticsResourceId: origin,
    ossrDbmsResourceId: "https://ossrdbms-aad.database.windows.net",
    synapseAnalyticsResourceId: "https://dev.azuresynapse.net",
    suffixes,
  };
}
