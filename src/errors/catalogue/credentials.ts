import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

export interface TriedSource {
  readonly source: string;
  readonly outcome: string;
}

const identityDocs =
  "https://learn.microsoft.com/azure/developer/javascript/sdk/authentication/overview";

export function noAzureCredential(tried: readonly TriedSource[], cause?: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.none",
    message: "No Azure credential was found.",
    exitCode: ExitCode.credentials,
    problems: tried.map(({ source, outcome }) => ({ where: source, what: outcome })),
    hint: "Sign in with the Azure CLI: az login. In automation set AZURE_TENANT_ID and AZURE_CLIENT_ID with AZURE_CLIENT_SECRET or AZURE_FEDERATED_TOKEN_FILE.",
    docs: identityDocs,
    cause,
  });
}

export interface EntraRefusal {
  readonly source: string;
  /** `AADSTS7000222`, when Entra gave one. */
  readonly aadsts?: string | undefined;
  readonly cause?: unknown;
}

function refusal(code: string, refused: EntraRefusal, what: string, hint: string): RunnerctlError {
  const number = refused.aadsts === undefined ? "" : ` (${refused.aadsts})`;
  return new RunnerctlError({
    code,
    message: `Microsoft Entra refused the credential from ${refused.source}: ${what}${number}.`,
    exitCode: ExitCode.credentials,
    hint,
    docs: "https://learn.microsoft.com/entra/identity-platform/reference-error-codes",
    cause: refused.cause,
    details: {
      source: refused.source,
      ...(refused.aadsts === undefined ? {} : { aadsts: refused.aadsts }),
    },
  });
}

export function clientSecretExpired(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.expired",
    refused,
    "the client secret or certificate has expired",
    "Create a new one (az ad app credential reset --id CLIENT_ID) and set AZURE_CLIENT_SECRET to it; federated credentials never expire.",
  );
}

export function clientSecretWrong(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.secretWrong",
    refused,
    "the client secret or certificate is not one of the application's",
    "Check AZURE_CLIENT_SECRET (or ARM_CLIENT_SECRET): it must be the secret's value, not its id.",
  );
}

export function tenantUnknown(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.tenantUnknown",
    refused,
    "there is no such tenant in this cloud",
    "Check AZURE_TENANT_ID (or ARM_TENANT_ID): az account show --query tenantId",
  );
}

export function clientUnknown(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.clientUnknown",
    refused,
    "the application is not known in this tenant",
    "Check that AZURE_CLIENT_ID and AZURE_TENANT_ID belong together.",
  );
}

export function federationMismatch(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.federationMismatch",
    refused,
    "no federated credential of the application matches the token's issuer, subject and audience, or the token has expired",
    "Compare the token's sub with the federated credential: az ad app federated-credential list --id CLIENT_ID",
  );
}

export function signInAgain(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.signInAgain",
    refused,
    "the session has expired or needs another factor",
    "Sign in again: az login",
  );
}

export function credentialRefused(refused: EntraRefusal): RunnerctlError {
  return refusal(
    "credentials.refused",
    refused,
    "it gives no further reason that runnerctl knows",
    "Look the code up, or sign in another way: az login",
  );
}

export function credentialFileUnreadable(
  variable: string,
  file: string,
  cause: unknown,
): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.fileUnreadable",
    message: `The file that ${variable} names cannot be read: ${file}.`,
    exitCode: ExitCode.credentials,
    hint: `Check ${variable}, or unset it.`,
    cause,
  });
}

export function subscriptionUnknown(profile: string): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.subscriptionUnknown",
    message: `No Azure subscription is chosen: neither runnerctl.yaml, ARM_SUBSCRIPTION_ID nor AZURE_SUBSCRIPTION_ID names one, and the Azure CLI has no default (${profile}).`,
    exitCode: ExitCode.credentials,
    hint: "Set subscription in runnerctl.yaml, or sign in: az login",
  });
}

export function githubSecretUnfit(name: string, what: string, fix: string): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.secretUnfit",
    message: `The value given for the secret ${name} cannot be used: ${what}. Nothing was stored.`,
    exitCode: ExitCode.usage,
    hint: fix,
    details: { secret: name },
  });
}

export function githubSecretMissing(vault: string, secret: string): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.secretMissing",
    message: `The Key Vault ${vault} has no secret named ${secret}: runners could not register with GitHub.`,
    exitCode: ExitCode.credentials,
    hint: "Give it along: runnerctl deploy --secret-file FILE. Or store it first: runnerctl secret set < FILE. FILE holds the token, or the App's private key.",
    details: { vault, secret },
  });
}

export function githubSecretDisabled(vault: string, secret: string): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.secretDisabled",
    message: `The secret ${secret} in the Key Vault ${vault} is disabled or has expired.`,
    exitCode: ExitCode.credentials,
    hint: "Store a new value: runnerctl secret set < FILE",
    details: { vault, secret },
  });
}

export function githubSecretDeleted(vault: string, secret: string, cause: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "credentials.secretDeleted",
    message: `The secret ${secret} in the Key Vault ${vault} was deleted and can still be recovered, so its name is taken.`,
    exitCode: ExitCode.remote,
    hint: `Recover it, then set it again: az keyvault secret recover --vault-name ${vault} --name ${secret}`,
    details: { vault, secret },
    cause,
  });
}
