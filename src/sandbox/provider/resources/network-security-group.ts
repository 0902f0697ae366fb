import { parentId } from "../arm/ids.js";
import { defineArmResource } from "../arm/resource.js";
import type { Attributes, Problem } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkEach, checkOneOf, checkRange } from "./checks.js";
import { networkVersion } from "./network.js";

const group =
  "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network/networkSecurityGroups";

/** Wire names of a rule's four addresses and ports, each of which comes alone or as a list. */
const ends = [
  ["source_port_range", "sourcePortRange"],
  ["destination_port_range", "destinationPortRange"],
  ["source_address_prefix", "sourceAddressPrefix"],
  ["destination_address_prefix", "destinationAddressPrefix"],
] as const;

export const networkSecurityGroup = defineArmResource({
  type: "azurerm_network_security_group",
  label: "Network Security Group",
  apiVersion: networkVersion,
  id: `${group}/{name}`,
  forceNew: ["name", "resource_group_name", "location"],
  lockKey: (id) => id,
  validate: (config) => checkEach(config, "security_rule", checkRule),
  request: ({ values, existing }) => ({
    location: values.text("location"),
    tags: values.map("tags") ?? {},
    properties: {
      securityRules: values.has("security_rule")
        ? values
            .blocks("security_rule")
            .map((rule) => ({ name: rule.text("name"), properties: ruleToWire(rule) }))
        : (asJson(existing?.["properties"])["securityRules"] ?? []),
    },
  }),
  attributes: ({ resource }) => ({
    security_rule: asItems(asJson(resource["properties"])["securityRules"]).map((rule) => ({
      name: asText(rule["name"]) ?? null,
      ...ruleFromWire(asJson(rule["properties"]), ""),
      source_application_security_group_ids: [],
      destination_application_security_group_ids: [],
    })),
  }),
});

export const networkSecurityRule = defineArmResource({
  type: "azurerm_network_security_rule",
  label: "Security Rule",
  apiVersion: networkVersion,
  id: `${group}/{network_security_group_name}/securityRules/{name}`,
  forceNew: ["name", "resource_group_name", "network_security_group_name"],
  lockKey: parentId,
  validate: checkRule,
  request: ({ values }) => ({ properties: ruleToWire(values) }),
  attributes: ({ resource }) => ruleFromWire(asJson(resource["properties"]), null),
});

function checkRule(rule: Reader): Problem[] {
  return [
    ...checkRange(rule, "priority", 100, 4096),
    ...checkOneOf(rule, "access", ["Allow", "Deny"]),
    ...checkOneOf(rule, "direction", ["Inbound", "Outbound"]),
    ...checkOneOf(rule, "protocol", ["*", "Tcp", "Udp", "Icmp", "Esp", "Ah"]),
  ];
}

function ruleToWire(rule: Reader): Json {
  return compact({
    description: rule.text("description"),
    access: rule.text("access"),
    direction: rule.text("direction"),
    priority: rule.number("priority"),
    protocol: rule.text("protocol"),
    ...Object.fromEntries(
      ends.flatMap(([attribute, field]) => [
        [field, rule.text(attribute)],
        [plural(field), emptyAsAbsent(rule.texts(plural(attribute)))],
      ]),
    ),
  });
}

function ruleFromWire(properties: Json, none: "" | null): Attributes {
  return {
    description: asText(properties["description"]) ?? none,
    access: asText(properties["access"]) ?? none,
    direction: asText(properties["direction"]) ?? none,
    priority: asNumber(properties["priority"]) ?? null,
    protocol: asText(properties["protocol"]) ?? none,
    ...Object.fromEntries(
      ends.flatMap(([attribute, field]) => [
        [attribute, asText(properties[field]) ?? none],
        [plural(attribute), asTexts(properties[plural(field)])],
      ]),
    ),
  };
}

function plural(name: string): string {
  return name.endsWith("x") ? `${name}es` : `${name}s`;
}

function emptyAsAbsent(list: string[] | undefined): string[] | undefined {
  return list === undefined || list.length === 0 ? undefined : list;
}
