import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { send } from "../core/http.js";
import { startArm, type ArmFixture } from "./arm-fixture.js";

let arm: ArmFixture;
beforeEach(async () => {
  arm = await startArm();
});
afterEach(() => arm.close());

const place = { location: "westeurope" };
const identityPath = (name: string): string =>
  `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;

describe("addresses and versions", () => {
  test("ARM-1: without api-version 400 MissingApiVersionParameter, with nonsense InvalidApiVersionParameter", async () => {
    const missing = await arm.call("GET", `${arm.group}?api-version=`);
    expect([missing.status, missing.json.error.code]).toEqual([400, "MissingApiVersionParameter"]);
    const wrong = await arm.call("GET", `${arm.group}?api-version=latest`);
    expect([wrong.status, wrong.json.error.code]).toEqual([400, "InvalidApiVersionParameter"]);
  });

  test("ARM-2: paths are read without regard to case, and ids are given back in one spelling", async () => {
    await arm.call("PUT", arm.group.replace("resourceGroups", "resourcegroups"), place);
    await arm.call("PUT", identityPath("id-one"), place);
    const shouted = identityPath("ID-ONE")
      .toUpperCase()
      .replace("/SUBSCRIPTIONS", "/subscriptions");
    const read = await arm.call("GET", shouted);
    expect(read.json.id).toBe(identityPath("id-one"));
    expect(read.json.type).toBe("Microsoft.ManagedIdentity/userAssignedIdentities");
  });

  test("ARM-3: an unknown subscription is 404 SubscriptionNotFound; the sandbox's own is Enabled", async () => {
    const other = await arm.call("GET", "/subscriptions/00000000-0000-0000-0000-000000000000");
    expect([other.status, other.json.error.code]).toEqual([404, "SubscriptionNotFound"]);
    const own = await arm.call("GET", arm.subscription);
    expect([own.status, own.json.state]).toEqual([200, "Enabled"]);
    expect((await arm.call("GET", "/subscriptions")).json.value).toHaveLength(1);
    const tenants = await arm.call("GET", "/tenants");
    expect(tenants.json.value[0].tenantId).toBe(arm.identity.tenantId);
  });

  test("ARM-4: an unknown type is 404 InvalidResourceType, an unknown provider InvalidResourceNamespace", async () => {
    await arm.call("PUT", arm.group, place);
    const type = await arm.call("PUT", `${arm.group}/providers/Microsoft.App/nothings/x`, place);
    expect([type.status, type.json.error.code]).toEqual([404, "InvalidResourceType"]);
    const provider = await arm.call("GET", `${arm.subscription}/providers/Contoso.None`);
    expect([provider.status, provider.json.error.code]).toEqual([404, "InvalidResourceNamespace"]);
  });

  test("ARM-5: the cloud's description is one object, at one or two slashes and without a token", async () => {
    for (const path of ["/metadata/endpoints", "//metadata/endpoints"]) {
      const cloud = await send(`${arm.origin}${path}?api-version=2022-09-01`, { ca: arm.ca });
      expect(cloud.json.resourceManager).toBe(`${arm.origin}/`);
      expect(cloud.json.authentication.loginEndpoint).toBe(`${arm.origin}/`);
      expect(cloud.json.suffixes.acrLoginServer).toBeTruthy();
    }
  });

  test("ARM-6: providers are registered; once unregistered, a write is 409 until registered again", async () => {
    await arm.call("PUT", arm.group, place);
    const provider = `${arm.subscription}/providers/Microsoft.ManagedIdentity`;
    expect((await arm.call("GET", provider)).json.registrationState).toBe("Registered");
    await arm.call("POST", `${provider}/unregister`);
    const refused = await arm.call("PUT", identityPath("id-one"), place);
    expect([refused.status, refused.json.error.code]).toEqual([
      409,
      "MissingSubscriptionRegistration",
    ]);
    await arm.call("POST", `${provider}/register`);
    expect((await arm.call("PUT", identityPath("id-one"), place)).status).toBe(201);
  });
});

describe("resource groups", () => {
  test("ARM-10: 404 ResourceGroupNotFound, then 201, then 200; the location is normalized and fixed", async () => {
    const missing = await arm.call("GET", arm.group);
    expect([missing.status, missing.json.error.code]).toEqual([404, "ResourceGroupNotFound"]);
    const made = await arm.call("PUT", arm.group, { location: "West Europe", tags: { a: "b" } });
    expect([made.status, made.json.location, made.json.tags]).toEqual([
      201,
      "westeurope",
      { a: "b" },
    ]);
    expect((await arm.call("PUT", arm.group, place)).status).toBe(200);
    const moved = await arm.call("PUT", arm.group, { location: "northeurope" });
    expect([moved.status, moved.json.error.code]).toEqual([409, "InvalidResourceGroupLocation"]);
    expect((await arm.call("HEAD", arm.group)).status).toBe(204);
  });

  test.each([
    [{}, "LocationRequired"],
    [{ location: "atlantis" }, "LocationNotAvailableForResourceGroup"],
  ])("ARM-11: %j is refused with %s", async (body, code) => {
    const refused = await arm.call("PUT", arm.group, body);
    expect([refused.status, refused.json.error.code]).toEqual([400, code]);
  });

  test("ARM-12: its deletion is 202 with Location, polled with 202 and then 200, and takes everything along", async () => {
    await arm.close();
    arm = await startArm({ asyncSeconds: 5 });
    await arm.call("PUT", arm.group, place);
    await arm.call("PUT", identityPath("id-one"), place);
    const accepted = await arm.call("DELETE", arm.group);
    expect([accepted.status, accepted.headers["retry-after"]]).toEqual([202, "5"]);
    const address = String(accepted.headers.location);
    expect((await arm.call("GET", address)).status).toBe(202);
    expect((await arm.call("GET", arm.group)).json.properties.provisioningState).toBe("Deleting");
    const late = await arm.call("PUT", identityPath("id-two"), place);
    expect([late.status, late.json.error.code]).toEqual([409, "ResourceGroupBeingDeleted"]);
    arm.clock.advance(5000);
    expect((await arm.call("GET", address)).status).toBe(200);
    expect((await arm.call("GET", arm.group)).status).toBe(404);
    expect(arm.arm.port.list("Microsoft.ManagedIdentity/userAssignedIdentities")).toEqual([]);
  });

  test("ARM-13: its resources come in pages with nextLink, children and extensions left out", async () => {
    await arm.call("PUT", arm.group, place);
    for (let index = 0; index < 5; index += 1) {
      await arm.call("PUT", identityPath(`id-${index}`), place);
    }
    await arm.call("PUT", `${identityPath("id-0")}/federatedIdentityCredentials/one`, {
      properties: { issuer: "https://localhost", subject: "a", audiences: ["b"] },
    });
    const names: string[] = [];
    let next: string | undefined = `${arm.group}/resources?$top=2&api-version=2021-04-01`;
    let pages = 0;
    while (next !== undefined) {
      const page = await arm.call("GET", next);
      names.push(...page.json.value.map((one: { name: string }) => one.name));
      next = page.json.nextLink;
      pages += 1;
    }
    expect([pages, names]).toEqual([3, ["id-0", "id-1", "id-2", "id-3", "id-4"]]);
    const all = await arm.call("GET", `${arm.subscription}/resources`);
    expect(all.json.value.map((one: { name: string }) => one.name)).toEqual(names);
  });
});

describe("any resource", () => {
  test("ARM-20: 404 ResourceNotFound names type, name and group; DELETE of nothing is 204", async () => {
    await arm.call("PUT", arm.group, place);
    const missing = await arm.call("GET", identityPath("none"));
    expect([missing.status, missing.json.error.code]).toEqual([404, "ResourceNotFound"]);
    expect(missing.json.error.message).toContain(
      "'Microsoft.ManagedIdentity/userAssignedIdentities/none' under resource group 'rg-test'",
    );
    expect((await arm.call("DELETE", identityPath("none"))).status).toBe(204);
  });

  test("ARM-21: a resource needs its group, a child its parent", async () => {
    const orphan = await arm.call("PUT", identityPath("id-one"), place);
    expect([orphan.status, orphan.json.error.code]).toEqual([404, "ResourceGroupNotFound"]);
    await arm.call("PUT", arm.group, place);
    const child = await arm.call(
      "PUT",
      `${identityPath("id-one")}/federatedIdentityCredentials/f`,
      {
        properties: {},
      },
    );
    expect([child.status, child.json.error.code]).toEqual([404, "ParentResourceNotFound"]);
  });

  test("ARM-22: another location for the same name is 409 InvalidResourceLocation", async () => {
    await arm.call("PUT", arm.group, place);
    await arm.call("PUT", identityPath("id-one"), place);
    const moved = await arm.call("PUT", identityPath("id-one"), { location: "northeurope" });
    expect([moved.status, moved.json.error.code]).toEqual([409, "InvalidResourceLocation"]);
  });

  test("ARM-23: PATCH changes what it names and leaves the rest", async () => {
    await arm.call("PUT", arm.group, place);
    const made = await arm.call("PUT", identityPath("id-one"), { ...place, tags: { a: "1" } });
    const patched = await arm.call("PATCH", identityPath("id-one"), { tags: { b: "2" } });
    expect(patched.json.tags).toEqual({ a: "1", b: "2" });
    expect(patched.json.properties.principalId).toBe(made.json.properties.principalId);
  });

  test("ARM-24: an accepted write reports its state and its operation InProgress, then Succeeded", async () => {
    await arm.close();
    arm = await startArm({ asyncSeconds: 3 });
    await arm.call("PUT", arm.group, place);
    const id = `${arm.group}/providers/Microsoft.App/managedEnvironments/cae-test`;
    const made = await arm.call("PUT", id, { ...place, properties: {} });
    expect([made.status, made.headers["retry-after"]]).toEqual([201, "3"]);
    const operation = String(made.headers["azure-asyncoperation"]);
    const early = await arm.call("GET", operation);
    expect(early.json.status).toBe("InProgress");
    expect((await arm.call("GET", id)).json.properties.provisioningState).toBe("Waiting");
    arm.clock.advance(3000);
    expect((await arm.call("GET", operation)).json.status).toBe("Succeeded");
    expect((await arm.call("GET", id)).json.properties.provisioningState).toBe("Succeeded");
  });

  test("ARM-25: a body that is no JSON is 400 InvalidRequestContent", async () => {
    await arm.call("PUT", arm.group, place);
    const refused = await arm.call("PUT", identityPath("id-one"), "{nonsense");
    expect([refused.status, refused.json.error.code]).toEqual([400, "InvalidRequestContent"]);
  });
});
