import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configure, platformResources, runnerResources } from "./configuration.js";
import { startFakeArm, subscriptionId, type FakeArm } from "./fake-arm.js";
import { openBench, type Bench, type Workspace } from "./terraform-cli.js";

const group = `/subscriptions/${subscriptionId}/resourcegroups/rg-demo`;
const jobId = `${group}/providers/microsoft.app/jobs/caj-demo-default`;

function deployment(timeout?: number): unknown {
  return configure(["azurerm", "azapi"], {
    data: {
      azurerm_client_config: { me: {} },
      azurerm_subscription: { this: {} },
      azapi_client_config: { me: {} },
      azurerm_role_definition: { pull: { name: "AcrPull" } },
    },
    resource: { ...platformResources, ...runnerResources(timeout) },
    output: {
      vault: { value: "${azurerm_key_vault.this.vault_uri}" },
      settings: { value: "${azapi_update_resource.pool.output}" },
      role: { value: "${data.azurerm_role_definition.pull.id}" },
    },
  });
}

describe("a whole deployment with real Terraform", () => {
  let arm: FakeArm;
  let bench: Bench;
  let work: Workspace;

  beforeAll(async () => {
    [arm, bench] = await Promise.all([startFakeArm(), openBench()]);
    work = await bench.workspace("deployment", arm.environment);
    await work.write(deployment());
    expect(await work.run("init")).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await bench?.close();
    await arm?.close();
  });

  const configurationOf = (): Record<string, unknown> => {
    const properties = arm.resources.get(jobId)?.["properties"] as Record<string, unknown>;
    return properties["configuration"] as Record<string, unknown>;
  };

  it("[PROV-1][PROV-10] is valid, plans and applies", async () => {
    expect(await work.run("validate")).toMatchObject({ code: 0 });
    const applied = await work.run("apply", "-auto-approve");
    expect(applied.output).toContain("Apply complete! Resources: 15 added");
    expect(applied.output).toMatch(/vault = "https:\/\/kv-demo-abc/);
    expect(configurationOf()).toMatchObject({
      triggerType: "Event",
      replicaRetryLimit: 0,
      eventTriggerConfig: { scale: { maxExecutions: 10, minExecutions: 0, pollingInterval: 30 } },
      identitySettings: [{ lifecycle: "None" }, { lifecycle: "None" }],
    });
  });

  it("[PROV-11] plans nothing the second time", async () => {
    const plan = await work.run("plan", "-detailed-exitcode");
    expect(plan.output).toContain("No changes.");
    expect(plan.code).toBe(0);
  });

  it("[PROV-30] an update keeps what Terraform does not manage", async () => {
    await work.write(deployment(7200));
    const applied = await work.run("apply", "-auto-approve");
    expect(applied.output).toContain("0 added, 1 changed, 0 destroyed");
    expect(configurationOf()).toMatchObject({
      replicaTimeout: 7200,
      identitySettings: [{ lifecycle: "None" }, { lifecycle: "None" }],
    });
  });

  it("[PROV-12] sees what was changed and what was deleted behind its back", async () => {
    configurationOf()["replicaTimeout"] = 5;
    configurationOf()["identitySettings"] = [];
    const registry = arm.resources.get(
      `${group}/providers/microsoft.containerregistry/registries/crdemoabc`,
    );
    (registry?.["properties"] as Record<string, unknown>)["adminUserEnabled"] = true;
    arm.resources.delete(
      [...arm.resources.keys()].find((id) => id.endsWith("/tasks/rebuild")) ?? "",
    );
    arm.intercept = (call) =>
      call.path.endsWith("/listCredentials")
        ? { status: 200, body: { username: "admin", passwords: [{ value: "p" }] } }
        : undefined;
    const plan = await work.run("plan", "-detailed-exitcode");
    expect(plan.code).toBe(2);
    expect(plan.output).toContain("1 to add, 3 to change, 0 to destroy");
    expect(plan.output).toMatch(/admin_enabled\s+= true -> false/);
    expect(plan.output).toMatch(/replica_timeout_in_seconds\s+= 5 -> 7200/);
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    arm.intercept = undefined;
    expect(await work.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it("[PROV-13] destroy leaves nothing", async () => {
    const destroyed = await work.run("destroy", "-auto-approve");
    expect(destroyed.output).toContain("Destroy complete! Resources: 15 destroyed.");
    expect([...arm.resources.keys()]).toEqual([]);
  });
});
