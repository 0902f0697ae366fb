import type { AzureConnection } from "../azure/connection.js";
import type { GithubConfig } from "../config/types.js";
import type { SecretText } from "../domain/secret-text.js";
import { githubSecretLacksPermission, githubSecretRefused } from "../errors/catalogue/github.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "../output/events.js";

export interface VerifiedSecret {
  /** The App's name or the token's owner. */
  readonly identity: string;
}

/**
 * Asks GitHub whether the credential can register runners where the configuration says. Undefined,
 * with a warning, when GitHub cannot be reached from here: the runners may reach it all the same.
 */
export async function verifyGithubSecret(
  request: { readonly github: GithubConfig; readonly value: SecretText },
  deps: { readonly connection: AzureConnection; readonly emit: Emit },
): Promise<VerifiedSecret | undefined> {
  const { github, value } = request;
  const [{ createGithubClient }, jit, { describeScope, neededPermission, runnerScopeOf }] =
    await Promise.all([
      import("../github/client.js"),
      import("../github/jit.js"),
      import("../github/scope.js"),
    ]);
  const { connection, emit } = deps;
  const client = createGithubClient({
    apiUrl: github.apiUrl,
    credential:
      github.auth.type === "app"
        ? {
            type: "app",
            appId: github.auth.appId,
            installationId: github.auth.installationId,
            privateKey: value,
          }
        : { type: "pat", token: value },
    ca: connection.ca,
    version: connection.version,
    emit,
    signal: connection.signal,
  });
  const scope = runnerScopeOf(github);
  try {
    const identity =
      github.auth.type === "app" ? await jit.readAppName(client) : await jit.readTokenOwner(client);
    await jit.probeRegistration(client, scope);
    return { identity };
  } catch (error) {
    if (!(error instanceof RunnerctlError)) throw error;
    switch (error.code) {
      case "github.unreachable":
      case "github.unavailable":
      case "github.rateLimited":
        emit({
          name: "secret.unverified",
          level: "warn",
          message: `The credential could not be verified: ${error.message}`,
          data: { code: error.code },
        });
        return undefined;
      case "github.unauthorized":
        throw githubSecretRefused(
          github.auth.type === "app"
            ? `GitHub does not know this key as one of App ${github.auth.appId}'s.`
            : "GitHub does not accept this token: it is wrong, expired or revoked.",
          github.auth.type === "app"
            ? "Check github.auth.appId, and that the key was not deleted on the App's settings page."
            : "Create a new token and give that.",
        );
      case "github.forbidden":
      case "github.notFound":
        throw githubSecretLacksPermission(
          `The credential may not register runners in ${describeScope(scope)}: it lacks ${String(error.details["permissions"] ?? neededPermission(scope))}, or access to it.`,
          github.auth.type === "app"
            ? `Give the App the ${neededPermission(scope)}, accept it in the installation, and check github.auth.installationId.`
            : `Create a token with the ${neededPermission(scope)} for ${describeScope(scope)}.`,
          error.details,
        );
      default:
        throw error;
    }
  }
}
