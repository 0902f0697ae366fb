import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type RunningSandbox } from "../../../src/sandbox/start.js";
import { configure, platformResources } from "./configuration.js";
import { openBench, type Bench, type Workspace } from "./terraform-cli.js";

const packageRoot = fileURLToPath(new URL("../../..", import.meta.url));

describe("the provider with the whole sandbox, over HTTPS", () => {
  let bench: Bench;
  let sandbox: RunningSandbox;
  let directory: string;
  let work: Workspace;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "rctl-sandbox-"));
    [bench, sandbox] = await Promise.all([
      openBench(),
      startSandbox({ directory, packageRoot, asyncSeconds: 0 }),
    ]);
    work = await bench.workspace("platform", { ...sandbox.environment });
    await work.write(
      configure(["azurerm", "azapi"], {
        provider: {
          azurerm: {
            features: {},
            resource_provider_registrations: "none",
            resource_providers_to_register: ["Microsoft.App", "Microsoft.ContainerRegistry"],
          },
        },
        data: { azurerm_client_config: { me: {} }, azurerm_subscription: { this: {} } },
        resource: platformResources,
        output: { vault: { value: "${azurerm_key_vault.this.vault_uri}" } },
      }),
    );
    expect(await work.run("init")).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await sandbox?.close();
    await bench?.close();
    await rm(directory, { recursive: true, force: true });
  });

  it("[PROV-10][PROV-11] applies the platform, then plans nothing", async () => {
    const applied = await work.run("apply", "-auto-approve");
    expect(applied.output).toContain("Apply complete! Resources: 13 added");
    expect(applied.output).toMatch(/vault = "https:\/\/localhost:\d+\/"/);
    const plan = await work.run("plan", "-detailed-exitcode");
    expect(plan.output).toContain("No changes.");
    expect(plan.code).toBe(0);
  });

  it("[PROV-13] destroys it, and can apply it again under the same names", async () => {
    expect(await work.run("destroy", "-auto-approve")).toMatchObject({ code: 0 });
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    expect(await work.run("destroy", "-auto-approve")).toMatchObject({ code: 0 });
  });
});
