import { existsSync } from "node:fs";

/** Variables of the process's environment, as config/env.ts reads them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What Terraform, its providers and the Azure CLI that they call need by name. */
const passedNames = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "USERPROFILE",
  "APPDATA",
  "LOCALAPPDATA",
  "SYSTEMROOT",
  "TMPDIR",
  "TEMP",
  "TMP",
  "LANG",
  "LC_ALL",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "ALL_PROXY",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "REQUESTS_CA_BUNDLE",
  "NODE_EXTRA_CA_CERTS",
  // Managed identity and workload identity, as Azure's own hosts announce them.
  "IDENTITY_ENDPOINT",
  "IDENTITY_HEADER",
  "MSI_ENDPOINT",
  "MSI_SECRET",
  // The OIDC token of a GitHub Actions job.
  "ACTIONS_ID_TOKEN_REQUEST_URL",
  "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
]);

const passedPrefixes = ["ARM_", "AZURE_", "TF_", "GITHUB_", "XDG_"];

/**
 * Would change what our own calls mean: further arguments, another state, one data folder for all
 * stacks, questions on a terminal that Terraform does not have.
 */
const droppedNames = new Set(["TF_WORKSPACE", "TF_DATA_DIR", "TF_INPUT", "TF_IN_AUTOMATION"]);

/** The environment that Terraform is run with: what it needs, and nothing by accident. */
export function buildTerraformEnvironment(
  env: Environment,
  variables: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && isPassed(name, value)) result[name] = value;
  }
  for (const [name, value] of Object.entries(variables)) result[`TF_VAR_${name}`] = value;
  return {
    ...result,
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    NO_COLOR: "1",
  };
}

function isPassed(name: string, value: string): boolean {
  const upper = name.toUpperCase();
  if (droppedNames.has(upper) || upper.startsWith("TF_CLI_ARGS")) return false;
  // A file that is not there costs a warning on every call and says nothing.
  if (upper === "TF_CLI_CONFIG_FILE" || upper === "TERRAFORM_CONFIG") return existsSync(value);
  return passedNames.has(upper) || passedPrefixes.some((prefix) => upper.startsWith(prefix));
}
