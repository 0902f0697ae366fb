import { createAppAuth } from "@octokit/auth-app";
import type { SecretText } from "../domain/secret-text.js";

export type GithubCredential =
  | { readonly type: "pat"; readonly token: SecretText }
  | {
      readonly type: "app";
      readonly appId: string;
      readonly installationId: number;
      /** PEM; PKCS#1 as GitHub gives it, or PKCS#8. */
      readonly privateKey: SecretText;
    };

/** What Octokit's constructor takes to sign in. An App's tokens are fetched and renewed by its strategy. */
export function authOptions(credential: GithubCredential): {
  readonly auth: unknown;
  readonly authStrategy?: typeof createAppAuth;
} {
  if (credential.type === "pat") return { auth: credential.token.reveal() };
  return {
    authStrategy: createAppAuth,
    auth: {
      appId: credential.appId,
      installationId: credential.installationId,
      privateKey: credential.privateKey.reveal(),
    },
  };
}
