import { parentId } from "../arm/ids.js";
import { defineArmResource } from "../arm/resource.js";
import type { AttributeInput } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkOneOf, checkRange } from "./checks.js";

export const networkVersion = "2025-01-01";

const network =
  "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.Network";

export const virtualNetwork = defineArmResource({
  type: "azurerm_virtual_network",
  label: "Virtual Network",
  apiVersion: networkVersion,
  id: `${network}/virtualNetworks/{name}`,
  forceNew: ["name", "resource_group_name", "location", "edge_zone"],
  defaults: { private_endpoint_vnet_policies: "Disabled" },
  lockKey: (id) => id,
  validate: (config) => [
    ...(config.value("address_space") === null
      ? [
          {
            path: ["address_space"],
            message: "one of `address_space,ip_address_pool` must be specified",
          },
        ]
      : []),
    ...["subnet", "ip_address_pool", "ddos_protection_plan"].flatMap((name) =>
      config.has(name)
        ? [{ path: [name], message: `the sandbox does not model \`${name}\` of a network yet` }]
        : [],
    ),
  ],
  request: ({ values, existing }) => ({
    location: values.text("location"),
    tags: values.map("tags") ?? {},
    properties: compact({
      addressSpace: { addressPrefixes: values.texts("address_space") ?? [] },
      dhcpOptions: { dnsServers: values.texts("dns_servers") ?? [] },
      flowTimeoutInMinutes: values.number("flow_timeout_in_minutes"),
      privateEndpointVNetPolicies: values.text("private_endpoint_vnet_policies"),
      bgpCommunities: compact({ virtualNetworkCommunity: values.text("bgp_community") }),
      encryption: values.has("encryption")
        ? { enabled: true, enforcement: values.block("encryption")?.text("enforcement") }
        : undefined,
      // Subnets are resources of their own here; a PUT without them would delete them.
      subnets: asJson(existing?.["properties"])["subnets"] ?? [],
    }),
  }),
  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    return {
      address_space: asTexts(asJson(properties["addressSpace"])["addressPrefixes"]),
      dns_servers: asTexts(asJson(properties["dhcpOptions"])["dnsServers"]),
      flow_timeout_in_minutes: asNumber(properties["flowTimeoutInMinutes"]) ?? null,
      guid: asText(properties["resourceGuid"]) ?? "",
      private_endpoint_vnet_policies:
        asText(properties["privateEndpointVNetPolicies"]) ?? "Disabled",
      subnet: asItems(properties["subnets"]).map(inlineSubnet),
    };
  },
});

function inlineSubnet(subnet: Json): AttributeInput {
  const properties = asJson(subnet["properties"]);
  return {
    id: asText(subnet["id"]) ?? "",
    name: asText(subnet["name"]) ?? "",
    address_prefixes: prefixes(properties),
    default_outbound_access_enabled: properties["defaultOutboundAccess"] !== false,
    delegation: delegations(properties),
    private_endpoint_network_policies:
      asText(properties["privateEndpointNetworkPolicies"]) ?? "Disabled",
    private_link_service_network_policies_enabled:
      asText(properties["privateLinkServiceNetworkPolicies"]) !== "Disabled",
    route_table_id: asText(asJson(properties["routeTable"])["id"]) ?? "",
    security_group: asText(asJson(properties["networkSecurityGroup"])["id"]) ?? "",
    service_endpoints: services(properties),
    service_endpoint_policy_ids: [],
  };
}

export const subnet = defineArmResource({
  type: "azurerm_subnet",
  label: "Subnet",
  apiVersion: networkVersion,
  id: `${network}/virtualNetworks/{virtual_network_name}/subnets/{name}`,
  forceNew: ["name", "resource_group_name", "virtual_network_name"],
  defaults: {
    default_outbound_access_enabled: true,
    private_endpoint_network_policies: "Disabled",
    private_link_service_network_policies_enabled: true,
  },
  // One write at a time below a network: Azure answers AnotherOperationInProgress.
  lockKey: parentId,
  validate: (config) => [
    ...(config.value("address_prefixes") === null
      ? [
          {
            path: ["address_prefixes"],
            message: "one of `address_prefixes,ip_address_pool` must be specified",
          },
        ]
      : []),
    ...checkOneOf(config, "private_endpoint_network_policies", [
      "Disabled",
      "Enabled",
      "NetworkSecurityGroupEnabled",
      "RouteTableEnabled",
    ]),
  ],
  request: ({ values, existing }) => {
    const before = asJson(existing?.["properties"]);
    return {
      properties: compact({
        ...linked(before),
        ...addresses(values.texts("address_prefixes") ?? []),
        defaultOutboundAccess: values.flag("default_outbound_access_enabled"),
        privateEndpointNetworkPolicies: values.text("private_endpoint_network_policies"),
        privateLinkServiceNetworkPolicies:
          values.flag("private_link_service_network_policies_enabled") === false
            ? "Disabled"
            : "Enabled",
        serviceEndpoints: (values.texts("service_endpoints") ?? []).map((service) => ({ service })),
        delegations: values.blocks("delegation").map(delegationToWire),
      }),
    };
  },
  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    return {
      address_prefixes: prefixes(properties),
      default_outbound_access_enabled: properties["defaultOutboundAccess"] !== false,
      private_endpoint_network_policies:
        asText(properties["privateEndpointNetworkPolicies"]) ?? "Disabled",
      private_link_service_network_policies_enabled:
        asText(properties["privateLinkServiceNetworkPolicies"]) !== "Disabled",
      service_endpoints: services(properties),
      delegation: delegations(properties),
    };
  },
});

