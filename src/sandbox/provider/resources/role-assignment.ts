import { randomUUID } from "node:crypto";
import { ArmError } from "../arm/errors.js";
import { describeId, parseId } from "../arm/ids.js";
import { alreadyExists } from "../arm/resource.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asJson, asText, compact, type Json } from "../http/json.js";
import { checkExactlyOne, checkOneOf } from "./checks.js";

const apiVersion = "2022-04-01";
const pattern = "{scope}/providers/Microsoft.Authorization/roleAssignments/{name}";
const label = "Role Assignment";
const retryMilliseconds = 2000;
/** How long a principal may take to become known everywhere after it was made. */
const replicationMilliseconds = 5 * 60_000;

export const roleAssignment: ResourceModel = {
  type: "azurerm_role_assignment",
  forceNew: [
    "name",
    "scope",
    "role_definition_id",
    "role_definition_name",
    "principal_id",
    "principal_type",
    "condition",
    "condition_version",
    "description",
    "delegated_managed_identity_resource_id",
  ],
  validate: (config) => [
    // Either may still be unknown, and then it is given.
    ...(config.value("role_definition_id") === null || config.value("role_definition_name") === null
      ? checkExactlyOne(config, ["role_definition_id", "role_definition_name"])
      : [{ path: ["role_definition_id"], message: "conflicts with role_definition_name" }]),
    ...checkOneOf(config, "principal_type", ["User", "Group", "ServicePrincipal"]),
  ],

  async create(planned, context) {
    const scope = planned.requiredText("scope");
    const name = planned.text("name") ?? randomUUID();
    const id = `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`;
    const roleDefinitionId =
      planned.text("role_definition_id") ??
      (await findRole(scope, planned.requiredText("role_definition_name"), context));
    if ((await context.arm.find(id, apiVersion).catch(rethrow("retrieving", id))) !== undefined) {
      throw alreadyExists("azurerm_role_assignment", id);
    }
    const skipCheck = planned.flag("skip_service_principal_aad_check") === true;
    const body = {
      properties: compact({
        roleDefinitionId,
        principalId: planned.text("principal_id"),
        principalType: skipCheck ? "ServicePrincipal" : planned.text("principal_type"),
        condition: planned.text("condition"),
        conditionVersion: planned.text("condition_version"),
        description: planned.text("description"),
        delegatedManagedIdentityResourceId: planned.text("delegated_managed_identity_resource_id"),
      }),
    };
    await putWhenPrincipalIsKnown(id, body, context).catch(rethrow("creating", id));
    const resource = await context.arm.get(id, apiVersion).catch(rethrow("retrieving", id));
    return toAttributes(id, resource, planned, context);
  },

  async read(state, context) {
    const id = state.requiredText("id");
    const resource = await context.arm.find(id, apiVersion).catch(rethrow("retrieving", id));
    return resource === undefined ? undefined : toAttributes(id, resource, state, context);
  },

  /** azurerm has none: all that can be changed of an assignment needs a new one. */
  async update() {
    throw new DiagnosticError("doesn't support update", {
      detail: "`skip_service_principal_aad_check` can only be set when the assignment is made.",
    });
  },

  async delete(state, context) {
    const id = state.requiredText("id");
    await context.arm.delete(id, apiVersion).catch(rethrow("deleting", id));
  },

  import(id) {
    const parts = parseId(pattern, id);
    if (parts === undefined) throw new DiagnosticError(`parsing the ${label} ID: "${id}"`);
    return { id };
  },
};

async function findRole(scope: string, name: string, context: ProviderContext): Promise<string> {
  const path = `${scope}/providers/Microsoft.Authorization/roleDefinitions`;
  const found = await context.arm
    .list(path, apiVersion, { query: { $filter: `roleName eq '${name.replaceAll("'", "''")}'` } })
    .catch(rethrow("loading Role Definition List for", scope));
  const id = asText(found[0]?.["id"]);
  if (id === undefined) {
    throw new DiagnosticError(`loading Role Definition List: could not find role '${name}'`, {
      path: ["role_definition_name"],
    });
  }
  return id;
}

/**
 * A principal that was made a moment ago is not known everywhere yet.
 * https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails
 */
async function putWhenPrincipalIsKnown(
  id: string,
  body: Json,
  context: ProviderContext,
): Promise<void> {
  const deadline = Date.now() + replicationMilliseconds;
  for (;;) {
    try {
      await context.arm.run("PUT", id, apiVersion, body);
      return;
    } catch (error) {
      const unknown = error instanceof ArmError && error.code === "PrincipalNotFound";
      if (!unknown || Date.now() > deadline) throw error;
      await context.pause(retryMilliseconds);
    }
  }
}

async function toAttributes(
  id: string,
  resource: Json,
  state: Reader,
  context: ProviderContext,
): Promise<Attributes> {
  const properties = asJson(resource["properties"]);
  const roleId = asText(properties["roleDefinitionId"]) ?? "";
  const role = await context.arm.find(roleId, apiVersion).catch(() => undefined);
  const parts = parseId(pattern, id);
  return {
    id,
    name: parts?.["name"] ?? null,
    scope: parts?.["scope"] ?? null,
    role_definition_id: roleId,
    role_definition_name:
      asText(asJson(role?.["properties"])["roleName"]) ??
      state.text("role_definition_name") ??
      null,
    principal_id: asText(properties["principalId"]) ?? null,
    principal_type: asText(properties["principalType"]) ?? null,
    condition: asText(properties["condition"]) ?? null,
    condition_version: asText(properties["conditionVersion"]) ?? null,
    description: asText(properties["description"]) ?? null,
    delegated_managed_identity_resource_id:
      asText(properties["delegatedManagedIdentityResourceId"]) ?? null,
  };
}

function rethrow(doing: string, id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError)) throw error;
    throw new DiagnosticError(`${doing} ${describeId(label, id)}: ${error.message}`);
  };
}
