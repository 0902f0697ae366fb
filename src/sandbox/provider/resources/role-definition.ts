import { randomUUID } from "node:crypto";
import { ArmError } from "../arm/errors.js";
import { describeId } from "../arm/ids.js";
import { alreadyExists } from "../arm/resource.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asText, asTexts, compact, type Json } from "../http/json.js";

export const roleDefinitionVersion = "2022-05-01-preview";
const label = "Role Definition";

/** azurerm's id is the ARM id and the scope, since a definition is listed at every scope below. */
export const roleDefinition: ResourceModel = {
  type: "azurerm_role_definition",
  forceNew: ["role_definition_id", "scope"],

  async create(planned, context) {
    const scope = planned.requiredText("scope");
    const guid = planned.text("role_definition_id") ?? randomUUID();
    const armId = `${scope}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
    const existing = await context.arm
      .find(armId, roleDefinitionVersion)
      .catch(rethrow("retrieving", armId));
    if (existing !== undefined) throw alreadyExists("azurerm_role_definition", `${armId}|${scope}`);
    return put(armId, scope, planned, context, "creating");
  },

  async read(state, context) {
    const [armId = "", scope = ""] = state.requiredText("id").split("|");
    const resource = await context.arm
      .find(armId, roleDefinitionVersion)
      .catch(rethrow("retrieving", armId));
    return resource === undefined ? undefined : toAttributes(armId, scope, resource);
  },

  async update(planned, prior, context) {
    const [armId = "", scope = ""] = prior.requiredText("id").split("|");
    return put(armId, scope, planned, context, "updating");
  },

  async delete(state, context) {
    const [armId = ""] = state.requiredText("id").split("|");
    await context.arm.delete(armId, roleDefinitionVersion).catch(rethrow("deleting", armId));
  },

  import(id) {
    if (!/^.+\/roleDefinitions\/[^/|]+\|.+$/i.test(id)) {
      throw new DiagnosticError(`parsing the ${label} ID: "${id}"`, {
        detail: "Expected an ID of the form {roleDefinitionId}|{scope}",
      });
    }
    return { id };
  },
};

async function put(
  armId: string,
  scope: string,
  values: Reader,
  context: ProviderContext,
  doing: string,
): Promise<Attributes> {
  const scopes = values.texts("assignable_scopes") ?? [];
  const body = {
    properties: compact({
      roleName: values.text("name"),
      description: values.text("description"),
      type: "CustomRole",
      assignableScopes: scopes.length === 0 ? [scope] : scopes,
      permissions: values.blocks("permissions").map((permission) => ({
        actions: permission.texts("actions") ?? [],
        notActions: permission.texts("not_actions") ?? [],
        dataActions: permission.texts("data_actions") ?? [],
        notDataActions: permission.texts("not_data_actions") ?? [],
      })),
    }),
  };
  await context.arm.run("PUT", armId, roleDefinitionVersion, body).catch(rethrow(doing, armId));
  const resource = await context.arm
    .get(armId, roleDefinitionVersion)
    .catch(rethrow("retrieving", armId));
  return toAttributes(armId, scope, resource);
}

function toAttributes(armId: string, scope: string, resource: Json): Attributes {
  const properties = asJson(resource["properties"]);
  return {
    id: `${armId}|${scope}`,
    role_definition_resource_id: asText(resource["id"]) ?? armId,
    role_definition_id: armId.split("/").at(-1) ?? null,
    scope,
    name: asText(properties["roleName"]) ?? null,
    description: asText(properties["description"]) ?? null,
    assignable_scopes: asTexts(properties["assignableScopes"]),
    permissions: asItems(properties["permissions"]).map((permission) => ({
      actions: asTexts(permission["actions"]),
      not_actions: asTexts(permission["notActions"]),
      data_actions: asTexts(permission["dataActions"]),
      not_data_actions: asTexts(permission["notDataActions"]),
    })),
  };
}

function rethrow(doing: string, id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError)) throw error;
    throw new DiagnosticError(`${doing} ${describeId(label, id)}: ${error.message}`);
  };
}
