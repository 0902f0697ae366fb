import { createHash } from "node:crypto";

/** Names of everything in Azure, derived from the deployment's name and subscription alone. */
export interface ResourceNames {
  readonly resourceGroup: string;
  readonly registry: string;
  readonly keyVault: string;
  readonly logWorkspace: string;
  readonly environment: string;
  /** Pulls the image; its tokens are served to no container. */
  readonly pullIdentity: string;
  /** Reads the GitHub secret from the vault; its tokens are served to no container. */
  readonly vaultIdentity: string;
  /** Task in the registry that rebuilds the image; unique there only. */
  readonly rebuildTask: string;
  /** Job of a pool. */
  job(pool: string): string;
}

const suffixLength = 6;

/**
 * Six characters (base 32) that make a name globally unique and stay the same from run to run:
 * a digest of subscription and deployment name.
 */
export function uniqueSuffix(subscription: string, name: string): string {
  const digest = createHash("sha256").update(`${subscription.toLowerCase()}/${name}`).digest();
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let suffix = "";
  for (let index = 0; index < suffixLength; index += 1) {
    suffix += alphabet[(digest[index] ?? 0) % alphabet.length];
  }
  return suffix;
}

/**
 * Abbreviations: https://learn.microsoft.com/azure/cloud-adoption-framework/ready/azure-best-practices/resource-abbreviations
 * Lengths: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 * (registry 5–50 alphanumerics, key vault 3–24, job 2–32, both of the first globally unique).
 */
export function deriveResourceNames(subscription: string, name: string): ResourceNames {
  const suffix = uniqueSuffix(subscription, name);
  return {
    resourceGroup: `rg-${name}`,
    registry: `cr${name.replaceAll("-", "")}${suffix}`,
    keyVault: `kv-${truncate(name, 24 - 4 - suffixLength)}-${suffix}`,
    logWorkspace: `log-${name}`,
    environment: `cae-${name}`,
    pullIdentity: `id-${name}-pull`,
    vaultIdentity: `id-${name}-vault`,
    rebuildTask: "rebuild-image",
    job: (pool) => jobName(name, pool),
  };
}

/** At most 32 characters; a long pair keeps the pool whole and shortens the deployment's name. */
function jobName(name: string, pool: string): string {
  const room = 32 - "caj--".length - pool.length;
  return `caj-${truncate(name, room)}-${pool}`;
}

function truncate(text: string, length: number): string {
  return text.slice(0, Math.max(1, length)).replace(/-+$/, "");
}
