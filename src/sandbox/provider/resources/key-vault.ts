import { defineArmResource } from "../arm/resource.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { AttributeInput, Problem, ProviderContext } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkOneOf, checkPattern, checkRange } from "./checks.js";

const apiVersion = "2023-02-01";

export const keyVault = defineArmResource({
  type: "azurerm_key_vault",
  label: "Key Vault",
  apiVersion,
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.KeyVault/vaults/{name}",
  forceNew: ["name", "resource_group_name", "location"],
  defaults: { public_network_access_enabled: true, soft_delete_retention_days: 90 },
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]$/,
      "has 3 to 24 letters, digits and single hyphens, begins with a letter and does not end in a hyphen",
    ),
    ...checkOneOf(config, "sku_name", ["standard", "premium"]),
    ...checkRange(config, "soft_delete_retention_days", 7, 90),
    ...checkConflicts(config),
  ],

  plan({ config, prior, planned }) {
    if (prior === undefined) return {};
    const before = prior.number("soft_delete_retention_days");
    if (before !== undefined && planned["soft_delete_retention_days"] !== before) {
      throw new DiagnosticError("updating `soft_delete_retention_days` is not supported", {
        path: ["soft_delete_retention_days"],
        detail: `The vault was made with ${before} days, and that can be set only once.`,
      });
    }
    if (
      prior.flag("purge_protection_enabled") === true &&
      planned["purge_protection_enabled"] === false
    ) {
      throw new DiagnosticError(
        "once Purge Protection has been Enabled it's not possible to disable it",
        { path: ["purge_protection_enabled"] },
      );
    }
    // Two names of one setting: the one that is not in the configuration follows the other.
    const set =
      config.flag("rbac_authorization_enabled") ?? config.flag("enable_rbac_authorization");
    if (set === undefined) return {};
    return { values: { rbac_authorization_enabled: set, enable_rbac_authorization: set } };
  },

  request: async ({ values, context, existing, id }) => {
    const policies = values.blocks("access_policy").map(policyToWire);
    const recover = existing === undefined && (await isRecoverable(id, values, context));
    return {
      location: values.text("location"),
      tags: values.map("tags") ?? {},
      properties: compact({
        tenantId: values.text("tenant_id"),
        sku: { family: "A", name: values.text("sku_name") },
        accessPolicies: policies,
        enabledForDeployment: values.flag("enabled_for_deployment") ?? false,
        enabledForDiskEncryption: values.flag("enabled_for_disk_encryption") ?? false,
        enabledForTemplateDeployment: values.flag("enabled_for_template_deployment") ?? false,
        enableRbacAuthorization:
          values.flag("rbac_authorization_enabled") ??
          values.flag("enable_rbac_authorization") ??
          false,
        enableSoftDelete: true,
        softDeleteRetentionInDays: values.number("soft_delete_retention_days"),
        // The API refuses an explicit false.
        enablePurgeProtection: values.flag("purge_protection_enabled") === true ? true : undefined,
        publicNetworkAccess:
          values.flag("public_network_access_enabled") === false ? "Disabled" : "Enabled",
        networkAcls: networkRulesToWire(values),
        createMode: recover ? "recover" : undefined,
      }),
    };
  },

  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    const rbac = properties["enableRbacAuthorization"] === true;
    return {
      vault_uri: asText(properties["vaultUri"]) ?? null,
      tenant_id: asText(properties["tenantId"]) ?? null,
      sku_name: asText(asJson(properties["sku"])["name"])?.toLowerCase() ?? null,
      enabled_for_deployment: properties["enabledForDeployment"] === true,
      enabled_for_disk_encryption: properties["enabledForDiskEncryption"] === true,
      enabled_for_template_deployment: properties["enabledForTemplateDeployment"] === true,
      rbac_authorization_enabled: rbac,
      enable_rbac_authorization: rbac,
      soft_delete_retention_days: asNumber(properties["softDeleteRetentionInDays"]) ?? 90,
      purge_protection_enabled: properties["enablePurgeProtection"] === true,
      public_network_access_enabled: asText(properties["publicNetworkAccess"]) !== "Disabled",
      network_acls: networkRulesFromWire(properties["networkAcls"]),
      access_policy: asItems(properties["accessPolicies"]).map(policyFromWire),
    };
  },

  /** By default azurerm purges what it destroys, so that the name is free again. */
  async afterDelete(id, deleted, context) {
    if (vaultFeature(context, "purge_soft_delete_on_destroy") === false) return;
    if (asJson(deleted["properties"])["enablePurgeProtection"] === true) return;
    const path = deletedVaultPath(id, asText(deleted["location"]) ?? "", context);
    if ((await context.arm.find(path, apiVersion)) === undefined) return;
    await context.arm.run("POST", `${path}/purge`, apiVersion, undefined);
  },
});

