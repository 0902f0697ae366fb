import { DiagnosticError } from "../engine/diagnostics.js";
import type { DataModel } from "../engine/model.js";
import { asJson, asText } from "../http/json.js";
import { makeDynamic } from "../protocol/values.js";
import { exportValues } from "./azapi-json.js";
import { findTarget, parseType, rethrowArm } from "./azapi-target.js";

/** Any existing resource of ARM. */
export const azapiResourceData: DataModel = {
  type: "azapi_resource",
  async read(config, { arm }) {
    const target = findTarget(config, arm.subscriptionId);
    if (target === undefined) {
      throw new DiagnosticError("one of `resource_id` and `name` with `parent_id` must be set");
    }
    const { apiVersion } = parseType(config);
    const found = await arm
      .find(target.id, apiVersion)
      .catch(rethrowArm("Failed to retrieve resource", target.id));
    if (found === undefined && config.flag("ignore_not_found") !== true) {
      throw new DiagnosticError("Resource not found", {
        detail: `resource ${JSON.stringify(target.id)} does not exist`,
      });
    }
    const identity = asJson(found?.["identity"]);
    return {
      id: target.id,
      resource_id: target.id,
      name: target.name,
      parent_id: target.parentId,
      exists: found !== undefined,
      location: asText(found?.["location"]) ?? null,
      tags: asJson(found?.["tags"]) as Record<string, string>,
      identity:
        identity["type"] === undefined
          ? []
          : [
              {
                type: asText(identity["type"]) ?? null,
                identity_ids: Object.keys(asJson(identity["userAssignedIdentities"])),
                principal_id: asText(identity["principalId"]) ?? "",
                tenant_id: asText(identity["tenantId"]) ?? "",
              },
            ],
      output: makeDynamic(exportValues(config, found ?? {})),
    };
  },
};

/** Every resource of a type below a parent. */
export const azapiResourceListData: DataModel = {
  type: "azapi_resource_list",
  async read(config, { arm }) {
    const { name, apiVersion } = parseType(config);
    const parent = config.requiredText("parent_id");
    const child = name.split("/").length > 2;
    const path = child ? `${parent}/${name.split("/").at(-1)}` : `${parent}/providers/${name}`;
    const value = await arm
      .list(path, apiVersion)
      .catch(rethrowArm("Failed to list resources", path));
    const response = { value };
    return { id: path, output: makeDynamic(exportValues(config, response)) };
  },
};

/** A read-only request, such as `listKeys`. */
export const azapiResourceActionData: DataModel = {
  type: "azapi_resource_action",
  async read(config, { arm }) {
    const id = config.requiredText("resource_id");
    const action = config.text("action");
    const path = action === undefined ? id : `${id}/${action}`;
    const { apiVersion } = parseType(config);
    const get = config.text("method") === "GET";
    const answer = await (
      get ? arm.get(path, apiVersion) : arm.run("POST", path, apiVersion, undefined)
    ).catch(rethrowArm("Failed to perform action", path));
    return {
      id: path,
      method: get ? "GET" : "POST",
      output: makeDynamic(exportValues(config, answer)),
      sensitive_output: makeDynamic(
        exportValues(config, answer, "sensitive_response_export_values"),
      ),
    };
  },
};
