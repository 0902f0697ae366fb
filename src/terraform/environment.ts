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
    ...deriveProviderCredentials(env),
    ...result,
    TF_IN_AUTOMATION: "1",
    TF_INPUT: "0",
    CHECKPOINT_DISABLE: "1",
    NO_COLOR: "1",
  };
}

/**
 * The providers read ARM_* alone, the Azure SDKs AZURE_*. Without this, Terraform would act as
 * whoever is signed in to the Azure CLI, and give the vault's permission to that identity, while
 * everything else acts as the application that the environment names. What is set as ARM_* wins, as
 * it does for our own calls.
 * https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/guides/service_principal_oidc
 */
function deriveProviderCredentials(env: Environment): Record<string, string> {
  const read = (name: string): string | undefined => env[name]?.trim() || undefined;
  const told = Object.keys(env).filter((name) => /^ARM_(USE_|OIDC_|CLIENT_[SC])/.test(name));
  if (told.some((name) => read(name) !== undefined)) return {};
  const tenant = read("ARM_TENANT_ID") ?? read("AZURE_TENANT_ID");
  const client = read("ARM_CLIENT_ID") ?? read("AZURE_CLIENT_ID");
  const secret = read("AZURE_CLIENT_SECRET");
  const tokenFile = read("AZURE_FEDERATED_TOKEN_FILE");
  if (tenant === undefined || client === undefined) return {};
  const application = { ARM_TENANT_ID: tenant, ARM_CLIENT_ID: client };
  if (secret !== undefined) return { ...application, ARM_CLIENT_SECRET: secret };
  return tokenFile === undefined
    ? {}
    : { ...application, ARM_USE_OIDC: "true", ARM_OIDC_TOKEN_FILE_PATH: tokenFile };
}

function isPassed(name: string, value: string): boolean {
  const upper = name.toUpperCase();
  if (droppedNames.has(upper) || upper.startsWith("TF_CLI_ARGS")) return false;
  // A file that is not there costs a warning on every call and says nothing.
  if (upper === "TF_CLI_CONFIG_FILE" || upper === "TERRAFORM_CONFIG") return existsSync(value);
  return passedNames.has(upper) || passedPrefixes.some((prefix) => upper.startsWith(prefix));
}
