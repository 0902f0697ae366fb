import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { prepareJob, startArm, type ArmFixture } from "./arm-fixture.js";

let arm: ArmFixture;
let reader: { objectId: string; token: string };
beforeEach(async () => {
  arm = await startArm();
  await arm.call("PUT", arm.group, place);
  const made = arm.directory.create("reader");
  reader = { objectId: made.objectId, token: await arm.token(made.appId, made.secret) };
});
afterEach(() => arm.close());

const place = { location: "westeurope" };
const identity = (): string =>
  `${arm.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-test`;

async function findRole(name: string): Promise<string> {
  const filter = encodeURIComponent(`roleName eq '${name}'`);
  const path = `${arm.group}/providers/Microsoft.Authorization/roleDefinitions?$filter=${filter}`;
  const found = await arm.call("GET", path);
  expect(found.json.value).toHaveLength(1);
  return String(found.json.value[0].id);
}

async function assign(
  role: string,
  scope: string,
  principalId = reader.objectId,
  name = randomUUID(),
) {
  return await arm.call(
    "PUT",
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`,
    { properties: { roleDefinitionId: await findRole(role), principalId } },
  );
}

test("RBAC-1: without a role 403 AuthorizationFailed names caller, action and scope", async () => {
  const refused = await arm.call("GET", arm.group, undefined, reader.token);
  expect([refused.status, refused.json.error.code]).toEqual([403, "AuthorizationFailed"]);
  expect(refused.json.error.message).toMatch(
    new RegExp(
      `object id '${reader.objectId}' does not have authorization to perform action 'Microsoft.Resources/subscriptions/resourceGroups/read' over scope '${arm.group}'`,
    ),
  );
});

test("RBAC-2: a role holds at its scope and below, for its actions only", async () => {
  await assign("Reader", arm.group);
  expect((await arm.call("GET", arm.group, undefined, reader.token)).status).toBe(200);
  const write = await arm.call("PUT", identity(), place, reader.token);
  expect(write.json.error.message).toContain(
    "'Microsoft.ManagedIdentity/userAssignedIdentities/write'",
  );
  const above = await arm.call(
    "GET",
    `${arm.subscription}/resourceGroups`,
    undefined,
    reader.token,
  );
  expect(above.status).toBe(403);
});

test("RBAC-3: notActions take out what actions give: a Contributor assigns no roles", async () => {
  await assign("Contributor", arm.subscription);
  expect((await arm.call("PUT", identity(), place, reader.token)).status).toBe(201);
  const role = await findRole("Reader");
  const refused = await arm.call(
    "PUT",
    `${arm.group}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
    { properties: { roleDefinitionId: role, principalId: reader.objectId } },
    reader.token,
  );
  expect(refused.status).toBe(403);
});

test("RBAC-4: an Owner has every action and no data action; a data role has its data actions", async () => {
  const { rbac } = arm.arm;
  const scope = `${arm.group}/providers/Microsoft.KeyVault/vaults/kv-test`;
  const read = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
  expect(rbac.allows(arm.identity.objectId, "Microsoft.App/jobs/start/action", scope)).toBe(true);
  expect(rbac.allows(arm.identity.objectId, read, scope, "dataAction")).toBe(false);
  await assign("Key Vault Secrets User", arm.group);
  expect(rbac.allows(reader.objectId, read, scope, "dataAction")).toBe(true);
  const write = "Microsoft.KeyVault/vaults/secrets/setSecret/action";
  expect(rbac.allows(reader.objectId, write, scope, "dataAction")).toBe(false);
});

