import type { TokenCredential } from "@azure/identity";
import type { Emit } from "../output/events.js";

/** Where a cloud's services are and for whom its tokens are made. No address ends in a slash. */
export interface AzureEndpoints {
  readonly resourceManager: string;
  readonly resourceManagerAudience: string;
  readonly authorityHost: string;
  readonly keyVaultAudience: string;
  readonly keyVaultDnsSuffix: string;
  readonly registryAudience: string;
  readonly registrySuffix: string;
  /** With the API version: `https://api.loganalytics.io/v1`. */
  readonly logAnalytics: string;
  readonly logAnalyticsAudience: string;
}

/** Everything that an Azure client is made from. */
export interface AzureConnection {
  readonly subscriptionId: string;
  readonly tenantId?: string;
  readonly credential: TokenCredential;
  readonly endpoints: AzureEndpoints;
  /** PEM certificates trusted instead of the usual authorities. */
  readonly ca?: string;
  /** A cloud of one's own, not one of Microsoft's: its authority and vaults are not checked against Microsoft's. */
  readonly allowCustomAuthority: boolean;
  /** Version of runnerctl, for the user agent. */
  readonly version?: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
}
