import { DiagnosticError } from "../engine/diagnostics.js";
import type { DataModel } from "../engine/model.js";
import { asText } from "../http/json.js";
import { parseId } from "../arm/ids.js";

/** Who Terraform is: from the claims of its token. */
export const clientConfig: DataModel = {
  type: "azurerm_client_config",
  async read(_config, { arm }) {
    const claims = await arm.claims();
    const { clientId, tenantId } = arm.connection;
    const object = asText(claims["oid"]) ?? "";
    return {
      id: Buffer.from(`${clientId}/${object}/${arm.subscriptionId}/${tenantId}`).toString("base64"),
      client_id: clientId,
      object_id: object,
      subscription_id: arm.subscriptionId,
      tenant_id: asText(claims["tid"]) ?? tenantId,
    };
  },
};

export const azapiClientConfig: DataModel = {
  type: "azapi_client_config",
  async read(_config, { arm }) {
    const claims = await arm.claims();
    return {
      id: `clientConfigs/subscriptionId=${arm.subscriptionId};tenantId=${arm.connection.tenantId}`,
      object_id: asText(claims["oid"]) ?? "",
      subscription_id: arm.subscriptionId,
      subscription_resource_id: `/subscriptions/${arm.subscriptionId}`,
      tenant_id: asText(claims["tid"]) ?? arm.connection.tenantId,
    };
  },
};

export const subscription: DataModel = {
  type: "azurerm_subscription",
  async read(config, { arm }) {
    const subscriptionId = config.text("subscription_id") ?? arm.subscriptionId;
    const id = `/subscriptions/${subscriptionId}`;
    const found = await arm.find(id, "2022-12-01");
    if (found === undefined) {
      throw new DiagnosticError(`Subscription ${JSON.stringify(subscriptionId)} was not found`);
    }
    const policies = (found["subscriptionPolicies"] ?? {}) as Record<string, unknown>;
    return {
      id,
      subscription_id: subscriptionId,
      display_name: asText(found["displayName"]) ?? "",
      state: asText(found["state"]) ?? "Enabled",
      tenant_id: asText(found["tenantId"]) ?? arm.connection.tenantId,
      location_placement_id: asText(policies["locationPlacementId"]) ?? "",
      quota_id: asText(policies["quotaId"]) ?? "",
      spending_limit: asText(policies["spendingLimit"]) ?? "",
      tags: (found["tags"] ?? {}) as Record<string, string>,
    };
  },
};

const resourceIdPattern =
  "/subscriptions/{subscription}/resourceGroups/{group}/providers/{namespace}/{type}/{name}";

/** The parts of an id, without asking anybody. */
export const azapiResourceId: DataModel = {
  type: "azapi_resource_id",
  read: async (config, { arm }) => {
    const [type = ""] = config.requiredText("type").split("@");
    const parent = config.text("parent_id");
    const name = config.text("name");
    const id =
      config.text("resource_id") ??
      (parent === undefined || name === undefined
        ? undefined
        : `${parent}${type.split("/").length > 2 ? `/${type.split("/").at(-1)}` : `/providers/${type}`}/${name}`);
    if (id === undefined) {
      throw new DiagnosticError("one of `resource_id` and `name` with `parent_id` must be set");
    }
    const parts = parseId(resourceIdPattern, id);
    return {
      id,
      resource_id: id,
      name: id.split("/").at(-1) ?? "",
      parent_id: parent ?? id.replace(/\/providers\/[^/]+\/[^/]+\/[^/]+$/, ""),
      provider_namespace: type.split("/")[0] ?? "",
      resource_group_name: parts?.["group"] ?? "",
      subscription_id: parts?.["subscription"] ?? arm.subscriptionId,
      parts: parts === undefined ? {} : { resourceGroups: parts["group"] ?? "" },
    };
  },
};