test("RBAC-5: built-in roles are found by name, with Azure's own ids", async () => {
  for (const [name, guid] of [
    ["AcrPull", "7f951dda-4ed3-4680-a7ca-43fe172d538d"],
    ["Key Vault Secrets User", "4633458b-17de-408a-b874-0445c86b69e6"],
    ["Container Apps Jobs Operator", "b9a307c4-5aa3-4b52-ba60-2b17c136cd7b"],
  ] as const) {
    expect(await findRole(name)).toBe(
      `${arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
    );
  }
});

test("RBAC-6: an assignment is created with 201 and carries scope and principalType; again 201", async () => {
  const name = randomUUID();
  for (let round = 0; round < 2; round += 1) {
    const made = await assign("Reader", arm.group, reader.objectId, name);
    expect(made.status).toBe(201);
    expect(made.json.properties).toMatchObject({
      scope: arm.group,
      principalType: "ServicePrincipal",
      principalId: reader.objectId,
    });
  }
});

test("RBAC-7: the same assignment under another name is 409 RoleAssignmentExists", async () => {
  await assign("Reader", arm.group);
  const twin = await assign("Reader", arm.group);
  expect([twin.status, twin.json.error.code]).toEqual([409, "RoleAssignmentExists"]);
  expect((await assign("Reader", arm.subscription)).status).toBe(201);
});

test("RBAC-8: an unknown principal is 400 PrincipalNotFound, an unknown role RoleDefinitionDoesNotExist", async () => {
  const ghost = await assign("Reader", arm.group, randomUUID());
  expect([ghost.status, ghost.json.error.code]).toEqual([400, "PrincipalNotFound"]);
  const role = await arm.call(
    "PUT",
    `${arm.group}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
    { properties: { roleDefinitionId: `/x/${randomUUID()}`, principalId: reader.objectId } },
  );
  expect([role.status, role.json.error.code]).toEqual([400, "RoleDefinitionDoesNotExist"]);
});

test("RBAC-9: an assignment on a resource goes with the resource", async () => {
  await arm.call("PUT", identity(), place);
  await assign("Reader", identity());
  await arm.call("DELETE", identity());
  await arm.call("PUT", identity(), place);
  expect((await arm.call("GET", identity(), undefined, reader.token)).status).toBe(403);
});

test("RBAC-10: assignments are listed at, above and below a scope, by principal", async () => {
  await assign("Reader", arm.group);
  const list = async (filter: string): Promise<number> => {
    const path = `${arm.group}/providers/Microsoft.Authorization/roleAssignments?$filter=${encodeURIComponent(filter)}`;
    return (await arm.call("GET", path)).json.value.length as number;
  };
  expect(await list("atScope()")).toBe(2);
  expect(await list(`principalId eq '${reader.objectId}'`)).toBe(1);
});

test("RBAC-11: a custom role is created with 201, works, and is not deleted while assigned", async () => {
  const guid = randomUUID();
  const path = `${arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`;
  const made = await arm.call("PUT", path, {
    properties: {
      roleName: "Group reader",
      permissions: [{ actions: ["Microsoft.Resources/subscriptions/resourceGroups/read"] }],
      assignableScopes: [arm.subscription],
    },
  });
  expect(made.status).toBe(201);
  await assign("Group reader", arm.group);
  expect((await arm.call("GET", arm.group, undefined, reader.token)).status).toBe(200);
  expect((await arm.call("DELETE", path)).json.error.code).toBe("RoleDefinitionHasAssignments");
});

test("RBAC-12: using an identity takes a right on it too: 403 LinkedAuthorizationFailed", async () => {
  await arm.call("PUT", identity(), place);
  await assign("AcrPush", arm.group);
  const guid = randomUUID();
  await arm.call(
    "PUT",
    `${arm.subscription}/providers/Microsoft.Authorization/roleDefinitions/${guid}`,
    {
      properties: {
        roleName: "Registry writer",
        permissions: [{ actions: ["Microsoft.ContainerRegistry/*"] }],
        assignableScopes: [arm.subscription],
      },
    },
  );
  await assign("Registry writer", arm.group);
  const refused = await arm.call(
    "PUT",
    `${arm.group}/providers/Microsoft.ContainerRegistry/registries/crtest`,
    {
      ...place,
      sku: { name: "Basic" },
      identity: { type: "UserAssigned", userAssignedIdentities: { [identity()]: {} } },
    },
    reader.token,
  );
  expect([refused.status, refused.json.error.code]).toEqual([403, "LinkedAuthorizationFailed"]);
  expect(refused.json.error.message).toContain("userAssignedIdentities/assign/action");
});

test("RBAC-13: an operator of jobs starts, reads and stops executions, and changes nothing", async () => {
  const { job, body } = await prepareJob(arm);
  await arm.call("PUT", job, body);
  const needs = async (method: string, path: string): Promise<string> => {
    const refused = await arm.call(method, job + path, undefined, reader.token);
    expect([method, path, refused.status]).toEqual([method, path, 403]);
    return /action '([^']+)'/.exec(refused.json.error.message)?.[1] ?? "";
  };
  const type = "Microsoft.App/jobs";
  expect(await needs("POST", "/start")).toBe(`${type}/start/action`);
  expect(await needs("POST", "/stop")).toBe(`${type}/stop/action`);
  expect(await needs("GET", "/executions")).toBe(`${type}/executions/read`);
  expect(await needs("GET", "/executions/x")).toBe(`${type}/execution/read`);
  expect(await needs("POST", "/executions/x/stop")).toBe(`${type}/stop/execution/action`);
  await assign("Container Apps Jobs Operator", job);
  const started = await arm.call("POST", `${job}/start`, undefined, reader.token);
  expect(started.status).toBe(200);
  const execution = `${job}/executions/${started.json.name}`;
  expect((await arm.call("GET", execution, undefined, reader.token)).status).toBe(200);
  expect((await arm.call("POST", `${execution}/stop`, undefined, reader.token)).status).toBe(202);
  expect((await arm.call("PUT", job, body, reader.token)).status).toBe(403);
  expect((await arm.call("DELETE", job, undefined, reader.token)).status).toBe(403);
});
