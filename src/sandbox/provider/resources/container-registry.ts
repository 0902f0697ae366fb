import { identityFromWire, identityToWire } from "../arm/identity.js";
import { defineArmResource } from "../arm/resource.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { AttributeInput, Problem, ProviderContext } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkOneOf, checkPattern } from "./checks.js";

const apiVersion = "2025-04-01";

const premiumFlags: readonly { name: string; value: boolean }[] = [
  { name: "zone_redundancy_enabled", value: true },
  { name: "data_endpoint_enabled", value: true },
  { name: "trust_policy_enabled", value: true },
  { name: "quarantine_policy_enabled", value: true },
  { name: "public_network_access_enabled", value: false },
  { name: "export_policy_enabled", value: false },
];

export const containerRegistry = defineArmResource({
  type: "azurerm_container_registry",
  label: "Container Registry",
  apiVersion,
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.ContainerRegistry/registries/{name}",
  forceNew: ["name", "resource_group_name", "location", "zone_redundancy_enabled"],
  defaults: {
    admin_enabled: false,
    anonymous_pull_enabled: false,
    data_endpoint_enabled: false,
    export_policy_enabled: true,
    network_rule_bypass_option: "AzureServices",
    public_network_access_enabled: true,
    quarantine_policy_enabled: false,
    trust_policy_enabled: false,
    zone_redundancy_enabled: false,
  },
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^[a-zA-Z0-9]{5,50}$/,
      "may only contain alphanumeric characters, 5 to 50 of them",
    ),
    ...checkOneOf(config, "sku", ["Basic", "Standard", "Premium"]),
    ...checkOneOf(config, "network_rule_bypass_option", ["AzureServices", "None"]),
    ...checkSku(config),
  ],

  async beforeCreate({ values, context, id }) {
    const name = values.requiredText("name");
    const answer = await context.arm.run(
      "POST",
      `/subscriptions/${context.arm.subscriptionId}/providers/Microsoft.ContainerRegistry/checkNameAvailability`,
      apiVersion,
      { name, type: "Microsoft.ContainerRegistry/registries" },
    );
    if (answer["nameAvailable"] !== false) return;
    throw new DiagnosticError(
      `the name ${JSON.stringify(name)} used for the Container Registry needs to be globally ` +
        `unique and isn't available: ${asText(answer["message"]) ?? "it is taken"}`,
      { path: ["name"], detail: `Nothing was made at ${id}.` },
    );
  },

  request: ({ values }) => {
    const premium = values.text("sku") === "Premium";
    const retention = values.number("retention_policy_in_days");
    return {
      location: values.text("location"),
      sku: { name: values.text("sku") },
      tags: values.map("tags") ?? {},
      identity: identityToWire(values),
      properties: compact({
        adminUserEnabled: values.flag("admin_enabled"),
        anonymousPullEnabled: values.flag("anonymous_pull_enabled"),
        dataEndpointEnabled: values.flag("data_endpoint_enabled"),
        publicNetworkAccess: onOff(values.flag("public_network_access_enabled")),
        zoneRedundancy: onOff(values.flag("zone_redundancy_enabled")),
        networkRuleBypassOptions: values.text("network_rule_bypass_option"),
        networkRuleSet: premium ? networkRulesToWire(values) : undefined,
        policies: compact({
          quarantinePolicy: { status: lower(values.flag("quarantine_policy_enabled")) },
          trustPolicy: { status: lower(values.flag("trust_policy_enabled")), type: "Notary" },
          exportPolicy: { status: lower(values.flag("export_policy_enabled")) },
          retentionPolicy: premium
            ? { status: lower(retention !== undefined), ...compact({ days: retention }) }
            : undefined,
        }),
      }),
    };
  },

  async attributes({ resource, id, context }) {
    const properties = asJson(resource["properties"]);
    const policies = asJson(properties["policies"]);
    const retention = asJson(policies["retentionPolicy"]);
    const admin = properties["adminUserEnabled"] === true;
    return {
      sku: asText(asJson(resource["sku"])["name"]) ?? null,
      login_server: asText(properties["loginServer"]) ?? null,
      admin_enabled: admin,
      ...(await readCredentials(id, admin, context)),
      anonymous_pull_enabled: properties["anonymousPullEnabled"] === true,
      data_endpoint_enabled: properties["dataEndpointEnabled"] === true,
      data_endpoint_host_names: asTexts(properties["dataEndpointHostNames"]),
      public_network_access_enabled: !isState(properties["publicNetworkAccess"], "Disabled"),
      zone_redundancy_enabled: isState(properties["zoneRedundancy"], "Enabled"),
      network_rule_bypass_option: asText(properties["networkRuleBypassOptions"]) ?? "AzureServices",
      network_rule_set: networkRulesFromWire(properties["networkRuleSet"]),
      quarantine_policy_enabled: isState(asJson(policies["quarantinePolicy"])["status"], "enabled"),
      trust_policy_enabled: isState(asJson(policies["trustPolicy"])["status"], "enabled"),
      export_policy_enabled: !isState(asJson(policies["exportPolicy"])["status"], "disabled"),
      retention_policy_in_days: isState(retention["status"], "enabled")
        ? (asNumber(retention["days"]) ?? null)
        : null,
      encryption: [],
      identity: identityFromWire(resource),
    };
  },
});

