import { createPrivateKey } from "node:crypto";

export type GithubSecretProblem =
  | { readonly level: "error"; readonly what: string; readonly fix: string }
  | { readonly level: "warning"; readonly what: string; readonly fix: string };

/**
 * Whether a text can be what it is said to be. Never puts any of the text into its answer: what
 * people paste by mistake is often another secret.
 */
export function checkGithubSecret(
  kind: "app" | "pat",
  value: string,
): GithubSecretProblem | undefined {
  return kind === "app" ? checkPrivateKey(value) : checkToken(value);
}

function checkPrivateKey(value: string): GithubSecretProblem | undefined {
  const fix =
    "download a private key from the App's settings page and give that .pem file: runnerctl secret set --file KEY.pem";
  if (!/^-----BEGIN (RSA )?PRIVATE KEY-----/.test(value.trim())) {
    return { level: "error", what: "it is not a PEM private key (PKCS#1 or PKCS#8)", fix };
  }
  try {
    const key = createPrivateKey({ key: value, format: "pem" });
    if (key.asymmetricKeyType !== "rsa") {
      return {
        level: "error",
        what: `it is a key of type ${key.asymmetricKeyType ?? "unknown"}, and GitHub App keys are RSA`,
        fix,
      };
    }
  } catch {
    return { level: "error", what: "the PEM private key is damaged or encrypted", fix };
  }
  return undefined;
}

/** Formats: https://github.blog/engineering/platform-security/behind-githubs-new-authentication-token-formats/ */
function checkToken(value: string): GithubSecretProblem | undefined {
  const token = value.trim();
  const fix = "create a personal access token and give that: runnerctl secret set < token.txt";
  if (token === "") return { level: "error", what: "it is empty", fix };
  if (/-----BEGIN/.test(token)) {
    return {
      level: "error",
      what: "it is a PEM key, and a personal access token is configured (github.auth.type: pat)",
      fix: "set github.auth to {type: app, …} in runnerctl.yaml, or give a token",
    };
  }
  if (/\s/.test(token)) {
    return { level: "error", what: "it has spaces or several lines in it", fix };
  }
  if (token.startsWith("ghs_")) {
    return {
      level: "error",
      what: "it is an installation token, which dies within the hour",
      fix: "configure the GitHub App itself: github.auth {type: app, …}",
    };
  }
  if (/^ghp_\w{20,}$|^github_pat_\w{20,}$|^[0-9a-f]{40}$/.test(token)) return undefined;
  return {
    level: "warning",
    what: "it has none of the forms of a GitHub token (ghp_…, github_pat_…, 40 hexadecimal digits)",
    fix: "check that the whole token was given",
  };
}
