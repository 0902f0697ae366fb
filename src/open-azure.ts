import type { AzureConnection } from "./azure/connection.js";
import { createCredential } from "./azure/credential.js";
import { resolveEndpoints } from "./azure/endpoints.js";
import type { Environment } from "./config/env.js";
import type { Emit } from "./output/events.js";

/** The Azure connection as the environment describes it: which cloud, and whom to sign in as. */
export async function openAzure(parts: {
  readonly env: Environment;
  readonly subscriptionId: string;
  readonly tenantId: string | undefined;
  readonly ca: string | undefined;
  readonly version: string;
  readonly emit: Emit;
  readonly signal: AbortSignal;
  readonly registerSecret: (secret: string) => void;
}): Promise<AzureConnection> {
  const { env, ca } = parts;
  const { endpoints, custom } = await resolveEndpoints({
    metadataHost: env.metadataHost,
    cloudName: env.cloudName,
    ca,
    signal: parts.signal,
  });
  const variable = (name: string): string | undefined => env.raw[name] || undefined;
  // ARM_ before AZURE_ throughout, as for tenant and client id: a mixture would be nobody's.
  const clientSecret = variable("ARM_CLIENT_SECRET") ?? variable("AZURE_CLIENT_SECRET");
  if (clientSecret !== undefined) parts.registerSecret(clientSecret);
  const certificatePassword =
    variable("ARM_CLIENT_CERTIFICATE_PASSWORD") ?? variable("AZURE_CLIENT_CERTIFICATE_PASSWORD");
  if (certificatePassword !== undefined) parts.registerSecret(certificatePassword);
  const tenantId = env.tenant ?? parts.tenantId;
  const credential = createCredential({
    tenantId,
    ...(env.tenant === undefined ? { subscriptionId: parts.subscriptionId } : {}),
    clientId: env.clientId,
    clientSecret,
    clientCertificatePath:
      variable("ARM_CLIENT_CERTIFICATE_PATH") ?? variable("AZURE_CLIENT_CERTIFICATE_PATH"),
    clientCertificatePassword: certificatePassword,
    federatedTokenFile: variable("AZURE_FEDERATED_TOKEN_FILE"),
    managedIdentity: (variable("IDENTITY_ENDPOINT") ?? variable("MSI_ENDPOINT")) !== undefined,
    authorityHost: env.authorityHost ?? endpoints.authorityHost,
    disableInstanceDiscovery: custom || env.disableInstanceDiscovery,
    ca,
  });
  return {
    subscriptionId: parts.subscriptionId,
    ...(tenantId === undefined ? {} : { tenantId }),
    credential,
    endpoints,
    ...(ca === undefined ? {} : { ca }),
    allowCustomAuthority: custom,
    version: parts.version,
    emit: parts.emit,
    signal: parts.signal,
  };
}
