import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { send } from "../core/http.js";
import { startArm, type ArmFixture } from "./arm-fixture.js";

let arm: ArmFixture;
const place = { location: "westeurope" };

beforeAll(async () => {
  arm = await startArm();
  const other = arm.group.replace("rg-test", "rg-other");
  const identities = "providers/Microsoft.ManagedIdentity/userAssignedIdentities";
  for (const group of [arm.group, other]) await arm.call("PUT", group, place);
  await arm.call("PUT", `${arm.group}/${identities}/id-one`, {
    ...place,
    tags: { Team: "and's", stage: "one" },
  });
  await arm.call("PUT", `${arm.group}/${identities}/id-two`, { location: "northeurope" });
  await arm.call("PUT", `${other}/${identities}/id-one`, place);
  await arm.call("PUT", `${other}/providers/Microsoft.Network/networkSecurityGroups/nsg`, place);
});
afterAll(() => arm.close());

async function list(scope: string, filter: string): Promise<string[]> {
  const query = new URLSearchParams({ $filter: filter });
  const answer = await arm.call("GET", `${scope}/resources?${query}`);
  expect(answer.status, answer.text).toBe(200);
  return (answer.json.value as { id: string }[]).map(({ id }) => {
    const parts = id.split("/");
    return `${parts[4]}/${parts.at(-1)}`;
  });
}

describe("listings of resources", () => {
  const everything = ["rg-test/id-one", "rg-test/id-two", "rg-other/id-one", "rg-other/nsg"];
  const cases: [filter: string, found: string[]][] = [
    ["", everything],
    ["resourceType eq 'microsoft.network/networksecuritygroups'", ["rg-other/nsg"]],
    ["resourceType ne 'Microsoft.Network/networkSecurityGroups'", everything.slice(0, 3)],
    ["name eq 'ID-ONE'", ["rg-test/id-one", "rg-other/id-one"]],
    ["name eq 'id-one' and resourceGroup eq 'rg-other'", ["rg-other/id-one"]],
    ["location eq 'northeurope'", ["rg-test/id-two"]],
    ["substringof('one', name)", ["rg-test/id-one", "rg-other/id-one"]],
    ["tagName eq 'team'", ["rg-test/id-one"]],
    ["tagname eq 'team' and tagvalue eq 'and''s'", ["rg-test/id-one"]],
    ["tagName eq 'stage' and tagValue eq 'two'", []],
  ];
  test.each(cases)("ARM-14: $filter=%s", async (filter, found) => {
    expect((await list(arm.subscription, filter)).sort()).toEqual([...found].sort());
  });

  test("ARM-14: a group lists its own", async () => {
    expect(await list(arm.group, "substringof('two', name)")).toEqual(["rg-test/id-two"]);
  });

  test.each(["colour eq 'red'", "name like 'x'", "tagValue eq 'alone'"])(
    "ARM-14: %s is refused with 400",
    async (filter) => {
      const query = new URLSearchParams({ $filter: filter });
      const answer = await arm.call("GET", `${arm.subscription}/resources?${query}`);
      expect([answer.status, answer.json.error.code]).toEqual([400, "InvalidFilterInQueryString"]);
    },
  );

  test("ARM-8: a provider names its types with an api-version that is good for them", async () => {
    const providers = await arm.call("GET", `${arm.subscription}/providers?$top=100`);
    for (const { namespace, resourceTypes } of providers.json.value) {
      for (const { resourceType, apiVersions } of resourceTypes) {
        expect(apiVersions[0], `${namespace}/${resourceType}`).toMatch(/^\d{4}-\d\d-\d\d/);
      }
    }
  });

  test("ARM-7: api-version 2015-01-01 has the cloud in the form of that time", async () => {
    const cloud = await send(`${arm.origin}/metadata/endpoints?api-version=2015-01-01`, {
      ca: arm.ca,
    });
    expect(cloud.json).toMatchObject({
      graphEndpoint: `${arm.origin}/`,
      authentication: { loginEndpoint: `${arm.origin}/adfs` },
    });
    expect(cloud.json.authentication.audiences[0]).toBe("https://management.azure.com/");
  });

  test("ARM-74: there are no managed HSMs, deleted or not", async () => {
    for (const type of ["managedHSMs", "deletedManagedHSMs"]) {
      const path = `${arm.subscription}/providers/Microsoft.KeyVault/${type}`;
      expect((await arm.call("GET", path)).json.value).toEqual([]);
    }
  });
});
