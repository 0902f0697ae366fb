import { identityFromWire, identityToWire } from "../arm/identity.js";
import { defineArmResource } from "../arm/resource.js";
import { asJson, asNumber, asText, compact } from "../http/json.js";
import { checkPattern, checkRange } from "./checks.js";

const sharedKeysVersion = "2020-08-01";

export const logAnalyticsWorkspace = defineArmResource({
  type: "azurerm_log_analytics_workspace",
  label: "Workspace",
  apiVersion: "2022-10-01",
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.OperationalInsights/workspaces/{name}",
  forceNew: ["name", "resource_group_name", "location"],
  defaults: {
    allow_resource_only_permissions: true,
    daily_quota_gb: -1,
    internet_ingestion_enabled: true,
    internet_query_enabled: true,
    local_authentication_enabled: true,
    sku: "PerGB2018",
  },
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
      "has 4 to 63 letters, digits and -, with no - at either end",
    ),
    ...(config.number("retention_in_days") === 7
      ? []
      : checkRange(config, "retention_in_days", 30, 730)),
    ...(config.flag("local_authentication_disabled") === undefined
      ? []
      : [
          {
            path: ["local_authentication_disabled"],
            message: "is deprecated: set `local_authentication_enabled` instead",
          },
        ]),
  ],

  request: ({ values }) => ({
    location: values.text("location"),
    tags: values.map("tags") ?? {},
    ...(values.has("identity") ? { identity: identityToWire(values) } : {}),
    properties: compact({
      sku: compact({
        name: values.text("sku"),
        capacityReservationLevel: values.number("reservation_capacity_in_gb_per_day"),
      }),
      retentionInDays: values.number("retention_in_days"),
      publicNetworkAccessForIngestion: enabled(values.flag("internet_ingestion_enabled")),
      publicNetworkAccessForQuery: enabled(values.flag("internet_query_enabled")),
      workspaceCapping: { dailyQuotaGb: values.number("daily_quota_gb") },
      forceCmkForQuery: values.flag("cmk_for_query_forced"),
      defaultDataCollectionRuleResourceId: values.text("data_collection_rule_id"),
      features: compact({
        enableLogAccessUsingOnlyResourcePermissions: values.flag("allow_resource_only_permissions"),
        disableLocalAuth: values.flag("local_authentication_enabled") === false,
        immediatePurgeDataOn30Days: values.flag("immediate_data_purge_on_30_days_enabled"),
      }),
    }),
  }),

  async attributes({ id, resource, context }) {
    const properties = asJson(resource["properties"]);
    const sku = asJson(properties["sku"]);
    const features = asJson(properties["features"]);
    const keys = await context.arm.run("POST", `${id}/sharedKeys`, sharedKeysVersion, undefined);
    const local = features["disableLocalAuth"] !== true;
    return {
      workspace_id: asText(properties["customerId"]) ?? null,
      primary_shared_key: asText(keys["primarySharedKey"]) ?? null,
      secondary_shared_key: asText(keys["secondarySharedKey"]) ?? null,
      sku: spellSku(asText(sku["name"])),
      reservation_capacity_in_gb_per_day: asNumber(sku["capacityReservationLevel"]) ?? null,
      retention_in_days: asNumber(properties["retentionInDays"]) ?? 30,
      daily_quota_gb: asNumber(asJson(properties["workspaceCapping"])["dailyQuotaGb"]) ?? -1,
      internet_ingestion_enabled: properties["publicNetworkAccessForIngestion"] !== "Disabled",
      internet_query_enabled: properties["publicNetworkAccessForQuery"] !== "Disabled",
      cmk_for_query_forced: properties["forceCmkForQuery"] === true,
      data_collection_rule_id: asText(properties["defaultDataCollectionRuleResourceId"]) ?? null,
      allow_resource_only_permissions:
        features["enableLogAccessUsingOnlyResourcePermissions"] !== false,
      immediate_data_purge_on_30_days_enabled: features["immediatePurgeDataOn30Days"] === true,
      local_authentication_enabled: local,
      local_authentication_disabled: !local,
      identity: identityFromWire(resource),
    };
  },

  deleteQuery(context) {
    const features = context.settings.block("features")?.block("log_analytics_workspace");
    return { force: String(features?.flag("permanently_delete_on_destroy") === true) };
  },
});

function enabled(flag: boolean | undefined): "Enabled" | "Disabled" {
  return flag === false ? "Disabled" : "Enabled";
}

/** The API answers in lower case. */
function spellSku(name: string | undefined): string {
  const known = [
    "PerGB2018",
    "CapacityReservation",
    "LACluster",
    "PerNode",
    "Premium",
    "Standalone",
  ];
  return known.find((sku) => sku.toLowerCase() === name?.toLowerCase()) ?? name ?? "PerGB2018";
}
