import type { AzureConnection } from "../azure/connection.js";
import type { ResolvedConfig } from "../config/types.js";
import type { Clock } from "../domain/clock.js";
import type { SecretText } from "../domain/secret-text.js";
import { githubSecretDisabled, githubSecretMissing } from "../errors/catalogue/credentials.js";
import type { Emit } from "../output/events.js";
import { retryForbidden } from "./retry-forbidden.js";
import { openVault, setSecret } from "./secret-set.js";
import { systemClock } from "./system-clock.js";

export interface EnsureSecretsRequest {
  readonly config: Pick<ResolvedConfig, "name" | "subscription" | "github">;
}

export interface EnsureSecretsDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  readonly redact: { register(value: string): void };
  /** Asked only for a secret that is missing: a prompt, or a value given for the purpose. */
  readonly provide?: (secret: string) => Promise<SecretText | undefined>;
}

export interface EnsureSecretsResult {
  readonly vault: string;
  readonly secret: string;
  /** Whether it was put there just now. */
  readonly stored: boolean;
}

/** Sees to it that the vault has what the jobs refer to: Container Apps refuses a job whose secret is missing. */
export async function ensureSecrets(
  request: EnsureSecretsRequest,
  deps: EnsureSecretsDeps,
): Promise<EnsureSecretsResult> {
  const { secret } = request.config.github.auth;
  const connection =
    deps.signal === undefined ? deps.connection : { ...deps.connection, signal: deps.signal };
  const clock = deps.clock ?? systemClock;
  const vault = await openVault(request.config, connection);
  const found = await retryForbidden(() => vault.client.find(secret), {
    emit: deps.emit,
    clock,
    signal: connection.signal,
    doing: "looking into the Key Vault",
  });
  if (found !== undefined) {
    const expired = found.expiresAt !== undefined && found.expiresAt <= clock.now();
    if (!found.enabled || expired) throw githubSecretDisabled(vault.name, secret);
    return { vault: vault.name, secret, stored: false };
  }
  const value = await deps.provide?.(secret);
  if (value === undefined) throw githubSecretMissing(vault.name, secret);
  await setSecret({ config: request.config, value }, { ...deps, connection });
  return { vault: vault.name, secret, stored: true };
}
