import { SandboxHttpError, type Principal, type SandboxContext } from "../ports.js";
import { latestVersion } from "./secret-record.js";
import { authorizeSecret } from "./vault-access.js";
import type { Vaults } from "./vaults.js";

/**
 * What the Container Apps platform does with a secret's `keyVaultUrl` and `identity`: reads the
 * secret with the identity's own rights. One message for every reason but a bad URL, as its API
 * gives it: https://github.com/microsoft/azure-container-apps/issues/1159
 */
export function resolveReference(
  ctx: SandboxContext,
  vaults: Vaults,
  keyVaultUrl: string,
  identityId: string,
): string {
  const parsed = parseUrl(keyVaultUrl);
  if (parsed === undefined) {
    throw new SandboxHttpError(
      400,
      "ContainerAppSecretKeyVaultUrlInvalid",
      `The Key Vault secret URL '${keyVaultUrl}' is invalid; it must be like https://VAULT/secrets/NAME or https://VAULT/secrets/NAME/VERSION.`,
    );
  }
  const refuse = () =>
    new SandboxHttpError(
      400,
      "InvalidParameterValueInContainerTemplate",
      `The following field(s) are either invalid or missing. Field 'configuration.secrets' is invalid with details: 'Invalid value: "${parsed.name}": Unable to get value using Managed identity ${identityId} for secret ${parsed.name}. Error: unable to fetch secret '${parsed.name}' using Managed identity '${identityId}'';.`,
    );
  const vault = vaults.findByHost(parsed.host);
  const principal = principalOf(ctx, identityId);
  if (vault === undefined || principal === undefined) throw refuse();
  try {
    authorizeSecret(ctx, vaults, vault, principal, "get", parsed.name);
  } catch {
    throw refuse();
  }
  const record = vaults.secrets(vault).find(parsed.name);
  const version =
    record === undefined
      ? undefined
      : parsed.version === undefined
        ? latestVersion(record)
        : record.versions.find((one) => one.version === parsed.version);
  // An empty value is refused too.
  if (version === undefined || !version.attributes.enabled || version.value === "") throw refuse();
  return version.value;
}

function parseUrl(
  text: string,
): { host: string; name: string; version: string | undefined } | undefined {
  try {
    const url = new URL(text);
    const match = /^\/+secrets\/([0-9a-zA-Z-]+)(?:\/([0-9a-f]{32}))?\/?$/.exec(url.pathname);
    if (url.protocol !== "https:" || match === null) return undefined;
    return { host: url.host, name: match[1] ?? "", version: match[2] };
  } catch {
    return undefined;
  }
}

function principalOf(ctx: SandboxContext, identityId: string): Principal | undefined {
  const resource = ctx.arm.find(identityId);
  const objectId = resource?.properties["principalId"] ?? resource?.identity?.principalId;
  if (typeof objectId !== "string") return undefined;
  const appId = resource?.properties["clientId"];
  return {
    objectId,
    appId: typeof appId === "string" ? appId : "",
    tenantId: ctx.entra.tenantId,
    audience: "https://vault.azure.net",
  };
}
