import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { subscriptionUnknown } from "../errors/catalogue/credentials.js";

export interface SubscriptionChoice {
  readonly subscriptionId: string;
  readonly tenantId?: string;
  readonly from: "configuration" | "Azure CLI";
}

/**
 * The subscription to work in: what is configured, else the Azure CLI's default, read from the file
 * in which the CLI keeps it (`azureProfile.json` in AZURE_CONFIG_DIR, by default ~/.azure).
 */
export async function resolveSubscription(options: {
  readonly configured?: string | undefined;
  readonly cliConfigDir: string;
}): Promise<SubscriptionChoice> {
  if (options.configured !== undefined) {
    return { subscriptionId: options.configured, from: "configuration" };
  }
  const profile = join(options.cliConfigDir, "azureProfile.json");
  const chosen = readDefault(await readProfile(profile));
  if (chosen === undefined) throw subscriptionUnknown(profile);
  return { ...chosen, from: "Azure CLI" };
}

async function readProfile(file: string): Promise<unknown> {
  try {
    // The CLI writes a byte order mark, which JSON.parse refuses.
    return JSON.parse((await readFile(file, "utf8")).replace(/^\uFEFF/, ""));
  } catch {
    return undefined;
  }
}

interface CliSubscription {
  readonly id?: unknown;
  readonly tenantId?: unknown;
  readonly isDefault?: unknown;
}

function readDefault(
  profile: unknown,
): { readonly subscriptionId: string; readonly tenantId?: string } | undefined {
  const list = (profile as { subscriptions?: unknown } | undefined)?.subscriptions;
  if (!Array.isArray(list)) return undefined;
  const found = (list as CliSubscription[]).find((entry) => entry.isDefault === true);
  if (typeof found?.id !== "string") return undefined;
  return {
    subscriptionId: found.id,
    ...(typeof found.tenantId === "string" ? { tenantId: found.tenantId } : {}),
  };
}
