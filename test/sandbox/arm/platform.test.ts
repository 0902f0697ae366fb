import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startArm, type ArmFixture } from "./arm-fixture.js";

let arm: ArmFixture;
beforeEach(async () => {
  arm = await startArm();
  await arm.call("PUT", arm.group, place);
});
afterEach(() => arm.close());

const place = { location: "westeurope" };
const at = (type: string, name: string): string => `${arm.group}/providers/${type}/${name}`;
const vaultBody = () => ({
  ...place,
  properties: { tenantId: arm.identity.tenantId, sku: { family: "A", name: "standard" } },
});

describe("registries", () => {
  const type = "Microsoft.ContainerRegistry/registries";
  const check = (name: string) =>
    arm.call(
      "POST",
      `${arm.subscription}/providers/Microsoft.ContainerRegistry/checkNameAvailability`,
      {
        name,
        type,
      },
    );

  test("ARM-60: loginServer is where its data plane listens; admin is off; replications are none", async () => {
    const made = await arm.call("PUT", at(type, "crtest"), { ...place, sku: { name: "Basic" } });
    expect(made.status).toBe(201);
    expect(made.json.properties).toMatchObject({
      loginServer: "localhost:5000",
      adminUserEnabled: false,
    });
    expect(made.json.sku).toEqual({ name: "Basic", tier: "Basic" });
    expect((await arm.call("GET", `${at(type, "crtest")}/replications`)).json).toEqual({
      value: [],
    });
    const denied = await arm.call("POST", `${at(type, "crtest")}/listCredentials`);
    expect(denied.json.error.code).toBe("UnAuthorizedForCredentialOperations");
  });

  test("ARM-61: a name of someone else is not available, and its creation is 409 AlreadyInUse", async () => {
    expect((await check("crtest")).json).toEqual({ nameAvailable: true });
    expect((await check("cr-test")).json).toMatchObject({
      nameAvailable: false,
      reason: "Invalid",
    });
    await arm.call("POST", "/_sandbox/arm/taken-names", { type, name: "crtest" });
    expect((await check("CRTEST")).json).toMatchObject({ reason: "AlreadyExists" });
    const refused = await arm.call("PUT", at(type, "crtest"), { ...place, sku: { name: "Basic" } });
    expect([refused.status, refused.json.error.code]).toEqual([409, "AlreadyInUse"]);
  });

  test("ARM-62: a task is kept as it was sent, and goes with its registry", async () => {
    await arm.call("PUT", at(type, "crtest"), { ...place, sku: { name: "Basic" } });
    const task = `${at(type, "crtest")}/tasks/rebuild`;
    const step = { type: "EncodedTask", encodedTaskContent: "dmVyc2lvbjo=" };
    const made = await arm.call("PUT", task, { ...place, properties: { step } });
    expect(made.json.properties).toMatchObject({ step, status: "Enabled" });
    const details = await arm.call("POST", `${task}/listDetails`);
    expect(details.json.properties.step).toEqual(step);
    await arm.call("DELETE", at(type, "crtest"));
    expect((await arm.call("GET", task)).status).toBe(404);
    expect(arm.closed).toContain(at(type, "crtest"));
  });
});

describe("tasks of a registry", () => {
  const type = "Microsoft.ContainerRegistry/registries";
  const step = { type: "EncodedTask", encodedTaskContent: "dmVyc2lvbjo=" };

  test.each([
    ["no step", {}],
    ["an unknown step", { step: { type: "Nope" } }],
    ["no content", { step: { type: "EncodedTask" } }],
    ["a timeout out of bounds", { step, timeout: 10 }],
    ["no cron", { step, trigger: { timerTriggers: [{ name: "t", schedule: "weekly" }] } }],
    ["a minute too many", { step, trigger: { timerTriggers: [{ schedule: "60 * * * *" }] } }],
  ])("ARM-62: %s is refused", async (_name, properties) => {
    await arm.call("PUT", at(type, "crtest"), { ...place, sku: { name: "Basic" } });
    const task = `${at(type, "crtest")}/tasks/rebuild`;
    expect((await arm.call("PUT", task, { ...place, properties })).status).toBe(400);
  });
});

