import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBench, type Bench } from "../sandbox/provider/terraform-cli.js";
import { openDeployment, type RealDeployment } from "./real-deployment.js";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

/** Kills Terraform with SIGKILL the moment the cloud has made a resource that it asked for. */
function killWhenMade(deployment: RealDeployment, path: RegExp): void {
  deployment.intercept = async (call) => {
    if (call.method !== "PUT" || !path.test(call.path)) return undefined;
    deployment.intercept = undefined;
    await fetch(`${deployment.arm.origin}${call.path}?api-version=2025-01-01`, {
      method: "PUT",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(call.body),
    });
    const note = readdirSync(join(deployment.directory, "plans")).find((name) =>
      name.endsWith(".running.json"),
    );
    const { pid } = JSON.parse(
      readFileSync(join(deployment.directory, "plans", note ?? ""), "utf8"),
    ) as { pid: number };
    // With its providers, which are of its process group: one that lives on would go on creating.
    process.kill(-pid, "SIGKILL");
    return { status: 500 };
  };
}

describe("deploy after Terraform was killed", () => {
  it.each([
    ["the resource group", /resourceGroups\/rg-demo$/i],
    ["a registry", /registries\/\w+$/i],
    ["a role assignment", /roleAssignments/i],
  ])("adopts %s that was made and not recorded", async (_what, path) => {
    const deployment = await openDeployment(bench);
    killWhenMade(deployment, path);
    await expect(deployment.deploy(["platform"])).rejects.toMatchObject({
      code: "terraform.applyFailed",
    });
    const result = await deployment.deploy(["platform"]);
    expect(result.stacks[0]?.adopted.length).toBeGreaterThan(0);
    expect(await deployment.deploy(["platform"])).toMatchObject({ changed: false });
  });

  it("destroys what was made and not recorded", async () => {
    const deployment = await openDeployment(bench);
    killWhenMade(deployment, /registries\/\w+$/i);
    await expect(deployment.deploy(["platform"])).rejects.toThrow();
    await deployment.destroy();
    expect([...deployment.arm.resources.keys()]).toEqual([]);
    expect(existsSync(join(deployment.directory, "state", "platform.tfstate"))).toBe(false);
  });

  it("leaves a resource alone that somebody else made under the same name", async () => {
    const deployment = await openDeployment(bench);
    const group = "/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/rg-demo";
    const theirs = { id: group, name: "rg-demo", location: "westeurope", tags: { owner: "ann" } };
    deployment.arm.resources.set(group.toLowerCase(), {
      ...theirs,
      type: "Microsoft.Resources/resourceGroups",
      properties: { provisioningState: "Succeeded" },
    });
    await expect(deployment.deploy()).rejects.toMatchObject({
      code: "terraform.resourceExists",
      details: { id: group },
    });
    expect(deployment.arm.resources.get(group.toLowerCase())).toMatchObject(theirs);
    expect(await deployment.destroy()).toMatchObject({ status: "nothing" });
    expect(deployment.arm.resources.has(group.toLowerCase())).toBe(true);
  });
});
