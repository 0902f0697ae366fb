import { cloudMetadataUnusable, cloudUnknown } from "../errors/catalogue/azure.js";
import type { AzureEndpoints } from "./connection.js";
import { createHttpSender, type HttpSender } from "./http.js";

/** Microsoft's own clouds: https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure#guidance-for-developers */
const clouds = {
  public: {
    resourceManager: "https://management.azure.com",
    resourceManagerAudience: "https://management.azure.com",
    authorityHost: "https://login.microsoftonline.com",
    keyVaultAudience: "https://vault.azure.net",
    keyVaultDnsSuffix: "vault.azure.net",
    registryAudience: "https://management.azure.com",
    registrySuffix: "azurecr.io",
    logAnalytics: "https://api.loganalytics.io/v1",
    logAnalyticsAudience: "https://api.loganalytics.io",
  },
  usgovernment: {
    resourceManager: "https://management.usgovcloudapi.net",
    resourceManagerAudience: "https://management.usgovcloudapi.net",
    authorityHost: "https://login.microsoftonline.us",
    keyVaultAudience: "https://vault.usgovcloudapi.net",
    keyVaultDnsSuffix: "vault.usgovcloudapi.net",
    registryAudience: "https://management.usgovcloudapi.net",
    registrySuffix: "azurecr.us",
    logAnalytics: "https://api.loganalytics.us/v1",
    logAnalyticsAudience: "https://api.loganalytics.us",
  },
  china: {
    resourceManager: "https://management.chinacloudapi.cn",
    resourceManagerAudience: "https://management.chinacloudapi.cn",
    authorityHost: "https://login.chinacloudapi.cn",
    keyVaultAudience: "https://vault.azure.cn",
    keyVaultDnsSuffix: "vault.azure.cn",
    registryAudience: "https://management.chinacloudapi.cn",
    registrySuffix: "azurecr.cn",
    logAnalytics: "https://api.loganalytics.azure.cn/v1",
    logAnalyticsAudience: "https://api.loganalytics.azure.cn",
  },
} as const satisfies Record<string, AzureEndpoints>;

/** Names under which Terraform, the Azure CLI and the SDKs know the same clouds. */
const aliases: Readonly<Record<string, keyof typeof clouds>> = {
  public: "public",
  azurecloud: "public",
  azurepubliccloud: "public",
  usgovernment: "usgovernment",
  usgovernmentcloud: "usgovernment",
  azureusgovernment: "usgovernment",
  azureusgovernmentcloud: "usgovernment",
  china: "china",
  chinacloud: "china",
  azurechinacloud: "china",
};

export interface EndpointOptions {
  /** `host` or `host:port` of a cloud's own description (ARM_METADATA_HOSTNAME). */
  readonly metadataHost?: string | undefined;
  /** Name of a known cloud (AZURE_CLOUD or ARM_ENVIRONMENT). Default: public. */
  readonly cloudName?: string | undefined;
  readonly ca?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** For tests. */
  readonly send?: HttpSender;
}

export interface ResolvedEndpoints {
  readonly endpoints: AzureEndpoints;
  /** Whether the cloud is none of Microsoft's. */
  readonly custom: boolean;
}

export async function resolveEndpoints(options: EndpointOptions): Promise<ResolvedEndpoints> {
  if (options.metadataHost !== undefined && options.metadataHost !== "") {
    return fetchEndpoints(options.metadataHost, options);
  }
  const name = options.cloudName ?? "public";
  const cloud = aliases[name.toLowerCase()];
  if (cloud === undefined) throw cloudUnknown(name, Object.keys(clouds));
  return { endpoints: clouds[cloud], custom: false };
}

async function fetchEndpoints(
  metadataHost: string,
  options: EndpointOptions,
): Promise<ResolvedEndpoints> {
  const host = metadataHost.replace(/^https:\/\//, "").replace(/\/+$/, "");
  const known = Object.values(clouds).find(
    (cloud) => cloud.resourceManager === `https://${host.toLowerCase()}`,
  );
  // One of Microsoft's own: the table says more than its description does.
  if (known !== undefined) return { endpoints: known, custom: false };

  const send =
    options.send ?? createHttpSender({ ...(options.ca === undefined ? {} : { ca: options.ca }) });
  const url = `https://${host}/metadata/endpoints?api-version=2022-09-01`;
  let response;
  try {
    response = await send({ method: "GET", url, signal: options.signal });
  } catch (error) {
    throw cloudMetadataUnusable(host, "it could not be reached", error);
  }
  if (response.status !== 200) {
    throw cloudMetadataUnusable(host, `it answered with HTTP ${response.status}`);
  }
  return { endpoints: readMetadata(host, parseJson(host, response.text)), custom: true };
}

function parseJson(host: string, text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    // Older versions of the description are a list of clouds.
    return Array.isArray(body) ? body[0] : body;
  } catch (error) {
    throw cloudMetadataUnusable(host, "it is not JSON", error);
  }
}

function readMetadata(host: string, body: unknown): AzureEndpoints {
  const text = (...path: string[]): string | undefined => {
    let value: unknown = body;
    for (const key of path) {
      value =
        typeof value === "object" && value !== null
          ? (value as Record<string, unknown>)[key]
          : undefined;
    }
    return typeof value === "string" && value !== "" ? value.replace(/\/+$/, "") : undefined;
  };
  const need = (...path: string[]): string => {
    const value = text(...path);
    if (value === undefined) throw cloudMetadataUnusable(host, `${path.join(".")} is missing`);
    return value;
  };
  const resourceManager = need("resourceManager");
  const audience = text("authentication", "audiences", "0") ?? resourceManager;
  const keyVaultDnsSuffix =
    text("suffixes", "keyVaultDns")?.replace(/^\./, "") ?? "vault.azure.net";
  const logAnalytics = text("logAnalyticsResourceId") ?? "https://api.loganalytics.io";
  return {
    resourceManager,
    resourceManagerAudience: audience,
    authorityHost: need("authentication", "loginEndpoint"),
    keyVaultAudience: `https://${keyVaultDnsSuffix}`,
    keyVaultDnsSuffix,
    registryAudience: audience,
    registrySuffix: text("suffixes", "acrLoginServer")?.replace(/^\./, "") ?? "azurecr.io",
    logAnalytics: `${logAnalytics}/v1`,
    logAnalyticsAudience: logAnalytics,
  };
}