describe("workspaces", () => {
  const type = "Microsoft.OperationalInsights/workspaces";

  test("ARM-65: customerId, keys, listing; deleted ones are listed and come back with their id", async () => {
    const made = await arm.call("PUT", at(type, "log-test"), { ...place, properties: {} });
    const { customerId } = made.json.properties;
    const keys = await arm.call("POST", `${at(type, "log-test")}/sharedKeys`);
    expect(Object.keys(keys.json)).toEqual(["primarySharedKey", "secondarySharedKey"]);
    const list = await arm.call("GET", `${arm.subscription}/providers/${type}`);
    expect(list.json.value).toHaveLength(1);
    await arm.call("DELETE", at(type, "log-test"));
    const deleted = `${arm.subscription}/providers/Microsoft.OperationalInsights/deletedWorkspaces`;
    expect((await arm.call("GET", deleted)).json.value).toHaveLength(1);
    const again = await arm.call("PUT", at(type, "log-test"), { ...place, properties: {} });
    expect(again.json.properties.customerId).toBe(customerId);
    expect((await arm.call("GET", deleted)).json.value).toHaveLength(0);
    await arm.call("DELETE", `${at(type, "log-test")}?force=true`);
    expect((await arm.call("GET", deleted)).json.value).toHaveLength(0);
  });

  test("ARM-66: an environment takes logs with a workspace's key and shows it to nobody", async () => {
    const made = await arm.call("PUT", at(type, "log-test"), { ...place, properties: {} });
    const { customerId } = made.json.properties;
    const keys = await arm.call("POST", `${at(type, "log-test")}/sharedKeys`);
    const body = (sharedKey: string) => ({
      ...place,
      properties: {
        appLogsConfiguration: {
          destination: "log-analytics",
          logAnalyticsConfiguration: { customerId, sharedKey },
        },
      },
    });
    const environment = at("Microsoft.App/managedEnvironments", "cae-test");
    const refused = await arm.call("PUT", environment, body("wrong"));
    expect([refused.status, refused.json.error.code]).toEqual([
      400,
      "InvalidRequestParameterWithDetails",
    ]);
    expect((await arm.call("PUT", environment, body(keys.json.primarySharedKey))).status).toBe(201);
    const read = await arm.call("GET", environment);
    expect(read.text).not.toContain(keys.json.primarySharedKey);
    expect(read.json.properties).toMatchObject({
      customDomainConfiguration: { customDomainVerificationId: expect.any(String) },
      peerAuthentication: { mtls: { enabled: false } },
      staticIp: expect.any(String),
      defaultDomain: expect.stringContaining("westeurope"),
    });
  });
});

describe("key vaults", () => {
  const type = "Microsoft.KeyVault/vaults";
  const deleted = (name: string): string =>
    `${arm.subscription}/providers/Microsoft.KeyVault/locations/westeurope/deletedVaults/${name}`;

  test("ARM-70: vaultUri, and a deleted vault of no such name is 404", async () => {
    expect((await arm.call("GET", deleted("kv-test"))).status).toBe(404);
    const made = await arm.call("PUT", at(type, "kv-test"), vaultBody());
    expect([made.status, made.json.properties.vaultUri]).toEqual([
      201,
      "https://localhost:1/kv-test/",
    ]);
  });

  test("ARM-71: deleted it is kept: a new one of its name is 409 until recovered or purged", async () => {
    await arm.call("PUT", at(type, "kv-test"), vaultBody());
    expect((await arm.call("DELETE", at(type, "kv-test"))).status).toBe(200);
    expect((await arm.call("GET", deleted("kv-test"))).json.properties.vaultId).toBe(
      at(type, "kv-test"),
    );
    const refused = await arm.call("PUT", at(type, "kv-test"), vaultBody());
    expect([refused.status, refused.json.error.code]).toEqual([409, "ConflictError"]);
    const recover = vaultBody();
    Object.assign(recover.properties, { createMode: "recover" });
    expect((await arm.call("PUT", at(type, "kv-test"), recover)).status).toBe(201);
    expect(arm.closed).toEqual([]);
    await arm.call("DELETE", at(type, "kv-test"));
    expect((await arm.call("POST", `${deleted("kv-test")}/purge`)).status).toBe(202);
    expect(arm.closed).toEqual([at(type, "kv-test")]);
    expect((await arm.call("GET", deleted("kv-test"))).status).toBe(404);
    expect((await arm.call("PUT", at(type, "kv-test"), vaultBody())).status).toBe(201);
  });

  test("ARM-72: a protected vault is not purged, and the protection is not taken back", async () => {
    const body = vaultBody();
    Object.assign(body.properties, { enablePurgeProtection: true });
    await arm.call("PUT", at(type, "kv-test"), body);
    Object.assign(body.properties, { enablePurgeProtection: false });
    expect((await arm.call("PUT", at(type, "kv-test"), body)).status).toBe(400);
    await arm.call("DELETE", at(type, "kv-test"));
    expect((await arm.call("POST", `${deleted("kv-test")}/purge`)).status).toBe(403);
  });

  test.each(["kv", "1kv-test", "kv--test", "kv-test-", `kv-${"x".repeat(22)}`])(
    "ARM-73: the name %s is refused",
    async (name) => {
      const refused = await arm.call("PUT", at(type, name), vaultBody());
      expect([refused.status, refused.json.error.code]).toEqual([400, "InvalidResourceName"]);
    },
  );
});