function checkConflicts(config: Reader): Problem[] {
  const problems: Problem[] = [];
  const both =
    config.flag("rbac_authorization_enabled") !== undefined &&
    config.flag("enable_rbac_authorization") !== undefined;
  if (both) {
    problems.push({
      path: ["enable_rbac_authorization"],
      message: "conflicts with rbac_authorization_enabled",
    });
  }
  if (config.has("contact")) {
    problems.push({ path: ["contact"], message: "the sandbox does not model `contact` yet" });
  }
  return problems;
}

async function isRecoverable(
  id: string,
  values: Reader,
  context: ProviderContext,
): Promise<boolean> {
  const path = deletedVaultPath(id, values.requiredText("location"), context);
  const deleted = await context.arm.find(path, apiVersion);
  if (deleted === undefined) return false;
  if (vaultFeature(context, "recover_soft_deleted_key_vaults") === false) {
    throw new DiagnosticError(
      `an existing soft-deleted Key Vault exists with the Name ${JSON.stringify(values.text("name"))} in this location`,
      {
        detail:
          "The provider feature key_vault.recover_soft_deleted_key_vaults is off: purge the vault or turn it on.",
      },
    );
  }
  return true;
}

function deletedVaultPath(id: string, location: string, context: ProviderContext): string {
  const name = id.split("/").at(-1) ?? "";
  return `/subscriptions/${context.arm.subscriptionId}/providers/Microsoft.KeyVault/locations/${location}/deletedVaults/${name}`;
}

function vaultFeature(context: ProviderContext, name: string): boolean | undefined {
  return context.settings.block("features")?.block("key_vault")?.flag(name);
}

function policyToWire(policy: Reader): Json {
  return compact({
    tenantId: policy.text("tenant_id"),
    objectId: policy.text("object_id"),
    applicationId: policy.text("application_id"),
    permissions: {
      certificates: policy.texts("certificate_permissions") ?? [],
      keys: policy.texts("key_permissions") ?? [],
      secrets: policy.texts("secret_permissions") ?? [],
      storage: policy.texts("storage_permissions") ?? [],
    },
  });
}

function policyFromWire(policy: Json): AttributeInput {
  const permissions = asJson(policy["permissions"]);
  return {
    tenant_id: asText(policy["tenantId"]) ?? null,
    object_id: asText(policy["objectId"]) ?? null,
    application_id: asText(policy["applicationId"]) ?? "",
    certificate_permissions: asTexts(permissions["certificates"]),
    key_permissions: asTexts(permissions["keys"]),
    secret_permissions: asTexts(permissions["secrets"]),
    storage_permissions: asTexts(permissions["storage"]),
  };
}

function networkRulesToWire(values: Reader): Json | undefined {
  const rules = values.block("network_acls");
  if (rules === undefined) return undefined;
  return {
    bypass: rules.text("bypass"),
    defaultAction: rules.text("default_action"),
    ipRules: (rules.texts("ip_rules") ?? []).map((value) => ({ value })),
    virtualNetworkRules: (rules.texts("virtual_network_subnet_ids") ?? []).map((id) => ({ id })),
  };
}

function networkRulesFromWire(value: unknown): AttributeInput {
  const rules = asJson(value);
  if (rules["defaultAction"] === undefined) return [];
  return [
    {
      bypass: asText(rules["bypass"]) ?? null,
      default_action: asText(rules["defaultAction"]) ?? null,
      ip_rules: asItems(rules["ipRules"]).map((rule) => asText(rule["value"]) ?? ""),
      virtual_network_subnet_ids: asItems(rules["virtualNetworkRules"]).map(
        (rule) => asText(rule["id"]) ?? "",
      ),
    },
  ];
}
