import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createVaultRoom } from "../../../src/sandbox/vault/service.js";
import { call, createRoomContext, resourceGroup, type Call } from "../registry/room-context.js";

const vaultId = `${resourceGroup}/providers/Microsoft.KeyVault/vaults/kv-test`;
const officer = "token-officer@https://vault.azure.net";
const data = (name: string) => `Microsoft.KeyVault/vaults/secrets/${name}`;
const everything = [
  "getSecret/action",
  "readMetadata/action",
  "setSecret/action",
  "update/action",
  "delete",
  "recover/action",
  "purge/action",
].map(data);
const identityId = `${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/vault`;

let context: ReturnType<typeof createRoomContext>;
let room: ReturnType<typeof createVaultRoom>;
let uri: string;

function vaultResource(properties: Record<string, unknown> = {}) {
  return {
    id: vaultId,
    name: "kv-test",
    type: "Microsoft.KeyVault/vaults",
    location: "westeurope",
    properties: { enableRbacAuthorization: true, softDeleteRetentionInDays: 7, ...properties },
  };
}

beforeEach(async () => {
  context = createRoomContext();
  context.grant("officer", ...everything);
  context.grant("workload", data("getSecret/action"));
  context.addResource(vaultResource());
  context.addResource({
    id: identityId,
    name: "vault",
    type: "Microsoft.ManagedIdentity/userAssignedIdentities",
    properties: { principalId: "workload", clientId: "client" },
  });
  room = createVaultRoom(context.ctx, { packageRoot: "" });
  uri = await room.port.open(vaultResource());
});

afterEach(() => context.dispose());

async function send(path: string, init: Call = {}) {
  const joint = path.includes("?") ? "&" : "?";
  return await call(room.services, `${path}${joint}api-version=7.6`, {
    listener: "vault:kv-test",
    token: officer,
    ...init,
  });
}

async function put(name: string, value: string, more: Record<string, unknown> = {}) {
  return await send(`/secrets/${name}`, { method: "PUT", body: { value, ...more } });
}

describe("access", () => {
  it("challenges a request without a token [KV-1]", async () => {
    const reply = await call(room.services, "/secrets/s/?api%2Dversion=2025-07-01", {
      listener: "vault:kv-test",
    });
    expect(reply.status).toBe(401);
    expect(reply.headers["www-authenticate"]).toBe(
      'Bearer authorization="https://localhost:9443/7e2a2d0c-5a4d-4b0e-9a53-0b0c5a4d0001", resource="https://vault.azure.net"',
    );
    expect(reply.json.error).toEqual({
      code: "Unauthorized",
      message: "AKV10000: Request is missing a Bearer or PoP token.",
    });
    const other = await send("/secrets", { token: "token-officer@https://management.azure.com" });
    expect(other.status).toBe(401);
    expect(other.headers["www-authenticate"]).toContain("Bearer authorization=");
  });

  it("names caller and data action when a role is missing [KV-2]", async () => {
    await put("s", "v");
    const reply = await send("/secrets/s", { token: "token-owner@https://vault.azure.net" });
    expect(reply.status).toBe(403);
    expect(reply.json.error).toMatchObject({
      code: "Forbidden",
      innererror: { code: "ForbiddenByRbac" },
    });
    const lines = reply.json.error.message.split("\r\n");
    expect(lines).toContain("Caller: appid=app;oid=owner;iss=https://sts.windows.net/tenant/");
    expect(lines).toContain("Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'");
    expect(lines).toContain(`Resource: '${vaultId.toLowerCase()}/secrets/s'`);
    expect(lines).toContain("Vault: kv-test;location=westeurope");
  });

  it.each<[string, string, Call]>([
    ["readMetadata/action", "/secrets", {}],
    ["readMetadata/action", "/secrets/s/versions", {}],
    ["setSecret/action", "/secrets/s", { method: "PUT", body: { value: "v" } }],
    ["update/action", "/secrets/s", { method: "PATCH", body: {} }],
    ["delete", "/secrets/s", { method: "DELETE" }],
    ["readMetadata/action", "/deletedsecrets", {}],
    ["recover/action", "/deletedsecrets/s/recover", { method: "POST" }],
    ["purge/action", "/deletedsecrets/s", { method: "DELETE" }],
  ])("needs %s for %s [KV-2]", async (action, path, init) => {
    const reply = await send(path, { ...init, token: "token-nobody@https://vault.azure.net" });
    expect(reply.status).toBe(403);
    expect(reply.json.error.message).toContain(`Action: '${data(action)}'`);
  });

  it("follows access policies in a vault without RBAC [KV-3]", async () => {
    context.addResource(
      vaultResource({
        enableRbacAuthorization: false,
        accessPolicies: [{ objectId: "policy", permissions: { secrets: ["Get"] } }],
      }),
    );
    const refused = await put("s", "v");
    expect(refused.json.error.innererror.code).toBe("ForbiddenByPolicy");
    const allowed = await send("/secrets/s", { token: "token-policy@https://vault.azure.net" });
    expect(allowed.json.error.code).toBe("SecretNotFound");
  });
});