describe("identities", () => {
  const type = "Microsoft.ManagedIdentity/userAssignedIdentities";

  test("ARM-75: its ids stay the same when it is written again", async () => {
    const made = await arm.call("PUT", at(type, "id-test"), place);
    const again = await arm.call("PUT", at(type, "id-test"), { ...place, tags: { a: "b" } });
    expect(again.json.properties).toEqual(made.json.properties);
    expect(made.json.properties.tenantId).toBe(arm.identity.tenantId);
  });

  test("ARM-76: federated credentials are written one at a time", async () => {
    await arm.call("PUT", at(type, "id-test"), place);
    const write = (name: string) =>
      arm.call("PUT", `${at(type, "id-test")}/federatedIdentityCredentials/${name}`, {
        properties: { issuer: "https://localhost", subject: name, audiences: ["a"] },
      });
    const both = await Promise.all([write("one"), write("two")]);
    expect(both.map((one) => one.status).sort()).toEqual([201, 409]);
    expect(both.find((one) => one.status === 409)?.json.error.code).toBe(
      "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
    );
    expect((await write("three")).status).toBe(201);
  });
});

describe("networks", () => {
  const vnet = () => at("Microsoft.Network/virtualNetworks", "vnet-test");
  const subnet = { properties: { addressPrefix: "10.0.0.0/27" } };
  const delegation = {
    name: "aca",
    properties: { serviceName: "Microsoft.App/environments" },
  };

  test("ARM-80: a subnet is a resource and an element of its network", async () => {
    await arm.call("PUT", vnet(), {
      ...place,
      properties: { addressSpace: { addressPrefixes: ["10.0.0.0/16"] } },
    });
    await arm.call("PUT", `${vnet()}/subnets/runners`, subnet);
    const read = await arm.call("GET", vnet());
    expect(read.json.properties.subnets[0].id).toBe(`${vnet()}/subnets/runners`);
    await arm.call("PUT", vnet(), read.json);
    expect((await arm.call("GET", `${vnet()}/subnets/runners`)).status).toBe(200);
  });

  test("ARM-81: an environment takes only a subnet that is delegated to it, and keeps it in use", async () => {
    await arm.call("PUT", vnet(), { ...place, properties: {} });
    await arm.call("PUT", `${vnet()}/subnets/runners`, subnet);
    const environment = at("Microsoft.App/managedEnvironments", "cae-test");
    const body = {
      ...place,
      properties: { vnetConfiguration: { infrastructureSubnetId: `${vnet()}/subnets/runners` } },
    };
    const refused = await arm.call("PUT", environment, body);
    expect(refused.json.error.code).toBe("ManagedEnvironmentInvalidNetworkConfiguration");
    await arm.call("PUT", `${vnet()}/subnets/runners`, {
      properties: { ...subnet.properties, delegations: [delegation] },
    });
    expect((await arm.call("PUT", environment, body)).status).toBe(201);
    const used = await arm.call("DELETE", `${vnet()}/subnets/runners`);
    expect([used.status, used.json.error.code]).toEqual([400, "InUseSubnetCannotBeDeleted"]);
  });

  test("ARM-82: public addresses, gateways, alerts and storage accounts are kept as sent", async () => {
    const address = await arm.call("PUT", at("Microsoft.Network/publicIPAddresses", "pip"), {
      ...place,
      properties: {},
    });
    expect(address.json.properties.ipAddress).toBeTruthy();
    for (const type of [
      "Microsoft.Network/natGateways",
      "Microsoft.Network/networkSecurityGroups",
      "Microsoft.Insights/scheduledQueryRules",
      "Microsoft.Storage/storageAccounts",
    ]) {
      const made = await arm.call("PUT", at(type, "thing1"), {
        ...place,
        sku: { name: "Standard_LRS" },
        properties: { mark: 1 },
      });
      expect([made.status, made.json.properties.mark]).toEqual([201, 1]);
    }
  });

  test("ARM-83: diagnostic settings extend another resource and need it", async () => {
    const settings = `${at("Microsoft.KeyVault/vaults", "kv-test")}/providers/Microsoft.Insights/diagnosticSettings/all`;
    const orphan = await arm.call("PUT", settings, { properties: {} });
    expect(orphan.json.error.code).toBe("ParentResourceNotFound");
    await arm.call("PUT", at("Microsoft.KeyVault/vaults", "kv-test"), vaultBody());
    expect((await arm.call("PUT", settings, { properties: { logs: [] } })).status).toBe(201);
    expect((await arm.call("GET", settings)).json.properties.logs).toEqual([]);
  });
});
