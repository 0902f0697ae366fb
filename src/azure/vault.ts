import { SecretClient } from "@azure/keyvault-secrets";
import { githubSecretDeleted } from "../errors/catalogue/credentials.js";
import type { SecretText } from "../domain/secret-text.js";
import { callOptions, pipelineOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { readAzureError } from "./error-facts.js";
import { callAzure } from "./errors.js";

export interface SecretView {
  readonly name: string;
  readonly version: string | undefined;
  readonly enabled: boolean;
  readonly expiresAt: Date | undefined;
  readonly updatedAt: Date | undefined;
  readonly tags: Readonly<Record<string, string>>;
}

/** The secrets of one vault. Values go in and never come out. */
export interface VaultClient {
  set(
    name: string,
    value: SecretText,
    options: { readonly contentType: string; readonly tags: Readonly<Record<string, string>> },
  ): Promise<SecretView>;
  /** Undefined when there is no such secret. The newest version, without its value. */
  find(name: string): Promise<SecretView | undefined>;
}

export interface VaultAddress {
  readonly name: string;
  readonly id: string;
  readonly vaultUri: string;
}

export function createVaultClient(connection: AzureConnection, vault: VaultAddress): VaultClient {
  const client = new SecretClient(vault.vaultUri, connection.credential, {
    ...pipelineOptions(connection),
    // The challenge names an authority; only in Microsoft's clouds can its domain be checked.
    disableChallengeResourceVerification: connection.allowCustomAuthority,
  });
  const call = callOptions(connection.signal);

  return {
    async set(name, value, options) {
      const what = {
        doing: `storing the secret ${name} in the Key Vault ${vault.name}`,
        resource: `The Key Vault ${vault.name}`,
        permission: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
        role: "Key Vault Secrets Officer",
        scope: vault.id,
      };
      return callAzure(what, async () => {
        try {
          const stored = await client.setSecret(name, value.reveal(), {
            ...call,
            contentType: options.contentType,
            tags: { ...options.tags },
          });
          return viewSecret(stored.properties);
        } catch (error) {
          const facts = readAzureError(error);
          if (facts.status === 409 && facts.innerCodes.includes("ObjectIsDeletedButRecoverable")) {
            throw githubSecretDeleted(vault.name, name, error);
          }
          throw error;
        }
      });
    },

    async find(name) {
      const what = {
        doing: `looking for the secret ${name} in the Key Vault ${vault.name}`,
        permission: "Microsoft.KeyVault/vaults/secrets/readMetadata/action",
        role: "Key Vault Secrets Officer",
        scope: vault.id,
      };
      return callAzure(what, async () => {
        // Versions are listed rather than the secret read: its value need not travel.
        let newest: SecretView | undefined;
        for await (const properties of client.listPropertiesOfSecretVersions(name, call)) {
          const view = viewSecret(properties);
          if (newest === undefined || isNewer(view, newest)) newest = view;
        }
        return newest;
      }).catch((error: unknown) => {
        if (isMissing(error)) return undefined;
        throw error;
      });
    },
  };
}

function isNewer(a: SecretView, b: SecretView): boolean {
  return (a.updatedAt?.getTime() ?? 0) > (b.updatedAt?.getTime() ?? 0);
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && readAzureError(error.cause).status === 404;
}

function viewSecret(properties: {
  readonly name: string;
  readonly version?: string | undefined;
  readonly enabled?: boolean | undefined;
  readonly expiresOn?: Date | undefined;
  readonly updatedOn?: Date | undefined;
  readonly tags?: Record<string, string> | undefined;
}): SecretView {
  return {
    name: properties.name,
    version: properties.version,
    enabled: properties.enabled ?? true,
    expiresAt: properties.expiresOn,
    updatedAt: properties.updatedOn,
    tags: properties.tags ?? {},
  };
}
