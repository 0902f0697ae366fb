/** What the environment offers to sign in with; read by config/env.ts. */
export interface CredentialSettings {
  readonly tenantId?: string | undefined;
  /** For the Azure CLI, which finds account and tenant by it. */
  readonly subscriptionId?: string | undefined;
  readonly clientId?: string | undefined;
  readonly clientSecret?: string | undefined;
  /** PEM with certificate and private key (AZURE_CLIENT_CERTIFICATE_PATH). */
  readonly clientCertificatePath?: string | undefined;
  readonly clientCertificatePassword?: string | undefined;
  /** AZURE_FEDERATED_TOKEN_FILE, as workload identity sets it. */
  readonly federatedTokenFile?: string | undefined;
  /** Whether IDENTITY_ENDPOINT or MSI_ENDPOINT is set: the host serves tokens of a managed identity. */
  readonly managedIdentity?: boolean | undefined;
}

export type CredentialSource =
  | {
      readonly kind: "clientSecret";
      readonly tenantId: string;
      readonly clientId: string;
      readonly clientSecret: string;
    }
  | {
      readonly kind: "clientCertificate";
      readonly tenantId: string;
      readonly clientId: string;
      readonly certificatePath: string;
      readonly certificatePassword: string | undefined;
    }
  | {
      readonly kind: "workloadIdentity";
      readonly tenantId: string;
      readonly clientId: string;
      readonly tokenFile: string;
    }
  | { readonly kind: "managedIdentity"; readonly clientId: string | undefined }
  | {
      readonly kind: "azureCli";
      readonly tenantId: string | undefined;
      readonly subscriptionId: string | undefined;
    }
  | { readonly kind: "azureDeveloperCli"; readonly tenantId: string | undefined };

export interface SkippedSource {
  readonly source: string;
  readonly outcome: string;
}

export interface CredentialPlan {
  /** In the order in which they are tried. */
  readonly sources: readonly CredentialSource[];
  /** What was not tried, and what it lacks. */
  readonly skipped: readonly SkippedSource[];
}

export const sourceTitles: Readonly<Record<CredentialSource["kind"], string>> = {
  clientSecret: "environment (client secret)",
  clientCertificate: "environment (client certificate)",
  workloadIdentity: "workload identity",
  managedIdentity: "managed identity",
  azureCli: "Azure CLI",
  azureDeveloperCli: "Azure Developer CLI",
};

/** What is set on purpose comes before what happens to be on the machine. */
export function planCredentials(settings: CredentialSettings): CredentialPlan {
  const { tenantId, clientId } = settings;
  const sources: CredentialSource[] = [];
  const skipped: SkippedSource[] = [];
  const lacks = (kind: CredentialSource["kind"], outcome: string): void => {
    skipped.push({ source: sourceTitles[kind], outcome });
  };
  const known = tenantId !== undefined && clientId !== undefined;
  const missing = [
    ...(tenantId === undefined ? ["AZURE_TENANT_ID"] : []),
    ...(clientId === undefined ? ["AZURE_CLIENT_ID"] : []),
  ].join(" and ");

  if (settings.clientSecret === undefined) lacks("clientSecret", "AZURE_CLIENT_SECRET is not set");
  else if (!known) lacks("clientSecret", `AZURE_CLIENT_SECRET is set, but ${missing} is not`);
  else {
    sources.push({
      kind: "clientSecret",
      tenantId,
      clientId,
      clientSecret: settings.clientSecret,
    });
  }

  if (settings.clientCertificatePath !== undefined) {
    if (!known) {
      lacks("clientCertificate", `AZURE_CLIENT_CERTIFICATE_PATH is set, but ${missing} is not`);
    } else {
      sources.push({
        kind: "clientCertificate",
        tenantId,
        clientId,
        certificatePath: settings.clientCertificatePath,
        certificatePassword: settings.clientCertificatePassword,
      });
    }
  }

  if (settings.federatedTokenFile === undefined) {
    lacks("workloadIdentity", "AZURE_FEDERATED_TOKEN_FILE is not set");
  } else if (!known) {
    lacks("workloadIdentity", `AZURE_FEDERATED_TOKEN_FILE is set, but ${missing} is not`);
  } else {
    sources.push({
      kind: "workloadIdentity",
      tenantId,
      clientId,
      tokenFile: settings.federatedTokenFile,
    });
  }

  // A client id with nothing to prove it by names a user-assigned identity of this machine.
  if (settings.managedIdentity === true || (clientId !== undefined && sources.length === 0)) {
    sources.push({ kind: "managedIdentity", clientId });
  } else {
    lacks("managedIdentity", "this machine offers none (IDENTITY_ENDPOINT is not set)");
  }
  sources.push(
    { kind: "azureCli", tenantId, subscriptionId: settings.subscriptionId },
    { kind: "azureDeveloperCli", tenantId },
  );
  return { sources, skipped };
}
