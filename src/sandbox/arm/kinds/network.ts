import type { ArmResource } from "../../ports.js";
import { makeArmError } from "../errors.js";
import { readList, readObject, type ArmRoom, type ResourceKind } from "../kind.js";
import { environmentType, subnetType } from "../type-names.js";

const network = "Microsoft.Network";
const vnetType = `${network}/virtualNetworks`;

/** https://learn.microsoft.com/rest/api/virtualnetwork */
export function defineNetwork(room: ArmRoom): ResourceKind[] {
  const { store } = room;
  const later = { how: "Azure-AsyncOperation", state: "Updating" } as const;
  const subnetsOf = (id: string): ArmResource[] => store.list(subnetType, id);

  const vnet: ResourceKind = {
    type: vnetType,
    location: "required",
    write: later,
    remove: "Location",
    prepare({ id, body }) {
      const { subnets: _, ...properties } = body.properties;
      if (readList(properties, "addressSpace").length > 0) {
        throw makeArmError(
          400,
          "InvalidAddressSpace",
          "addressSpace.addressPrefixes is a list of texts.",
        );
      }
      saveSubnets(room, id, body);
      return { virtualNetworkPeerings: [], enableDdosProtection: false, ...properties };
    },
    // A subnet is a resource and an element of its network.
    present: (resource) => ({
      ...resource,
      properties: { ...resource.properties, subnets: subnetsOf(resource.id) },
    }),
  };
  const subnet: ResourceKind = {
    type: subnetType,
    location: "none",
    write: later,
    remove: "Location",
    prepare: ({ body, existing }) => completeSubnet(body.properties, existing),
    checkDelete(resource) {
      const used = store
        .list(environmentType)
        .find(
          (one) =>
            String(
              readObject(one.properties, "vnetConfiguration")["infrastructureSubnetId"],
            ).toLowerCase() === resource.id.toLowerCase(),
        );
      if (used === undefined) return;
      throw makeArmError(
        400,
        "InUseSubnetCannotBeDeleted",
        `Subnet ${resource.name} is in use by ${used.id} and cannot be deleted. In order to delete the subnet, delete all the resources within the subnet.`,
      );
    },
  };
  const simple = (type: string, add: (id: string) => Record<string, unknown>): ResourceKind => ({
    type: `${network}/${type}`,
    location: "required",
    write: later,
    remove: "Location",
    prepare: ({ id, body, existing }) => ({
      ...add(id),
      ...existing?.properties,
      ...body.properties,
    }),
  });
  return [
    vnet,
    subnet,
    simple("networkSecurityGroups", () => ({ securityRules: [], defaultSecurityRules: [] })),
    {
      type: `${network}/networkSecurityGroups/securityRules`,
      location: "none",
      write: later,
      remove: "Location",
    },
    simple("routeTables", () => ({ routes: [], disableBgpRoutePropagation: false })),
    { type: `${network}/routeTables/routes`, location: "none", write: later, remove: "Location" },
    simple("publicIPAddresses", () => ({
      ipAddress: "198.51.100.10",
      idleTimeoutInMinutes: 4,
      publicIPAddressVersion: "IPv4",
      publicIPAllocationMethod: "Static",
    })),
    simple("natGateways", () => ({ idleTimeoutInMinutes: 4, publicIpAddresses: [], subnets: [] })),
    simple("privateEndpoints", () => ({ networkInterfaces: [], customDnsConfigs: [] })),
    {
      type: `${network}/privateEndpoints/privateDnsZoneGroups`,
      location: "none",
      write: later,
      remove: "Location",
    },
    simple("privateDnsZones", () => ({ numberOfRecordSets: 1 })),
    {
      type: `${network}/privateDnsZones/virtualNetworkLinks`,
      location: "required",
      write: later,
      remove: "Location",
    },
  ];
}

/** Subnets inside a network's own body; a body without the field leaves them as they are. */
function saveSubnets(room: ArmRoom, vnetId: string, body: ArmResource): void {
  if (!Array.isArray(body.properties["subnets"])) return;
  const given = readList(body.properties, "subnets");
  const names = new Set(given.map((one) => String(one["name"]).toLowerCase()));
  for (const old of room.store.list(subnetType, vnetId)) {
    if (!names.has(old.name.toLowerCase())) room.store.remove(old.id);
  }
  for (const one of given) {
    const id = `${vnetId}/subnets/${String(one["name"])}`;
    const existing = room.store.find(id);
    room.store.save({
      id,
      name: String(one["name"]),
      type: subnetType,
      properties: {
        ...completeSubnet(readObject(one, "properties"), existing),
        provisioningState: "Succeeded",
      },
    });
  }
}

function completeSubnet(
  properties: Record<string, unknown>,
  existing: ArmResource | undefined,
): Record<string, unknown> {
  const prefixes = properties["addressPrefixes"] as string[] | undefined;
  const prefix = properties["addressPrefix"] ?? (prefixes?.length === 1 ? prefixes[0] : undefined);
  return {
    delegations: [],
    serviceEndpoints: [],
    privateEndpointNetworkPolicies: "Disabled",
    privateLinkServiceNetworkPolicies: "Enabled",
    ...(existing === undefined ? {} : { purpose: existing.properties["purpose"] }),
    ...properties,
    ...(prefix === undefined ? {} : { addressPrefix: prefix }),
  };
}