function checkSku(config: Reader): Problem[] {
  const sku = config.text("sku");
  const problems: Problem[] = [];
  const refuse = (name: string, message: string): number =>
    problems.push({ path: [name], message });
  if (sku !== undefined && sku !== "Premium") {
    for (const { name, value } of premiumFlags) {
      if (config.flag(name) === value) {
        refuse(name, `\`${name} = ${value}\` is only available with the Premium SKU`);
      }
    }
    for (const name of ["retention_policy_in_days", "network_rule_set", "encryption"]) {
      if (config.has(name)) refuse(name, `\`${name}\` is only available with the Premium SKU`);
    }
    if (sku === "Basic" && config.flag("anonymous_pull_enabled") === true) {
      refuse(
        "anonymous_pull_enabled",
        "`anonymous_pull_enabled` needs the Standard or Premium SKU",
      );
    }
  }
  if (
    config.flag("export_policy_enabled") === false &&
    config.flag("public_network_access_enabled") !== false
  ) {
    refuse(
      "export_policy_enabled",
      "`export_policy_enabled = false` needs `public_network_access_enabled = false`",
    );
  }
  for (const name of ["georeplications", "encryption"]) {
    if (config.has(name)) refuse(name, `the sandbox does not model \`${name}\` of a registry yet`);
  }
  return problems;
}

async function readCredentials(
  id: string,
  enabled: boolean,
  context: ProviderContext,
): Promise<{ admin_username: string; admin_password: string }> {
  if (!enabled) return { admin_username: "", admin_password: "" };
  const answer = await context.arm.run("POST", `${id}/listCredentials`, apiVersion, undefined);
  return {
    admin_username: asText(answer["username"]) ?? "",
    admin_password: asText(asItems(answer["passwords"])[0]?.["value"]) ?? "",
  };
}

function networkRulesToWire(values: Reader): Json | undefined {
  const rules = values.block("network_rule_set");
  if (rules === undefined) return undefined;
  return {
    defaultAction: rules.text("default_action") ?? "Allow",
    ipRules: rules
      .blocks("ip_rule")
      .map((rule) => ({ action: rule.text("action"), value: rule.text("ip_range") })),
  };
}

function networkRulesFromWire(value: unknown): AttributeInput {
  if (value === undefined || value === null) return [];
  const rules = asJson(value);
  return [
    {
      default_action: asText(rules["defaultAction"]) ?? "Allow",
      ip_rule: asItems(rules["ipRules"]).map((rule) => ({
        action: asText(rule["action"]) ?? "Allow",
        ip_range: asText(rule["value"]) ?? null,
      })),
    },
  ];
}

function onOff(flag: boolean | undefined): "Enabled" | "Disabled" {
  return flag === true ? "Enabled" : "Disabled";
}

function lower(flag: boolean | undefined): "enabled" | "disabled" {
  return flag === true ? "enabled" : "disabled";
}

function isState(value: unknown, state: string): boolean {
  return asText(value)?.toLowerCase() === state.toLowerCase();
}
