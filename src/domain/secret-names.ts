import { findPastedSecrets } from "./pasted-secrets.js";

const pattern = /(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PWD|KEY|CREDENTIALS?|PAT)(?:_|$)/i;
/** Run together, as in `npmToken` or `APIKEY`. */
const ending = /(?:token|secret|password|apikey|accesskey|privatekey)$/i;
/** Public by design: https://docs.docker.com/reference/dockerfile/#predefined-args and the like. */
const harmless = /(?:^|_)PUBLIC_?KEY(?:_|$)|_KEY_?(?:ID|URL|FILE|SERVER|FINGERPRINT)$|KEYRING/i;

/** Names of variables that, by name or by value, seem to hold a secret. */
export function findSecretNames(variables: Readonly<Record<string, string>>): string[] {
  return Object.entries(variables)
    .filter(
      ([name, value]) =>
        (!harmless.test(name) && (pattern.test(name) || ending.test(name)) && value !== "") ||
        findPastedSecrets(value).length > 0,
    )
    .map(([name]) => name);
}