describe("secrets", () => {
  it("are set, read by either address, and kept by version [KV-10 KV-11]", async () => {
    const first = await put("github-pat", "one", {
      contentType: "text/plain",
      tags: { by: "test" },
      attributes: { exp: 4102444800 },
    });
    expect(first.status).toBe(200);
    const { id } = first.json;
    expect(id).toMatch(new RegExp(`^${uri}secrets/github-pat/[0-9a-f]{32}$`));
    expect(first.json).toMatchObject({
      value: "one",
      contentType: "text/plain",
      tags: { by: "test" },
      attributes: {
        enabled: true,
        exp: 4102444800,
        recoveryLevel: "CustomizedRecoverable+Purgeable",
        recoverableDays: 7,
      },
    });
    await put("github-pat", "two");
    expect((await send("/secrets/github-pat")).json.value).toBe("two");
    expect((await send("/secrets/GitHub-PAT/")).json.value).toBe("two");
    expect((await send(`/secrets/github-pat/${id.split("/").at(-1)}`)).json.value).toBe("one");
    const encoded = await call(room.services, "/secrets/github-pat/?api%2Dversion=2025-07-01", {
      listener: "vault:kv-test",
      token: officer,
    });
    expect(encoded.json.value).toBe("two");
    expect((await send("/secrets/nothing")).json.error.code).toBe("SecretNotFound");
    expect((await send(`/secrets/github-pat/${"0".repeat(32)}`)).status).toBe(404);
  });

  it("change their properties, not their value [KV-12]", async () => {
    await put("s", "v", { tags: { a: "1" } });
    const patched = await send("/secrets/s/", {
      method: "PATCH",
      body: { contentType: "x", attributes: { enabled: false } },
    });
    expect(patched.json).toMatchObject({
      contentType: "x",
      tags: { a: "1" },
      attributes: { enabled: false },
    });
    expect(patched.json.value).toBeUndefined();
    const read = await send("/secrets/s");
    expect(read.status).toBe(403);
    expect(read.json.error).toEqual({
      code: "Forbidden",
      message: "Operation get is not allowed on a disabled secret.",
      innererror: { code: "SecretDisabled" },
    });
  });

  it("are listed by pages, without values [KV-13]", async () => {
    for (let index = 0; index < 30; index += 1)
      await put(`s-${String(index).padStart(2, "0")}`, "v");
    const first = await send("/secrets");
    expect(first.json.value).toHaveLength(25);
    expect(first.json.value[0].id).toBe(`${uri}secrets/s-00`);
    expect(JSON.stringify(first.json)).not.toContain('"value":"v"');
    expect(first.json.nextLink).toContain("$skiptoken".replace("$", "%24"));
    const second = await call(room.services, first.json.nextLink, {
      listener: "vault:kv-test",
      token: officer,
    });
    expect(second.json.value).toHaveLength(5);
    expect(second.json.nextLink).toBeNull();
    expect((await send("/secrets?maxresults=3")).json.value).toHaveLength(3);
    expect((await send("/secrets?maxresults=26")).status).toBe(400);
    await put("s-00", "w");
    expect((await send("/secrets/s-00/versions")).json.value).toHaveLength(2);
  });

  it("are soft-deleted, recovered and purged [KV-20 KV-21]", async () => {
    await put("s", "v");
    const deleted = await send("/secrets/s", { method: "DELETE" });
    expect(deleted.json).toMatchObject({ recoveryId: `${uri}deletedsecrets/s` });
    expect(deleted.json.scheduledPurgeDate - deleted.json.deletedDate).toBe(7 * 86_400);
    expect((await send("/secrets/s")).status).toBe(404);
    const reuse = await put("s", "w");
    expect(reuse.status).toBe(409);
    expect(reuse.json.error).toMatchObject({
      code: "Conflict",
      innererror: { code: "ObjectIsDeletedButRecoverable" },
    });
    expect((await send("/deletedsecrets")).json.value).toHaveLength(1);
    expect((await send("/deletedsecrets/s/recover", { method: "POST" })).status).toBe(200);
    expect((await send("/secrets/s")).json.value).toBe("v");
    await send("/secrets/s", { method: "DELETE" });
    expect((await send("/deletedsecrets/s", { method: "DELETE" })).status).toBe(204);
    expect((await send("/deletedsecrets/s")).json.error.message).toBe(
      "Deleted Secret not found: s",
    );
    expect((await put("s", "w")).status).toBe(200);
  });

  it("are purged by time, and never before it with purge protection [KV-22]", async () => {
    await put("s", "v");
    await send("/secrets/s", { method: "DELETE" });
    context.addResource(vaultResource({ enablePurgeProtection: true }));
    const refused = await send("/deletedsecrets/s", { method: "DELETE" });
    expect(refused.status).toBe(403);
    context.clock.advance(8 * 86_400_000);
    expect((await put("s", "w")).status).toBe(200);
  });

  it("lie in files that only the user can read [KV-30]", async () => {
    await put("s", "a-very-secret-value");
    context.flush();
    const files = readdirSync(context.directory).map((name) => join(context.directory, name));
    const holding = files.filter(
      (file) =>
        statSync(file).isFile() && readFileSync(file, "utf8").includes("a-very-secret-value"),
    );
    expect(holding).toHaveLength(1);
    for (const file of holding) expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it.each<[string, string, Call]>([
    ["a name with an underscore", "/secrets/a_b", { method: "PUT", body: { value: "v" } }],
    ["a name that is too long", `/secrets/${"a".repeat(128)}`, {}],
    ["no value", "/secrets/s", { method: "PUT", body: { contentType: "x" } }],
    [
      "a value over 25 KiB",
      "/secrets/s",
      { method: "PUT", body: { value: "x".repeat(25 * 1024 + 1) } },
    ],
    ["a body that is no object", "/secrets/s", { method: "PUT", body: "[]" }],
    [
      "sixteen tags",
      "/secrets/s",
      {
        method: "PUT",
        body: {
          value: "v",
          tags: Object.fromEntries(Array.from({ length: 16 }, (_v, at) => [`t${at}`, ""])),
        },
      },
    ],
  ])("refuse %s [KV-14]", async (_name, path, init) => {
    const reply = await send(path, init);
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe("BadParameter");
  });

  it("refuse a missing or unknown version, and know no certificate contacts [KV-4 KV-5]", async () => {
    const without = await call(room.services, "/secrets", {
      listener: "vault:kv-test",
      token: officer,
    });
    expect(without.json.error).toEqual({
      code: "BadParameter",
      message: "api-version must be specified",
    });
    const wrong = await call(room.services, "/secrets?api-version=1.0", {
      listener: "vault:kv-test",
      token: officer,
    });
    expect(wrong.status).toBe(400);
    expect((await send("/certificates/contacts")).status).toBe(404);
    expect((await send("/keys")).status).toBe(404);
  });
});

describe("a Container Apps secret reference", () => {
  it("is resolved with the identity's own role [KV-40]", async () => {
    const set = await put("s", "v1");
    await put("s", "v2");
    expect(room.port.resolveReference(`${uri}secrets/s`, identityId)).toBe("v2");
    expect(room.port.resolveReference(set.json.id, identityId.toUpperCase())).toBe("v1");
  });

  it("is refused in the platform's words [KV-41]", async () => {
    await put("s", "v");
    await put("empty", "");
    await put("off", "v", { attributes: { enabled: false } });
    const refused = (url: string, identity = identityId) => {
      try {
        room.port.resolveReference(url, identity);
      } catch (error) {
        return error as { status: number; code: string; message: string };
      }
      throw new Error("It was resolved.");
    };
    for (const name of ["missing", "empty", "off"]) {
      expect(refused(`${uri}secrets/${name}`)).toMatchObject({
        status: 400,
        code: "InvalidParameterValueInContainerTemplate",
        message: expect.stringContaining(
          `unable to fetch secret '${name}' using Managed identity '${identityId}'`,
        ),
      });
    }
    expect(refused("https://other.vault.azure.net/secrets/s").code).toBe(
      "InvalidParameterValueInContainerTemplate",
    );
    expect(refused(`${uri}secrets/s`, `${identityId}2`).code).toBe(
      "InvalidParameterValueInContainerTemplate",
    );
    expect(refused("no url").code).toBe("ContainerAppSecretKeyVaultUrlInvalid");
    context.revokeAll();
    expect(refused(`${uri}secrets/s`).code).toBe("InvalidParameterValueInContainerTemplate");
  });

  it("ends with the vault [KV-42]", async () => {
    await put("s", "v");
    await room.port.close(vaultId);
    expect(() => room.port.resolveReference(`${uri}secrets/s`, identityId)).toThrow(
      /unable to fetch/,
    );
    await room.port.open(vaultResource());
    expect((await send("/secrets/s")).status).toBe(404);
  });
});
