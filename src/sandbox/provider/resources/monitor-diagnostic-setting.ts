import { describeId } from "../arm/ids.js";
import { ArmError } from "../arm/errors.js";
import { alreadyExists } from "../arm/resource.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asText, compact, type Json } from "../http/json.js";

const apiVersion = "2021-05-01-preview";

/** Its id in Terraform is `{target}|{name}`. */
export const monitorDiagnosticSetting: ResourceModel = {
  type: "azurerm_monitor_diagnostic_setting",
  forceNew: ["name", "target_resource_id"],
  defaults: { metric: { enabled: true } },
  validate: (config) =>
    [
      "log_analytics_workspace_id",
      "storage_account_id",
      "eventhub_authorization_rule_id",
      "partner_solution_id",
    ].some((name) => config.value(name) !== null)
      ? []
      : [{ path: ["name"], message: "a diagnostic setting needs at least one destination" }],

  async create(planned, context) {
    const id = `${planned.requiredText("target_resource_id")}|${planned.requiredText("name")}`;
    const existing = await context.arm
      .find(pathOf(id), apiVersion)
      .catch(rethrow("retrieving", id));
    if (existing !== undefined) throw alreadyExists("azurerm_monitor_diagnostic_setting", id);
    return put(id, planned, context);
  },
  update: (planned, prior, context) => put(prior.requiredText("id"), planned, context),
  async read(state, context) {
    const id = state.requiredText("id");
    const found = await context.arm.find(pathOf(id), apiVersion).catch(rethrow("retrieving", id));
    return found === undefined ? undefined : toAttributes(id, found);
  },
  async delete(state, context) {
    const id = state.requiredText("id");
    await context.arm.delete(pathOf(id), apiVersion).catch(rethrow("deleting", id));
  },
  import(id) {
    if (!id.includes("|"))
      throw new DiagnosticError(`expected {target}|{name}, got ${JSON.stringify(id)}`);
    return { id };
  },
};

async function put(id: string, values: Reader, context: ProviderContext): Promise<Attributes> {
  const logs = values.blocks("enabled_log").map((log) =>
    compact({
      category: log.text("category"),
      categoryGroup: log.text("category_group"),
      enabled: true,
    }),
  );
  const metrics = [
    ...values
      .blocks("enabled_metric")
      .map((metric) => ({ category: metric.text("category"), enabled: true })),
    ...values
      .blocks("metric")
      .map((metric) => ({ category: metric.text("category"), enabled: metric.flag("enabled") })),
  ];
  const body = {
    properties: compact({
      workspaceId: values.text("log_analytics_workspace_id"),
      storageAccountId: values.text("storage_account_id"),
      eventHubAuthorizationRuleId: values.text("eventhub_authorization_rule_id"),
      eventHubName: values.text("eventhub_name"),
      marketplacePartnerId: values.text("partner_solution_id"),
      logAnalyticsDestinationType: values.text("log_analytics_destination_type"),
      logs,
      metrics,
    }),
  };
  await context.arm.run("PUT", pathOf(id), apiVersion, body).catch(rethrow("creating", id));
  return toAttributes(id, await context.arm.get(pathOf(id), apiVersion));
}

function toAttributes(id: string, resource: Json): Attributes {
  const [target = "", name = ""] = id.split("|");
  const properties = asJson(resource["properties"]);
  const metrics = asItems(properties["metrics"]).filter((metric) => metric["enabled"] === true);
  return {
    id,
    name,
    target_resource_id: target,
    log_analytics_workspace_id: asText(properties["workspaceId"]) ?? null,
    log_analytics_destination_type: asText(properties["logAnalyticsDestinationType"]) ?? "",
    storage_account_id: asText(properties["storageAccountId"]) ?? null,
    eventhub_authorization_rule_id: asText(properties["eventHubAuthorizationRuleId"]) ?? null,
    eventhub_name: asText(properties["eventHubName"]) ?? null,
    partner_solution_id: asText(properties["marketplacePartnerId"]) ?? null,
    enabled_log: asItems(properties["logs"])
      .filter((log) => log["enabled"] === true)
      .map((log) => ({
        category: asText(log["category"]) ?? null,
        category_group: asText(log["categoryGroup"]) ?? null,
      })),
    enabled_metric: metrics.map((metric) => ({ category: asText(metric["category"]) ?? null })),
  };
}

function pathOf(id: string): string {
  const [target = "", name = ""] = id.split("|");
  return `${target}/providers/Microsoft.Insights/diagnosticSettings/${name}`;
}

function rethrow(doing: string, id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError)) throw error;
    throw new DiagnosticError(
      `${doing} Monitor ${describeId("Diagnostic Setting", pathOf(id))}: ${error.message}`,
    );
  };
}
