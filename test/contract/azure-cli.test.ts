import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  findProgram,
  runProgram,
  startForeignSandbox,
  type ClientResult,
  type ForeignSandbox,
} from "./foreign-client.js";
import { startLoopbackProxy } from "./loopback-proxy.js";

const az = findProgram("az");
const why = az === undefined ? " (skipped: az is not installed)" : "";

/** The Azure CLI against the sandbox. Every call is a second of Python: the calls are few. */
describe.skipIf(az === undefined)(`the Azure CLI${why}`, () => {
  let foreign: ForeignSandbox;
  let proxy: Awaited<ReturnType<typeof startLoopbackProxy>>;

  const run = (...argv: string[]): Promise<ClientResult> =>
    runProgram(az ?? "az", argv, {
      cwd: foreign.folder,
      env: {
        ...foreign.sandbox.environment,
        HOME: foreign.folder,
        AZURE_CONFIG_DIR: join(foreign.folder, "az"),
        AZURE_CORE_COLLECT_TELEMETRY: "false",
        AZURE_CORE_NO_COLOR: "true",
        // Names below localhost, whether or not this machine resolves them.
        HTTPS_PROXY: proxy.url,
      },
    });
  const ask = async <T = unknown>(...argv: string[]): Promise<T> => {
    const result = await run(...argv, "--output", "json");
    expect(result.code, `az ${argv.join(" ")}\n${result.stderr}`).toBe(0);
    return (result.stdout.trim() === "" ? undefined : JSON.parse(result.stdout)) as T;
  };

  beforeAll(async () => {
    proxy = await startLoopbackProxy();
    foreign = await startForeignSandbox({ storageHostName: true });
    const { environment, directory } = foreign.sandbox;
    await ask(
      ...["cloud", "register", "--name", "sandbox"],
      ...["--cloud-config", `@${join(directory, "az-cloud.json")}`],
    );
    await ask("cloud", "set", "--name", "sandbox");
    await ask(
      ...["login", "--service-principal", "--tenant", environment["AZURE_TENANT_ID"] ?? ""],
      ...["--username", environment["AZURE_CLIENT_ID"] ?? ""],
      ...["--password", environment["AZURE_CLIENT_SECRET"] ?? ""],
    );
  });
  afterAll(async () => {
    await foreign.close();
    await proxy.close();
  });

  test("signs in and sees the subscription; groups and identities come and go", async () => {
    const account = await ask<{ id: string }>("account", "show");
    expect(account.id).toBe(foreign.sandbox.environment["AZURE_SUBSCRIPTION_ID"]);
    await ask("group", "create", "--name", "rg-one", "--location", "westeurope");
    const identity = await ask<{ principalId: string; id: string }>(
      ...["identity", "create", "--resource-group", "rg-one", "--name", "id-one"],
    );
    // Found with a filter of the subscription's resources; its version with the provider's list.
    const listed = await ask<{ name: string }[]>("resource", "list", "--name", "id-one");
    expect(listed.map((one) => one.name)).toEqual(["id-one"]);
    const shown = await ask<{ properties: { principalId: string } }>(
      ...["resource", "show", "--ids", identity.id],
    );
    expect(shown.properties.principalId).toBe(identity.principalId);
    await ask("group", "delete", "--name", "rg-one", "--yes");
    expect(await ask("group", "exists", "--name", "rg-one")).toBe(false);
  });

  test("builds an image with an ACR Task, follows its log, and gets a token for the registry", async () => {
    await ask("group", "create", "--name", "rg-build", "--location", "westeurope");
    const registry = await ask<{ loginServer: string }>(
      ...["acr", "create", "--resource-group", "rg-build", "--name", "crforeign", "--sku", "Basic"],
    );
    const context = join(foreign.folder, "context");
    mkdirSync(context);
    writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY greeting /greeting\n");
    writeFileSync(join(context, "greeting"), "hello\n");
    const built = await run(
      ...["acr", "build", "--registry", "crforeign", "--image", "hello:one", context],
    );
    expect(built.code, built.stderr).toBe(0);
    expect(built.stdout + built.stderr).toContain("Run ID: ");
    const tags = await ask(
      "acr",
      "repository",
      "show-tags",
      "-n",
      "crforeign",
      "--repository",
      "hello",
    );
    expect(tags).toEqual(["one"]);
    const token = await ask<{ loginServer: string; accessToken: string }>(
      ...["acr", "login", "--name", "crforeign", "--expose-token"],
    );
    expect(token.loginServer).toBe(registry.loginServer);
  });

  test("makes a vault, having looked itself up in the directory, and puts it away again", async () => {
    const clientId = foreign.sandbox.environment["AZURE_CLIENT_ID"] ?? "";
    const own = await ask<{ id: string; appId: string }>("ad", "sp", "show", "--id", clientId);
    expect(own.appId).toBe(clientId);
    await ask("group", "create", "--name", "rg-vault", "--location", "westeurope");
    const vault = await ask<{ id: string; properties: { vaultUri: string } }>(
      ...["keyvault", "create", "--resource-group", "rg-vault", "--name", "kv-foreign"],
      ...["--location", "westeurope", "--enable-rbac-authorization"],
    );
    const officer = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"; // Key Vault Secrets Officer
    const definitions = "/providers/Microsoft.Authorization/roleDefinitions";
    await ask(
      ...["rest", "--method", "put", "--url"],
      `${vault.id}/providers/Microsoft.Authorization/roleAssignments/${officer}?api-version=2022-04-01`,
      "--body",
      JSON.stringify({
        properties: {
          roleDefinitionId: `/subscriptions/${vault.id.split("/")[2]}${definitions}/${officer}`,
          principalId: own.id,
          principalType: "ServicePrincipal",
        },
      }),
    );
    const secret = `${vault.properties.vaultUri}secrets/greeting`;
    const rest = ["--resource", "https://vault.azure.net", "--url", `${secret}?api-version=7.4`];
    await ask("rest", "--method", "put", ...rest, "--body", JSON.stringify({ value: "hello" }));
    const read = await ask<{ value: string }>("rest", "--method", "get", ...rest);
    expect(read.value).toBe("hello");
    await ask("keyvault", "delete", "--name", "kv-foreign");
    const deleted = await ask("keyvault", "list-deleted", "--query", "[].name");
    expect(deleted).toEqual(["kv-foreign"]);
    await ask("keyvault", "purge", "--name", "kv-foreign");
  });
});
