import { DynamicValue, isList, isObject, type Value } from "../protocol/values.js";
import type { Message } from "../protocol/wire.js";
import type { BlockSchema, Schema } from "../schema/types.js";
import { encodeDiagnostic, type Diagnostic } from "./diagnostics.js";

/** Shorter values cannot be told from ordinary text. */
const shortestSecret = 4;

const credentialSettings = [
  "client_secret",
  "client_certificate_password",
  "oidc_token",
  "oidc_request_token",
  "token",
];
const credentialVariables = ["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET", "GITHUB_TOKEN"];

/** Remembers every secret that Terraform has shown the provider, and keeps them out of its texts. */
export class SecretKeeper {
  private readonly secrets = new Set<string>();

  /** The real schemas do not mark the credentials of a provider block as sensitive. */
  learnCredentials(settings: Value): void {
    const values = isObject(settings) ? credentialSettings.map((name) => settings[name]) : [];
    const given = credentialVariables.map((name) => process.env[name]);
    for (const value of [...values, ...given]) {
      if (typeof value === "string" && value.length >= shortestSecret) this.secrets.add(value);
    }
  }

  learn(schema: Schema, value: Value): void {
    for (const secret of collectSecrets(schema.block, value)) this.secrets.add(secret);
  }

  encode(diagnostics: readonly Diagnostic[]): Message[] {
    // The longest first, so that no secret survives as the rest of another.
    const secrets = [...this.secrets].sort((left, right) => right.length - left.length);
    return diagnostics.map((diagnostic) => encodeDiagnostic(diagnostic, secrets));
  }
}

/** The values of sensitive and write-only attributes, so that no diagnostic shows them. */
function collectSecrets(block: BlockSchema, value: Value): string[] {
  if (!isObject(value)) return [];
  const secrets: string[] = [];
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    if (attribute.sensitive === true || attribute.write_only === true) {
      collectStrings(value[name] ?? null, secrets);
    }
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    const items = value[name] ?? null;
    for (const item of isList(items) ? items : [items]) {
      secrets.push(...collectSecrets(nested.block, item));
    }
  }
  return secrets;
}

function collectStrings(value: Value, into: string[]): void {
  if (typeof value === "string") {
    if (value.length >= shortestSecret) into.push(value);
  } else if (value instanceof DynamicValue) {
    collectStrings(value.value, into);
  } else if (isList(value)) {
    for (const item of value) collectStrings(item, into);
  } else if (isObject(value)) {
    for (const item of Object.values(value)) collectStrings(item, into);
  }
}
