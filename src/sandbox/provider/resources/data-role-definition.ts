import { DiagnosticError } from "../engine/diagnostics.js";
import type { DataModel } from "../engine/model.js";
import { asItems, asJson, asText, asTexts, type Json } from "../http/json.js";

const apiVersion = "2022-05-01-preview";

/** A role, built in or custom, by its name or its guid. */
export const roleDefinitionData: DataModel = {
  type: "azurerm_role_definition",
  async read(config, { arm }) {
    const name = config.text("name");
    const guid = config.text("role_definition_id");
    if ((name === undefined) === (guid === undefined)) {
      throw new DiagnosticError("one of `name` and `role_definition_id` must be specified");
    }
    const scope = config.text("scope") ?? "";
    const base = `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
    let found: Json | undefined;
    if (guid !== undefined) {
      found = await arm.find(`${base}/${guid}`, apiVersion);
    } else {
      const filter = { $filter: `roleName eq '${(name ?? "").replaceAll("'", "''")}'` };
      found = (await arm.list(base, apiVersion, { query: filter }))[0];
    }
    if (found === undefined) {
      throw new DiagnosticError(
        `loading Role Definition List: could not find role '${name ?? guid}'`,
      );
    }
    const properties = asJson(found["properties"]);
    const id = asText(found["id"]) ?? "";
    return {
      id,
      name: asText(properties["roleName"]) ?? "",
      role_definition_id: id.split("/").at(-1) ?? "",
      description: asText(properties["description"]) ?? "",
      type: asText(properties["type"]) ?? asText(properties["roleType"]) ?? "",
      assignable_scopes: asTexts(properties["assignableScopes"]),
      permissions: asItems(properties["permissions"]).map((permission) => ({
        actions: asTexts(permission["actions"]),
        not_actions: asTexts(permission["notActions"]),
        data_actions: asTexts(permission["dataActions"]),
        not_data_actions: asTexts(permission["notDataActions"]),
        condition: asText(permission["condition"]) ?? "",
        condition_version: asText(permission["conditionVersion"]) ?? "",
      })),
    };
  },
};