/** What associations have put on a subnet stays when the subnet itself is changed. */
export function linked(properties: Json): Json {
  return compact({
    networkSecurityGroup: properties["networkSecurityGroup"],
    natGateway: properties["natGateway"],
    routeTable: properties["routeTable"],
  });
}

function addresses(list: readonly string[]): Json {
  return list.length === 1 ? { addressPrefix: list[0] } : { addressPrefixes: list };
}

function prefixes(properties: Json): string[] {
  const single = asText(properties["addressPrefix"]);
  const several = asTexts(properties["addressPrefixes"]);
  return several.length > 0 || single === undefined ? several : [single];
}

function services(properties: Json): string[] {
  return asItems(properties["serviceEndpoints"]).map((item) => asText(item["service"]) ?? "");
}

function delegationToWire(delegation: Reader): Json {
  const service = delegation.block("service_delegation");
  return {
    name: delegation.text("name"),
    properties: { serviceName: service?.text("name"), actions: service?.texts("actions") ?? [] },
  };
}

function delegations(properties: Json): AttributeInput {
  return asItems(properties["delegations"]).map((delegation) => {
    const service = asJson(delegation["properties"]);
    return {
      name: asText(delegation["name"]) ?? null,
      service_delegation: [
        { name: asText(service["serviceName"]) ?? null, actions: asTexts(service["actions"]) },
      ],
    };
  });
}

export const publicIp = defineArmResource({
  type: "azurerm_public_ip",
  label: "Public IP Address",
  apiVersion: networkVersion,
  id: `${network}/publicIPAddresses/{name}`,
  forceNew: [
    "name",
    "resource_group_name",
    "location",
    "sku",
    "sku_tier",
    "ip_version",
    "zones",
    "ip_tags",
    "public_ip_prefix_id",
    "edge_zone",
    "domain_name_label_scope",
  ],
  defaults: {
    ddos_protection_mode: "VirtualNetworkInherited",
    idle_timeout_in_minutes: 4,
    ip_version: "IPv4",
    sku: "Standard",
    sku_tier: "Regional",
  },
  validate: (config) => [
    ...checkOneOf(config, "allocation_method", ["Static", "Dynamic"]),
    ...checkOneOf(config, "sku", ["Basic", "Standard", "StandardV2"]),
    ...checkRange(config, "idle_timeout_in_minutes", 4, 30),
    ...(config.text("allocation_method") === "Dynamic" && config.text("sku") !== "Basic"
      ? [
          {
            path: ["allocation_method"],
            message:
              "Static IP allocation must be used when creating Standard SKU public IP addresses",
          },
        ]
      : []),
  ],
  request: ({ values }) =>
    compact({
      location: values.text("location"),
      tags: values.map("tags") ?? {},
      sku: { name: values.text("sku"), tier: values.text("sku_tier") },
      zones: values.texts("zones"),
      properties: compact({
        publicIPAllocationMethod: values.text("allocation_method"),
        publicIPAddressVersion: values.text("ip_version"),
        idleTimeoutInMinutes: values.number("idle_timeout_in_minutes"),
        ddosSettings: { protectionMode: values.text("ddos_protection_mode") },
        dnsSettings: values.has("domain_name_label")
          ? { domainNameLabel: values.text("domain_name_label") }
          : undefined,
        publicIPPrefix: values.has("public_ip_prefix_id")
          ? { id: values.text("public_ip_prefix_id") }
          : undefined,
      }),
    }),
  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    const sku = asJson(resource["sku"]);
    const dns = asJson(properties["dnsSettings"]);
    return {
      allocation_method: asText(properties["publicIPAllocationMethod"]) ?? null,
      ip_version: asText(properties["publicIPAddressVersion"]) ?? "IPv4",
      ip_address: asText(properties["ipAddress"]) ?? "",
      idle_timeout_in_minutes: asNumber(properties["idleTimeoutInMinutes"]) ?? 4,
      sku: asText(sku["name"]) ?? null,
      sku_tier: asText(sku["tier"]) ?? "Regional",
      zones: asTexts(resource["zones"]),
      ddos_protection_mode:
        asText(asJson(properties["ddosSettings"])["protectionMode"]) ?? "VirtualNetworkInherited",
      domain_name_label: asText(dns["domainNameLabel"]) ?? null,
      fqdn: asText(dns["fqdn"]) ?? "",
      public_ip_prefix_id: asText(asJson(properties["publicIPPrefix"])["id"]) ?? null,
    };
  },
});

export const natGateway = defineArmResource({
  type: "azurerm_nat_gateway",
  label: "Nat Gateway",
  apiVersion: networkVersion,
  id: `${network}/natGateways/{name}`,
  forceNew: ["name", "resource_group_name", "location", "sku_name", "zones"],
  defaults: { idle_timeout_in_minutes: 4, sku_name: "Standard" },
  lockKey: (id) => id,
  validate: (config) => checkRange(config, "idle_timeout_in_minutes", 4, 120),
  request: ({ values, existing }) => {
    const before = asJson(existing?.["properties"]);
    return compact({
      location: values.text("location"),
      tags: values.map("tags") ?? {},
      sku: { name: values.text("sku_name") },
      zones: values.texts("zones"),
      properties: compact({
        idleTimeoutInMinutes: values.number("idle_timeout_in_minutes"),
        publicIpAddresses: before["publicIpAddresses"],
        publicIpPrefixes: before["publicIpPrefixes"],
      }),
    });
  },
  attributes: ({ resource }) => {
    const properties = asJson(resource["properties"]);
    return {
      idle_timeout_in_minutes: asNumber(properties["idleTimeoutInMinutes"]) ?? 4,
      resource_guid: asText(properties["resourceGuid"]) ?? "",
      sku_name: asText(asJson(resource["sku"])["name"]) ?? "Standard",
      zones: asTexts(resource["zones"]),
    };
  },
});
