import { DiagnosticError } from "../engine/diagnostics.js";
import { defineArmResource } from "../arm/resource.js";
import { asText, compact } from "../http/json.js";
import { checkPattern } from "./checks.js";

export const resourceGroup = defineArmResource({
  type: "azurerm_resource_group",
  label: "Resource Group",
  apiVersion: "2023-07-01",
  id: "/subscriptions/{subscription}/resourceGroups/{name}",
  forceNew: ["name", "location"],
  // https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
  validate: (config) =>
    checkPattern(
      config,
      "name",
      /^[-\w._()]{0,89}[-\w_()]$/,
      "may only contain alphanumeric characters, dash, underscores, parentheses and periods, " +
        "has at most 90 and does not end in a period",
    ),
  request: ({ values }) =>
    compact({
      location: values.text("location"),
      managedBy: values.text("managed_by"),
      tags: values.map("tags") ?? {},
    }),
  attributes: ({ resource }) => ({ managed_by: asText(resource["managedBy"]) ?? null }),
  async beforeDelete(id, context) {
    const features = context.settings.block("features")?.block("resource_group");
    if (features?.flag("prevent_deletion_if_contains_resources") === false) return;
    const left = await context.arm.list(`${id}/resources`, "2023-07-01");
    if (left.length === 0) return;
    const ids = left.map((resource) => `* ${asText(resource["id"])}`).join("\n");
    throw new DiagnosticError(
      `deleting Resource Group ${JSON.stringify(id.split("/").at(-1))}: the Resource Group still contains Resources.`,
      {
        detail:
          `Terraform did not make them, and by default does not delete a group with resources in it:\n${ids}\n\n` +
          "The provider feature resource_group.prevent_deletion_if_contains_resources = false turns the check off.",
      },
    );
  },
});
