import type { AttributeInput } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asJson, asText, type Json } from "../http/json.js";

/** The wire form of an `identity` block. Azure writes the pair with a comma and no space on some APIs. */
export function identityToWire(values: Reader): Json {
  const block = values.block("identity");
  if (block === undefined) return { type: "None" };
  const ids = block.texts("identity_ids") ?? [];
  return {
    type: block.requiredText("type"),
    ...(ids.length === 0
      ? {}
      : { userAssignedIdentities: Object.fromEntries(ids.map((id) => [id, {}])) }),
  };
}

export function identityFromWire(resource: Json): AttributeInput {
  const identity = asJson(resource["identity"]);
  const type = asText(identity["type"]);
  if (type === undefined || type === "" || type.toLowerCase() === "none") return [];
  return [
    {
      type: type.replace(/,\s*/, ", "),
      identity_ids: Object.keys(asJson(identity["userAssignedIdentities"])),
      principal_id: asText(identity["principalId"]) ?? "",
      tenant_id: asText(identity["tenantId"]) ?? "",
    },
  ];
}
