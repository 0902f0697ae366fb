import { SecretClient } from "@azure/keyvault-secrets";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { send } from "../core/http.js";
import { startForTest, type SandboxUnderTest } from "../registry/running-sandbox.js";

let test: SandboxUnderTest;
let vaultId: string;
let vaultUri: string;
let client: SecretClient;

const clientOptions = () => ({
  disableChallengeResourceVerification: true,
  tlsOptions: { ca: test.ca },
  retryOptions: { maxRetries: 0 },
});

beforeAll(async () => {
  test = await startForTest();
  vaultId = `${test.group}/providers/Microsoft.KeyVault/vaults/kv-sdk-test`;
  const made = await test.arm("PUT", vaultId, "2023-02-01", {
    location: "westeurope",
    properties: {
      tenantId: test.sandbox.environment["ARM_TENANT_ID"],
      sku: { family: "A", name: "standard" },
      enableRbacAuthorization: true,
      softDeleteRetentionInDays: 7,
    },
  });
  vaultUri = made.json.properties.vaultUri;
  const officer = await test.addPrincipal("Key Vault Secrets Officer", vaultId);
  client = new SecretClient(vaultUri, officer, clientOptions());
});

afterAll(async () => {
  await test.close();
});

describe("with Azure's own SDK", () => {
  it("a secret lives through its whole life [KV-10 KV-11 KV-12 KV-13 KV-20 KV-21]", async () => {
    const expiresOn = new Date("2030-01-01T00:00:00Z");
    const set = await client.setSecret("github-pat", "one", {
      contentType: "text/plain",
      expiresOn,
    });
    expect(set.properties).toMatchObject({
      name: "github-pat",
      vaultUrl: vaultUri.replace(/\/$/, ""),
      expiresOn,
    });
    await client.setSecret("github-pat", "two");
    expect((await client.getSecret("github-pat")).value).toBe("two");
    const first = set.properties.version ?? "";
    expect((await client.getSecret("github-pat", { version: first })).value).toBe("one");
    await client.updateSecretProperties("github-pat", first, { enabled: false });
    await expect(client.getSecret("github-pat", { version: first })).rejects.toMatchObject({
      statusCode: 403,
      code: "Forbidden",
    });
    const versions = [];
    for await (const version of client.listPropertiesOfSecretVersions("github-pat"))
      versions.push(version.enabled);
    expect(versions).toEqual([false, true]);

    for (let index = 0; index < 27; index += 1) await client.setSecret(`many-${index}`, "v");
    const names = [];
    for await (const secret of client.listPropertiesOfSecrets()) names.push(secret.name);
    expect(names).toHaveLength(28);

    const poller = await client.beginDeleteSecret("github-pat", { intervalInMs: 10 });
    expect((await poller.pollUntilDone()).recoveryId).toBe(`${vaultUri}deletedsecrets/github-pat`);
    await expect(client.setSecret("github-pat", "three")).rejects.toMatchObject({
      statusCode: 409,
      code: "Conflict",
    });
    await (
      await client.beginRecoverDeletedSecret("github-pat", { intervalInMs: 10 })
    ).pollUntilDone();
    expect((await client.getSecret("github-pat")).value).toBe("two");
    await (await client.beginDeleteSecret("github-pat", { intervalInMs: 10 })).pollUntilDone();
  });

  it("Owner alone reads and writes no secret [KV-2]", async () => {
    const owner = new SecretClient(vaultUri, test.credential, clientOptions());
    await expect(owner.setSecret("s", "v")).rejects.toMatchObject({
      statusCode: 403,
      code: "Forbidden",
      message: expect.stringContaining("Microsoft.KeyVault/vaults/secrets/setSecret/action"),
    });
  });

  it("the vault answers before anyone signs in [KV-5]", async () => {
    const root = await send(vaultUri, { ca: test.ca });
    expect(root.status).toBe(404);
    const contacts = await send(`${vaultUri}certificates/contacts?api-version=7.4`, {
      ca: test.ca,
    });
    expect(contacts.status).toBe(401);
  });

  it("secrets and address are the same after a restart [KV-31]", async () => {
    await client.setSecret("kept", "value");
    await test.restart();
    const vault = await test.arm("GET", vaultId, "2023-02-01");
    expect(vault.json.properties.vaultUri).toBe(vaultUri);
    expect((await client.getSecret("kept")).value).toBe("value");
  });
});
