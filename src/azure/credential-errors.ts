import type { PipelinePolicy } from "@azure/core-rest-pipeline";
import {
  clientSecretExpired,
  clientSecretWrong,
  clientUnknown,
  credentialRefused,
  type EntraRefusal,
  federationMismatch,
  signInAgain,
  tenantUnknown,
} from "../errors/catalogue/credentials.js";
import type { RunnerctlError } from "../errors/runnerctl-error.js";
import { translateAzureError } from "./errors.js";

/** The source has no credential at all, as against one that is refused. */
export function isCredentialAbsent(error: unknown): boolean {
  return error instanceof Error && error.name === "CredentialUnavailableError";
}

/** https://learn.microsoft.com/entra/identity-platform/reference-error-codes#aadsts-error-codes */
const factories: Readonly<Record<number, (refused: EntraRefusal) => RunnerctlError>> = {
  7000222: clientSecretExpired,
  7000215: clientSecretWrong,
  700027: clientSecretWrong,
  7000216: clientSecretWrong,
  900023: tenantUnknown,
  90002: tenantUnknown,
  700016: clientUnknown,
  700024: federationMismatch,
  70021: federationMismatch,
  700211: federationMismatch,
  700212: federationMismatch,
  700213: federationMismatch,
  50076: signInAgain,
  50079: signInAgain,
  50173: signInAgain,
  70043: signInAgain,
  700082: signInAgain,
};

/**
 * What the token service answered last. The identity SDK keeps only the words of a refusal in the
 * error that it throws, so its fields are taken down on their way in.
 */
export class TokenAnswers {
  private refusal: { readonly oauth: string; readonly numbers: readonly number[] } | undefined;
  private failure: unknown;

  /** For `additionalPolicies` of a credential of the SDK. */
  readonly policy: PipelinePolicy = {
    name: "runnerctlTokenAnswers",
    sendRequest: async (request, next) => {
      try {
        const response = await next(request);
        this.failure = undefined;
        this.refusal = response.status < 400 ? undefined : readRefusal(response.bodyAsText);
        return response;
      } catch (error) {
        this.failure = error;
        throw error;
      }
    },
  };

  /** Whether the last request was refused or never answered. */
  get failed(): boolean {
    return this.refusal !== undefined || this.failure !== undefined;
  }

  get last() {
    return { refusal: this.refusal, failure: this.failure };
  }
}

function readRefusal(text: string | null | undefined) {
  try {
    const body = JSON.parse(text ?? "") as { error?: unknown; error_codes?: unknown };
    const codes = Array.isArray(body.error_codes) ? body.error_codes : [];
    return {
      oauth: typeof body.error === "string" ? body.error : "",
      numbers: codes.filter((code): code is number => typeof code === "number"),
    };
  } catch {
    return undefined;
  }
}

/** By the numbers that Entra puts in its answer; failures of the network by their system code. */
export function translateCredentialError(
  error: unknown,
  source: string,
  answers?: TokenAnswers,
): unknown {
  const { refusal, failure } = answers?.last ?? { refusal: undefined, failure: undefined };
  const numbers = refusal?.numbers ?? [];
  const known = numbers.find((number) => factories[number] !== undefined);
  const number = known ?? numbers[0];
  const refused = {
    source,
    aadsts: number === undefined ? undefined : `AADSTS${number}`,
    cause: error,
  };
  const factory = known === undefined ? undefined : factories[known];
  if (factory !== undefined) return factory(refused);
  // RFC 6749, section 5.2: what any token service answers, with or without Entra's numbers.
  if (refusal?.oauth === "invalid_client") return clientSecretWrong(refused);
  if (refusal?.oauth === "unauthorized_client") return clientUnknown(refused);
  if (refusal !== undefined) return credentialRefused(refused);
  const origin = failure ?? error;
  const translated = translateAzureError(origin, {
    doing: `signing in with the credential from ${source}`,
  });
  if (translated !== origin) return translated;
  return isAuthenticationError(error) ? credentialRefused(refused) : error;
}

function isAuthenticationError(error: unknown): boolean {
  return (
    error instanceof Error &&
    ["AuthenticationError", "AuthenticationRequiredError"].includes(error.name)
  );
}
