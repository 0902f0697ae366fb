import type { AzureConnection } from "../azure/connection.js";
import { createResourceReader } from "../azure/resources.js";
import { createVaultClient, type SecretView, type VaultClient } from "../azure/vault.js";
import type { ResolvedConfig } from "../config/types.js";
import type { Clock } from "../domain/clock.js";
import { checkGithubSecret } from "../domain/github-secret.js";
import { deriveResourceNames } from "../domain/resource-names.js";
import { SecretText } from "../domain/secret-text.js";
import { azureNotFound } from "../errors/catalogue/azure.js";
import { githubSecretUnfit } from "../errors/catalogue/credentials.js";
import { type Emit, runStep } from "../output/events.js";
import { retryForbidden } from "./retry-forbidden.js";
import { systemClock } from "./system-clock.js";
import { verifyGithubSecret, type VerifiedSecret } from "./verify-github-secret.js";

export { SecretText };

export interface SecretSetRequest {
  readonly config: Pick<ResolvedConfig, "name" | "subscription" | "github">;
  /** From stdin or a file; a line end after a token is not part of it. */
  readonly value: SecretText;
  /** Ask GitHub whether it can register runners. Default: true. */
  readonly verify?: boolean;
}

export interface SecretSetDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Keeps the value out of everything printed. */
  readonly redact: { register(value: string): void };
}

export interface SecretSetResult {
  readonly vault: string;
  readonly secret: string;
  readonly version?: string;
  readonly kind: "app" | "pat";
  readonly verified: boolean;
  /** The App's name or the token's scope, as GitHub gives it. */
  readonly identity?: string;
}

/** Checks a GitHub credential and puts it into the Key Vault. */
export async function setSecret(
  request: SecretSetRequest,
  deps: SecretSetDeps,
): Promise<SecretSetResult> {
  const { github } = request.config;
  const { type: kind, secret } = github.auth;
  const value = normalize(request.value, kind);
  deps.redact.register(value.reveal());

  const problem = checkGithubSecret(kind, value.reveal());
  if (problem?.level === "error") throw githubSecretUnfit(secret, problem.what, problem.fix);
  if (problem !== undefined) {
    deps.emit({
      name: "secret.doubtful",
      level: "warn",
      message: `The value for ${secret} looks odd: ${problem.what}; ${problem.fix}.`,
    });
  }

  const connection =
    deps.signal === undefined ? deps.connection : { ...deps.connection, signal: deps.signal };
  const vault = await openVault(request.config, connection);
  const verified =
    request.verify === false
      ? undefined
      : await runStep(
          deps.emit,
          { id: "secret.verify", title: "Ask GitHub about the credential" },
          () => verifyGithubSecret({ github, value }, { ...deps, connection }),
        );
  const stored = await runStep(
    deps.emit,
    { id: "secret.store", title: `Store ${secret} in ${vault.name}` },
    () => storePatiently(vault.client, secret, value, kind, verified, { ...deps, connection }),
  );
  return {
    vault: vault.name,
    secret,
    ...(stored.version === undefined ? {} : { version: stored.version }),
    kind,
    verified: verified !== undefined,
    ...(verified?.identity === undefined ? {} : { identity: verified.identity }),
  };
}

/** A token loses the line end that editors and echo add; a PEM keeps exactly one. */
function normalize(value: SecretText, kind: "app" | "pat"): SecretText {
  const text = value
    .reveal()
    .replace(/^\uFEFF/, "")
    .replaceAll("\r\n", "\n")
    .trim();
  return new SecretText(kind === "app" && text !== "" ? `${text}\n` : text);
}

export async function openVault(
  config: Pick<ResolvedConfig, "name" | "subscription">,
  connection: AzureConnection,
): Promise<{ readonly name: string; readonly client: VaultClient }> {
  const names = deriveResourceNames(config.subscription, config.name);
  const found = await createResourceReader(connection).findVault(
    names.resourceGroup,
    names.keyVault,
  );
  if (found === undefined) {
    throw azureNotFound({
      doing: "opening the Key Vault",
      resource: `The Key Vault ${names.keyVault} in resource group ${names.resourceGroup}`,
    });
  }
  const address = { name: names.keyVault, ...found };
  return { name: names.keyVault, client: createVaultClient(connection, address) };
}

async function storePatiently(
  vault: VaultClient,
  name: string,
  value: SecretText,
  kind: "app" | "pat",
  verified: VerifiedSecret | undefined,
  deps: Pick<SecretSetDeps, "emit" | "clock"> & { readonly connection: AzureConnection },
): Promise<SecretView> {
  const clock = deps.clock ?? systemClock;
  const options = {
    contentType: kind === "app" ? "application/x-pem-file" : "text/plain",
    tags: {
      "managed-by": "runnerctl",
      kind: kind === "app" ? "github-app-key" : "github-pat",
      ...(verified === undefined ? {} : { verified: clock.now().toISOString().slice(0, 10) }),
    },
  };
  return retryForbidden(() => vault.set(name, value, options), {
    emit: deps.emit,
    clock,
    signal: deps.connection.signal,
    doing: `storing the secret ${name}`,
  });
}
