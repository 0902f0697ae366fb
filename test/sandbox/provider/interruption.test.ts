import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { configure, platformResources, resourceGroupOnly } from "./configuration.js";
import { startFakeArm, subscriptionId, type Call, type FakeArm } from "./fake-arm.js";
import { openBench, type Bench } from "./terraform-cli.js";

const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-demo`;

describe("interruption", () => {
  let arm: FakeArm;
  let bench: Bench;

  beforeAll(async () => {
    [arm, bench] = await Promise.all([startFakeArm(), openBench()]);
  });
  afterAll(async () => {
    await bench?.close();
    await arm?.close();
  });
  afterEach(() => {
    arm.intercept = undefined;
  });

  /** Processes that run this bench's program. */
  const providers = (): number =>
    readdirSync("/proc").filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(bench.program);
      } catch {
        return false;
      }
    }).length;

  it("[PROV-70] ends with a killed Terraform; what was made can be imported and the rest follows", async () => {
    const work = await bench.workspace("killed", arm.environment);
    const { azurerm_user_assigned_identity, azurerm_log_analytics_workspace } = platformResources;
    const configuration = configure(["azurerm"], {
      resource: {
        ...resourceGroupOnly,
        azurerm_user_assigned_identity,
        azurerm_log_analytics_workspace,
      },
    });
    await work.write(configuration);
    await work.run("init");

    const created = new Promise<Call>((resolve) => {
      // The group is there, but Terraform never hears so.
      arm.intercept = async (call) => {
        if (call.method !== "PUT" || call.path !== group) return undefined;
        arm.resources.set(group.toLowerCase(), {
          id: group,
          name: "rg-demo",
          location: "westeurope",
          tags: { a: "b" },
          properties: { provisioningState: "Succeeded" },
        });
        resolve(call);
        return new Promise(() => {});
      };
    });
    const { process: terraform, done } = work.start("apply", "-auto-approve", "-input=false");
    await created;
    terraform.kill("SIGKILL");
    await done;
    arm.intercept = undefined;
    await expect.poll(providers, { timeout: 10_000 }).toBe(0);

    const again = await work.run("apply", "-auto-approve");
    expect(again.code).toBe(1);
    expect(again.output).toContain("already exists");
    const imported = await work.run("import", "azurerm_resource_group.this", group);
    expect(imported).toMatchObject({ code: 0 });
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    expect(await work.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    expect(await work.run("destroy", "-auto-approve")).toMatchObject({ code: 0 });
  });

  it("[PROV-71] gives up a wait when Terraform is interrupted", async () => {
    const work = await bench.workspace("interrupted", arm.environment);
    await work.write(configure(["azurerm"], { resource: resourceGroupOnly }));
    await work.run("init");
    const polled = new Promise<void>((resolve) => {
      arm.intercept = (call) => {
        if (call.method === "PUT") {
          return {
            status: 202,
            headers: { location: `${arm.origin}/operations/2`, "retry-after": "0" },
          };
        }
        if (call.path !== "/operations/2") return undefined;
        resolve();
        return { status: 202, headers: { "retry-after": "120" } };
      };
    });
    const { process: terraform, done } = work.start("apply", "-auto-approve", "-input=false");
    await polled;
    const began = Date.now();
    terraform.kill("SIGINT");
    const result = await done;
    expect(Date.now() - began).toBeLessThan(20_000);
    expect(result.code).toBe(1);
    expect(result.output).toContain("context canceled");
    await expect.poll(providers, { timeout: 10_000 }).toBe(0);
  });
});
