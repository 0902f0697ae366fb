import { parentId } from "../arm/ids.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { ProviderContext, ResourceModel } from "../engine/model.js";
import { asItems, asJson, asText, type Json } from "../http/json.js";
import { alreadyExists } from "../arm/resource.js";
import { rethrowArm } from "./azapi-target.js";
import { networkVersion } from "./network.js";

/* Associations are no resources of their own: they are a reference that a PUT adds to one end. */

export const subnetNatGateway = defineSubnetAssociation(
  "azurerm_subnet_nat_gateway_association",
  "nat_gateway_id",
  "natGateway",
);

export const subnetSecurityGroup = defineSubnetAssociation(
  "azurerm_subnet_network_security_group_association",
  "network_security_group_id",
  "networkSecurityGroup",
);

function defineSubnetAssociation(type: string, attribute: string, field: string): ResourceModel {
  const referenced = (resource: Json): string | undefined =>
    asText(asJson(asJson(resource["properties"])[field])["id"]);
  return {
    type,
    forceNew: ["subnet_id", attribute],
    async create(planned, context) {
      const id = planned.requiredText("subnet_id");
      await change(id, context, (resource) => {
        if (referenced(resource) !== undefined) throw alreadyExists(type, id);
        return { [field]: { id: planned.requiredText(attribute) } };
      });
      return { id };
    },
    async read(state, context) {
      const id = state.requiredText("id");
      const resource = await context.arm
        .find(id, networkVersion)
        .catch(rethrowArm("retrieving", id));
      const found = resource === undefined ? undefined : referenced(resource);
      return found === undefined ? undefined : { subnet_id: id, [attribute]: found };
    },
    async delete(state, context) {
      const id = state.requiredText("id");
      if ((await context.arm.find(id, networkVersion)) === undefined) return;
      await change(id, context, () => ({ [field]: undefined }));
    },
    import: (id) => ({ id }),
  };
}

/** Its id is both ends': `{nat gateway}|{address}`. */
export const natGatewayPublicIp: ResourceModel = {
  type: "azurerm_nat_gateway_public_ip_association",
  forceNew: ["nat_gateway_id", "public_ip_address_id"],
  async create(planned, context) {
    const gateway = planned.requiredText("nat_gateway_id");
    const address = planned.requiredText("public_ip_address_id");
    const id = `${gateway}|${address}`;
    await change(gateway, context, (resource) => {
      if (addressesOf(resource).some((item) => isSame(item, address))) {
        throw alreadyExists("azurerm_nat_gateway_public_ip_association", id);
      }
      return {
        publicIpAddresses: [...addressesOf(resource), address].map((item) => ({ id: item })),
      };
    });
    return { id };
  },
  async read(state, context) {
    const [gateway = "", address = ""] = state.requiredText("id").split("|");
    const resource = await context.arm
      .find(gateway, networkVersion)
      .catch(rethrowArm("retrieving", gateway));
    const linked = addressesOf(resource ?? {}).some((item) => isSame(item, address));
    return linked ? { nat_gateway_id: gateway, public_ip_address_id: address } : undefined;
  },
  async delete(state, context) {
    const [gateway = "", address = ""] = state.requiredText("id").split("|");
    if ((await context.arm.find(gateway, networkVersion)) === undefined) return;
    await change(gateway, context, (resource) => ({
      publicIpAddresses: addressesOf(resource)
        .filter((item) => !isSame(item, address))
        .map((item) => ({ id: item })),
    }));
  },
  import(id) {
    if (!id.includes("|")) {
      throw new DiagnosticError(
        `expected {nat gateway id}|{public ip id}, got ${JSON.stringify(id)}`,
      );
    }
    return { id };
  },
};

function addressesOf(gateway: Json): string[] {
  const items = asItems(asJson(gateway["properties"])["publicIpAddresses"]);
  return items.map((item) => asText(item["id"]) ?? "");
}

function isSame(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase();
}

/** Reads, changes and writes one end, one after another: the subnets of a network share a lock. */
async function change(
  id: string,
  context: ProviderContext,
  decide: (resource: Json) => Record<string, unknown>,
): Promise<void> {
  const key = /\/subnets\//i.test(id) ? parentId(id) : id;
  await context.lock(key, async () => {
    const resource = await context.arm.get(id, networkVersion).catch(rethrowArm("retrieving", id));
    const properties = { ...asJson(resource["properties"]), ...decide(resource) };
    await context.arm
      .run("PUT", id, networkVersion, { ...resource, properties })
      .catch(rethrowArm("updating", id));
  });
}
