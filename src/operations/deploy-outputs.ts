/** What the platform stack tells those that come after it. */
export interface PlatformOutputs {
  readonly resourceGroup: string;
  readonly registryName: string;
  readonly loginServer: string;
  readonly vaultName: string;
  /** With a trailing slash. */
  readonly vaultUri: string;
  readonly environmentId: string;
  readonly pullIdentityId: string;
  readonly vaultIdentityId: string;
  /** The workspace's customer id, by which logs are queried. */
  readonly workspaceId: string;
}

const outputNames: Readonly<Record<keyof PlatformOutputs, string>> = {
  resourceGroup: "resource_group_name",
  registryName: "registry_name",
  loginServer: "registry_login_server",
  vaultName: "vault_name",
  vaultUri: "vault_uri",
  environmentId: "environment_id",
  pullIdentityId: "pull_identity_id",
  vaultIdentityId: "vault_identity_id",
  workspaceId: "workspace_id",
};

/** Undefined until the whole platform has been applied once. */
export function parsePlatformOutputs(
  outputs: Readonly<Record<string, unknown>>,
): PlatformOutputs | undefined {
  const entries = Object.entries(outputNames).map(([key, name]) => [key, outputs[name]] as const);
  if (!entries.every(([, value]) => typeof value === "string" && value !== "")) return undefined;
  return Object.fromEntries(entries) as unknown as PlatformOutputs;
}

/** The image that the runners stack was last applied with. */
export function readCurrentImage(outputs: Readonly<Record<string, unknown>>): string | undefined {
  const image = outputs["runner_image"];
  return typeof image === "string" && image !== "" ? image : undefined;
}

/** Stands for an image that is still to be built, where Terraform wants some reference. */
export function nameUnbuiltImage(loginServer: string, repository: string): string {
  return `${loginServer}/${repository}@sha256:${"0".repeat(64)}`;
}
