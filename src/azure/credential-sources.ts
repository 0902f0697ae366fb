import {
  AzureCliCredential,
  AzureDeveloperCliCredential,
  ClientCertificateCredential,
  ClientSecretCredential,
  ManagedIdentityCredential,
  type TokenCredential,
  WorkloadIdentityCredential,
} from "@azure/identity";
import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import { retryOptions, tlsOptions } from "./client-options.js";
import type { CredentialSource } from "./credential-plan.js";

export interface SourceOptions {
  readonly authorityHost: string;
  readonly disableInstanceDiscovery: boolean;
  readonly ca?: string | undefined;
  /** Sees each answer of the token service. */
  readonly policy: PipelinePolicy;
}

/** The one place that loads the identity SDK; what is not named in the import is not bundled. */
export function openSource(source: CredentialSource, options: SourceOptions): TokenCredential {
  const common = {
    authorityHost: options.authorityHost,
    disableInstanceDiscovery: options.disableInstanceDiscovery,
    additionalPolicies: [{ policy: options.policy, position: "perCall" as const }],
    retryOptions,
    ...(options.ca === undefined ? {} : { tlsOptions: tlsOptions(options.ca) }),
  };
  switch (source.kind) {
    case "clientSecret":
      return new ClientSecretCredential(
        source.tenantId,
        source.clientId,
        source.clientSecret,
        common,
      );
    case "clientCertificate":
      return new ClientCertificateCredential(
        source.tenantId,
        source.clientId,
        {
          certificatePath: source.certificatePath,
          ...(source.certificatePassword === undefined
            ? {}
            : { certificatePassword: source.certificatePassword }),
        },
        common,
      );
    case "workloadIdentity":
      return new WorkloadIdentityCredential({
        tenantId: source.tenantId,
        clientId: source.clientId,
        tokenFilePath: source.tokenFile,
        ...common,
      });
    case "managedIdentity":
      return source.clientId === undefined
        ? new ManagedIdentityCredential(common)
        : new ManagedIdentityCredential({ clientId: source.clientId, ...common });
    case "azureCli":
      return openAzureCli(source);
    case "azureDeveloperCli":
      return new AzureDeveloperCliCredential(
        source.tenantId === undefined ? {} : { tenantId: source.tenantId },
      );
  }
}

/**
 * By subscription the CLI finds the right account among several, and its tenant. It refuses a tenant
 * beside it, which a vault's challenge would add, and it refuses any for a managed identity.
 */
function openAzureCli(
  source: Extract<CredentialSource, { readonly kind: "azureCli" }>,
): TokenCredential {
  const { tenantId, subscriptionId } = source;
  if (subscriptionId === undefined) {
    return new AzureCliCredential(tenantId === undefined ? {} : { tenantId });
  }
  const cli = new AzureCliCredential({ subscription: subscriptionId });
  return {
    getToken: (scopes, { tenantId: _challenged, ...options } = {}) => cli.getToken(scopes, options),
  };
}
