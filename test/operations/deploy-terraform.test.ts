import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBench, type Bench } from "../sandbox/provider/terraform-cli.js";
import { synthesize } from "../stacks/synthesized.js";
import { openDeployment } from "./real-deployment.js";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe("deploy with real Terraform", () => {
  it("writes stacks that Terraform finds valid by the providers' own schemas", async () => {
    const { outdir } = synthesize();
    for (const stack of ["platform", "runners"]) {
      const workspace = await bench.workspace(`validate-${stack}`, {});
      const text = readFileSync(join(outdir, "stacks", stack, "cdk.tf.json"), "utf8");
      await workspace.write(JSON.parse(text));
      const init = await workspace.run("init", "-backend=false");
      expect(init.output).toContain("successfully initialized");
      expect(await workspace.run("validate")).toMatchObject({ code: 0 });
    }
  });

  it("deploys, changes nothing the second time, and leaves nothing when destroyed", async () => {
    const deployment = await openDeployment(bench);
    expect(await deployment.deploy()).toMatchObject({ changed: true });
    const jobs = [...deployment.arm.resources]
      .filter(([id]) => /\/jobs\/[^/]+$/.test(id))
      .map(([, job]) => job);
    expect(jobs).toHaveLength(2);
    for (const job of jobs) {
      expect(job["properties"]).toMatchObject({
        configuration: {
          replicaRetryLimit: 0,
          identitySettings: [{ lifecycle: "None" }, { lifecycle: "None" }],
        },
      });
    }
    const questions = deployment.asked.length;
    expect(await deployment.deploy()).toMatchObject({ changed: false });
    expect(deployment.asked).toHaveLength(questions);

    const state = readFileSync(join(deployment.directory, "state", "runners.tfstate"), "utf8");
    expect(state).not.toContain("PRIVATE KEY");
    expect(await deployment.destroy()).toMatchObject({ status: "destroyed" });
    expect([...deployment.arm.resources.keys()]).toEqual([]);
    expect(readdirSync(join(deployment.directory, "state"))).toEqual([]);
    expect(readdirSync(join(deployment.directory, "plans"))).toEqual([]);
    expect(await deployment.destroy()).toMatchObject({ status: "nothing" });
  });
});
