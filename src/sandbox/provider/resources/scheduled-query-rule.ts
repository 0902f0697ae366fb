import { identityFromWire, identityToWire } from "../arm/identity.js";
import { defineArmResource } from "../arm/resource.js";
import type { AttributeInput } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkEach, checkOneOf, checkRange } from "./checks.js";

export const scheduledQueryRule = defineArmResource({
  type: "azurerm_monitor_scheduled_query_rules_alert_v2",
  label: "Scheduled Query Rule",
  apiVersion: "2023-03-15-preview",
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Insights/scheduledQueryRules/{name}",
  forceNew: ["name", "resource_group_name", "location", "scopes"],
  defaults: {
    auto_mitigation_enabled: false,
    enabled: true,
    skip_query_validation: false,
    workspace_alerts_storage_enabled: false,
  },
  validate: (config) => [
    ...checkRange(config, "severity", 0, 4),
    ...checkEach(config, "criteria", (criteria) => [
      ...checkOneOf(criteria, "operator", [
        "Equal",
        "GreaterThan",
        "GreaterThanOrEqual",
        "LessThan",
        "LessThanOrEqual",
      ]),
      ...checkOneOf(criteria, "time_aggregation_method", [
        "Average",
        "Count",
        "Maximum",
        "Minimum",
        "Total",
      ]),
    ]),
  ],
  request: ({ values }) => {
    const action = values.block("action");
    return {
      location: values.text("location"),
      kind: "LogAlert",
      tags: values.map("tags") ?? {},
      ...(values.has("identity") ? { identity: identityToWire(values) } : {}),
      properties: compact({
        scopes: values.texts("scopes"),
        severity: values.number("severity"),
        description: values.text("description"),
        displayName: values.text("display_name"),
        enabled: values.flag("enabled"),
        autoMitigate: values.flag("auto_mitigation_enabled"),
        evaluationFrequency: values.text("evaluation_frequency"),
        windowSize: values.text("window_duration"),
        muteActionsDuration: values.text("mute_actions_after_alert_duration"),
        overrideQueryTimeRange: values.text("query_time_range_override"),
        skipQueryValidation: values.flag("skip_query_validation"),
        checkWorkspaceAlertsStorageConfigured: values.flag("workspace_alerts_storage_enabled"),
        targetResourceTypes: values.texts("target_resource_types"),
        actions:
          action === undefined
            ? undefined
            : compact({
                actionGroups: action.texts("action_groups"),
                customProperties: action.map("custom_properties"),
              }),
        criteria: { allOf: values.blocks("criteria").map(criteriaToWire) },
      }),
    };
  },
  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    const actions = asJson(properties["actions"]);
    return {
      scopes: asTexts(properties["scopes"]),
      severity: asNumber(properties["severity"]) ?? null,
      description: asText(properties["description"]) ?? null,
      display_name: asText(properties["displayName"]) ?? null,
      enabled: properties["enabled"] !== false,
      auto_mitigation_enabled: properties["autoMitigate"] === true,
      evaluation_frequency: asText(properties["evaluationFrequency"]) ?? null,
      window_duration: asText(properties["windowSize"]) ?? null,
      mute_actions_after_alert_duration: asText(properties["muteActionsDuration"]) ?? null,
      query_time_range_override: asText(properties["overrideQueryTimeRange"]) ?? null,
      skip_query_validation: properties["skipQueryValidation"] === true,
      workspace_alerts_storage_enabled:
        properties["checkWorkspaceAlertsStorageConfigured"] === true,
      target_resource_types: asTexts(properties["targetResourceTypes"]),
      created_with_api_version: asText(properties["createdWithApiVersion"]) ?? "",
      is_a_legacy_log_analytics_rule: properties["isLegacyLogAnalyticsRule"] === true,
      is_workspace_alerts_storage_configured:
        properties["isWorkspaceAlertsStorageConfigured"] === true,
      action:
        properties["actions"] === undefined
          ? []
          : [
              {
                action_groups: asTexts(actions["actionGroups"]),
                custom_properties: asJson(actions["customProperties"]) as Record<string, string>,
              },
            ],
      criteria: asItems(asJson(properties["criteria"])["allOf"]).map(criteriaFromWire),
      identity: identityFromWire(resource),
    };
  },
});

function criteriaToWire(criteria: Reader): Json {
  const periods = criteria.block("failing_periods");
  return compact({
    query: criteria.text("query"),
    operator: criteria.text("operator"),
    threshold: criteria.number("threshold"),
    timeAggregation: criteria.text("time_aggregation_method"),
    metricMeasureColumn: criteria.text("metric_measure_column"),
    resourceIdColumn: criteria.text("resource_id_column"),
    dimensions: criteria.blocks("dimension").map((dimension) => ({
      name: dimension.text("name"),
      operator: dimension.text("operator"),
      values: dimension.texts("values"),
    })),
    failingPeriods:
      periods === undefined
        ? undefined
        : {
            minFailingPeriodsToAlert: periods.number("minimum_failing_periods_to_trigger_alert"),
            numberOfEvaluationPeriods: periods.number("number_of_evaluation_periods"),
          },
  });
}

function criteriaFromWire(criteria: Json): AttributeInput {
  const periods = asJson(criteria["failingPeriods"]);
  return {
    query: asText(criteria["query"]) ?? null,
    operator: asText(criteria["operator"]) ?? null,
    threshold: asNumber(criteria["threshold"]) ?? null,
    time_aggregation_method: asText(criteria["timeAggregation"]) ?? null,
    metric_measure_column: asText(criteria["metricMeasureColumn"]) ?? null,
    resource_id_column: asText(criteria["resourceIdColumn"]) ?? null,
    dimension: asItems(criteria["dimensions"]).map((dimension) => ({
      name: asText(dimension["name"]) ?? null,
      operator: asText(dimension["operator"]) ?? null,
      values: asTexts(dimension["values"]),
    })),
    failing_periods:
      criteria["failingPeriods"] === undefined
        ? []
        : [
            {
              minimum_failing_periods_to_trigger_alert:
                asNumber(periods["minFailingPeriodsToAlert"]) ?? null,
              number_of_evaluation_periods: asNumber(periods["numberOfEvaluationPeriods"]) ?? null,
            },
          ],
  };
}
