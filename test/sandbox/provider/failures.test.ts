import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  configure,
  platformResources,
  resourceGroupOnly,
  runnerResources,
} from "./configuration.js";
import { clientSecret, startFakeArm, subscriptionId, type FakeArm } from "./fake-arm.js";
import { openBench, type Bench, type Workspace } from "./terraform-cli.js";

const group = `/subscriptions/${subscriptionId}/resourceGroups/rg-demo`;

/** Terraform draws boxes and breaks lines; the words are what counts. */
function words(output: string): string {
  return output.replace(/[╷│╵]/g, " ").replace(/\s+/g, " ");
}

describe("what goes wrong", () => {
  let arm: FakeArm;
  let bench: Bench;
  let count = 0;
  let work: Workspace;

  beforeAll(async () => {
    [arm, bench] = await Promise.all([startFakeArm(), openBench()]);
  });
  afterAll(async () => {
    await bench?.close();
    await arm?.close();
  });
  beforeEach(() => {
    arm.intercept = undefined;
    arm.resources.clear();
    arm.calls.length = 0;
  });

  const prepare = async (
    resource: Record<string, unknown>,
    environment: Record<string, string> = {},
  ): Promise<void> => {
    count += 1;
    work = await bench.workspace(`failure-${count}`, { ...arm.environment, ...environment });
    await work.write(
      configure(["azurerm", "azapi"], { data: { azurerm_client_config: { me: {} } }, resource }),
    );
    expect(await work.run("init")).toMatchObject({ code: 0 });
  };
  const job = (change: Record<string, unknown>): Record<string, unknown> => {
    const { azurerm_container_app_job: jobs } = runnerResources() as {
      azurerm_container_app_job: { pool: Record<string, unknown> };
    };
    return {
      ...platformResources,
      azurerm_container_app_job: { pool: { ...jobs.pool, ...change } },
    };
  };

  it.each([
    [
      "[PROV-2] an unknown attribute",
      { azurerm_resource_group: { this: { name: "rg", location: "x", colour: "red" } } },
      'No argument or block type is named "colour"',
    ],
    [
      "[PROV-2] a wrong type",
      job({ replica_timeout_in_seconds: "soon" }),
      'Inappropriate value for attribute "replica_timeout_in_seconds": a number is required',
    ],
    [
      "[PROV-3] a registry's name",
      {
        azurerm_container_registry: {
          this: { name: "my-registry", sku: "Basic", location: "x", resource_group_name: "rg" },
        },
      },
      "with azurerm_container_registry.this, on main.tf.json",
    ],
    ["[PROV-3] two triggers", job({ manual_trigger_config: {} }), "only one of"],
    [
      "[PROV-3] a reference without identity",
      job({ secret: { name: "s", key_vault_secret_id: "https://v/secrets/s" } }),
      "must be set together",
    ],
  ])("refuses %s when validating", async (_what, resource, message) => {
    await prepare(resource);
    const result = await work.run("validate");
    expect(words(result.output)).toContain(message);
    expect(result.code).toBe(1);
  });

  it("[PROV-7] asks for azurerm's features block", async () => {
    await prepare(resourceGroupOnly);
    await work.write(
      configure(["azurerm"], {
        provider: { azurerm: { subscription_id: subscriptionId } },
        resource: resourceGroupOnly,
      }),
    );
    const result = await work.run("validate");
    expect(words(result.output)).toContain('At least 1 "features" block is required');
    expect(result.code).toBe(1);
  });

  it("[PROV-4] validates what it does not model and says so when planning", async () => {
    await prepare({
      azurerm_route_table: { this: { name: "rt", location: "x", resource_group_name: "rg" } },
    });
    expect(await work.run("validate")).toMatchObject({ code: 0 });
    const plan = await work.run("plan");
    expect(plan.code).toBe(1);
    expect(plan.output).toContain("the sandbox does not model azurerm_route_table yet");
  });

  it("[PROV-14] plans unknown values on create and a replacement when a fixed one changes", async () => {
    await prepare(resourceGroupOnly);
    const plan = await work.run("plan");
    expect(plan.output).toMatch(/\+ id\s+= \(known after apply\)/);
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    await work.write(
      configure(["azurerm"], {
        resource: {
          azurerm_resource_group: { this: { name: "rg-demo", location: "northeurope" } },
        },
      }),
    );
    const change = await work.run("plan");
    expect(change.output).toMatch(
      /location\s+= "westeurope" -> "northeurope" # forces replacement/,
    );
    expect(change.output).toContain("1 to add, 0 to change, 1 to destroy");
  });

  it("[PROV-50] shows status, code and message of ARM's errors", async () => {
    arm.intercept = (call) =>
      call.method === "PUT"
        ? {
            status: 403,
            body: {
              error: {
                code: "AuthorizationFailed",
                message: "The client does not have authorization to perform action 'write'.",
              },
            },
          }
        : undefined;
    await prepare(resourceGroupOnly);
    const applied = await work.run("apply", "-auto-approve");
    expect(applied.code).toBe(1);
    expect(words(applied.output)).toContain(
      "unexpected status 403 (403 Forbidden) with error: AuthorizationFailed: The client does not",
    );
    expect(words(applied.output)).toContain("with azurerm_resource_group.this");
  });

  it("[PROV-51] waits as long as a 429 asks and tries again", async () => {
    let refusals = 2;
    arm.intercept = (call) => {
      if (call.method !== "PUT" || refusals === 0) return undefined;
      refusals -= 1;
      return refusals === 1
        ? { status: 429, headers: { "retry-after": "1" }, body: { error: { code: "TooMany" } } }
        : { status: 503, body: { error: { code: "ServerBusy" } } };
    };
    await prepare(resourceGroupOnly);
    const began = Date.now();
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    expect(Date.now() - began).toBeGreaterThan(1000);
    expect(refusals).toBe(0);
  });

  it("[PROV-52] follows an asynchronous operation to its failure", async () => {
    arm.intercept = (call) => {
      if (call.method === "PUT") {
        return {
          status: 201,
          headers: { "azure-asyncoperation": `${arm.origin}/operations/1`, "retry-after": "0" },
          body: { id: call.path, properties: { provisioningState: "Creating" } },
        };
      }
      return call.path === "/operations/1"
        ? {
            status: 200,
            body: { status: "Failed", error: { code: "Conflict", message: "It is in use." } },
          }
        : undefined;
    };
    await prepare(resourceGroupOnly);
    const applied = await work.run("apply", "-auto-approve");
    expect(words(applied.output)).toContain(
      'Status: "Failed" Code: "Conflict" Message: "It is in use."',
    );
    expect(applied.code).toBe(1);
  });

  it("[PROV-53] shows neither the client's secret nor a sensitive value", async () => {
    const value = "a-value-of-the-job";
    arm.intercept = (call) =>
      call.method === "PUT" && call.path.includes("/jobs/")
        ? { status: 400, body: { error: { code: "Bad", message: `wrong: ${value}` } } }
        : undefined;
    await prepare(job({ secret: { name: "github-credential", value } }));
    const applied = await work.run("apply", "-auto-approve");
    expect(words(applied.output)).toContain("Bad: wrong: (sensitive value)");
    expect(applied.output).not.toContain(value);
    expect(applied.output).not.toContain(clientSecret);
  });

  it("[PROV-60] says that the secret is wrong before anything is planned", async () => {
    await prepare(resourceGroupOnly, { ARM_CLIENT_SECRET: "not-the-secret" });
    const plan = await work.run("plan");
    expect(plan.output).toContain("AADSTS7000215");
    expect(plan.output).not.toContain("not-the-secret");
    expect(plan.code).toBe(1);
  });

  it("[PROV-61] talks to this machine alone", async () => {
    await prepare(resourceGroupOnly, {
      ARM_RESOURCE_MANAGER_ENDPOINT: "https://management.azure.com",
      ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST: "https://login.microsoftonline.com",
    });
    const plan = await work.run("plan");
    expect(words(plan.output)).toContain("does not talk to login.microsoftonline.com");
    expect(plan.code).toBe(1);
  });

  it("[PROV-20] refuses to delete a group that others have put something into", async () => {
    await prepare(resourceGroupOnly);
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    const other = `${group}/providers/Microsoft.Network/virtualNetworks/theirs`;
    arm.resources.set(other.toLowerCase(), { id: other });
    const destroyed = await work.run("destroy", "-auto-approve");
    expect(destroyed.code).toBe(1);
    expect(words(destroyed.output)).toContain("the Resource Group still contains Resources");
    expect(destroyed.output).toContain("virtualNetworks/theirs");
  });
});
