import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProviderSchema } from "./types.js";

const addresses: Readonly<Record<string, string>> = {
  azurerm: "registry.terraform.io/hashicorp/azurerm",
  azapi: "registry.terraform.io/azure/azapi",
  github: "registry.terraform.io/integrations/github",
};

/** The real provider's schema, from the file beside the program unless the environment names another. */
export function loadProviderSchema(provider: string): ProviderSchema {
  const address = addresses[provider];
  if (address === undefined) {
    throw new Error(`no schema for "${provider}"; one of: ${Object.keys(addresses).join(", ")}`);
  }
  const file =
    process.env["RUNNERCTL_PROVIDER_SCHEMAS"] ??
    join(dirname(fileURLToPath(import.meta.url)), "provider-schemas.json");
  const all = JSON.parse(readFileSync(file, "utf8")) as {
    provider_schemas: Record<string, ProviderSchema>;
  };
  const schema = all.provider_schemas[address];
  if (schema === undefined) throw new Error(`${file} holds no schema of ${address}`);
  return schema;
}
