import { parentId } from "../arm/ids.js";
import { defineArmResource } from "../arm/resource.js";
import { asJson, asText, asTexts } from "../http/json.js";
import { checkPattern } from "./checks.js";

const apiVersion = "2024-11-30";

export const userAssignedIdentity = defineArmResource({
  type: "azurerm_user_assigned_identity",
  label: "User Assigned Identity",
  apiVersion,
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{name}",
  forceNew: ["name", "resource_group_name", "location"],
  validate: (config) =>
    checkPattern(
      config,
      "name",
      /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,127}$/,
      "has 3 to 128 letters, digits, - and _, the first a letter or digit",
    ),
  request: ({ values }) => ({
    location: values.text("location"),
    tags: values.map("tags") ?? {},
  }),
  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    return {
      client_id: asText(properties["clientId"]) ?? null,
      principal_id: asText(properties["principalId"]) ?? null,
      tenant_id: asText(properties["tenantId"]) ?? null,
    };
  },
});

export const federatedIdentityCredential = defineArmResource({
  type: "azurerm_federated_identity_credential",
  label: "Federated Identity Credential",
  apiVersion,
  id: "{parent_id}/federatedIdentityCredentials/{name}",
  forceNew: ["name", "resource_group_name", "parent_id"],
  // Azure refuses concurrent writes below one identity.
  lockKey: parentId,
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^[a-zA-Z0-9][a-zA-Z0-9_-]{2,119}$/,
      "has 3 to 120 letters, digits, - and _, the first a letter or digit",
    ),
    ...((config.texts("audience")?.length ?? 1) === 1
      ? []
      : [{ path: ["audience"], message: "Attribute audience requires exactly 1 item" }]),
  ],
  request: ({ values }) => ({
    properties: {
      issuer: values.text("issuer"),
      subject: values.text("subject"),
      audiences: values.texts("audience"),
    },
  }),
  attributes: ({ id, resource }) => {
    const properties = asJson(resource["properties"]);
    return {
      resource_group_name: id.split("/")[4] ?? null,
      issuer: asText(properties["issuer"]) ?? null,
      subject: asText(properties["subject"]) ?? null,
      audience: asTexts(properties["audiences"]),
    };
  },
});
