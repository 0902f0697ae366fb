import { randomBytes, randomUUID } from "node:crypto";
import type { Collection } from "./ports.js";

/** Who the sandbox is, from its first start on: its tenant, its subscription and its first caller. */
export interface SandboxIdentity {
  readonly tenantId: string;
  readonly subscriptionId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly objectId: string;
}

export type SandboxSeed = Partial<Pick<SandboxIdentity, "tenantId" | "subscriptionId">>;

/** Fixed, so that names derived from them are the same in every sandbox. */
const tenantId = "7e2a2d0c-5a4d-4b0e-9a53-0b0c5a4d0001";
const subscriptionId = "5ab0c0de-5a4d-4b0e-9a53-0b0c5a4d0002";

export function loadIdentity(
  collection: Collection<SandboxIdentity>,
  seed: SandboxSeed,
): SandboxIdentity {
  const known = collection.get("self");
  if (known !== undefined) return known;
  const made: SandboxIdentity = {
    tenantId: seed.tenantId ?? tenantId,
    subscriptionId: seed.subscriptionId ?? subscriptionId,
    clientId: randomUUID(),
    clientSecret: randomBytes(30).toString("base64url"),
    objectId: randomUUID(),
  };
  collection.set("self", made);
  return made;
}

export interface OverlayFacts {
  readonly identity: SandboxIdentity;
  readonly origin: string;
  readonly caFile: string;
  readonly terraformConfig: string;
}

/** The variables that point any client at the sandbox. */
export function makeEnvironment(facts: OverlayFacts): Record<string, string> {
  const { identity, origin, caFile } = facts;
  return {
    ARM_METADATA_HOSTNAME: new URL(origin).host,
    ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST: origin,
    ARM_RESOURCE_MANAGER_ENDPOINT: origin,
    ARM_RESOURCE_MANAGER_AUDIENCE: "https://management.azure.com/",
    ARM_DISABLE_INSTANCE_DISCOVERY: "true",
    ARM_TENANT_ID: identity.tenantId,
    ARM_CLIENT_ID: identity.clientId,
    ARM_CLIENT_SECRET: identity.clientSecret,
    ARM_SUBSCRIPTION_ID: identity.subscriptionId,
    AZURE_AUTHORITY_HOST: origin,
    AZURE_TENANT_ID: identity.tenantId,
    AZURE_CLIENT_ID: identity.clientId,
    AZURE_CLIENT_SECRET: identity.clientSecret,
    AZURE_SUBSCRIPTION_ID: identity.subscriptionId,
    SSL_CERT_FILE: caFile,
    NODE_EXTRA_CA_CERTS: caFile,
    REQUESTS_CA_BUNDLE: caFile,
    TF_CLI_CONFIG_FILE: facts.terraformConfig,
    TF_DISABLE_PLUGIN_TLS: "1",
    RUNNERCTL_GITHUB_URL: origin,
    RUNNERCTL_SUBSCRIPTION_ID: identity.subscriptionId,
  };
}
