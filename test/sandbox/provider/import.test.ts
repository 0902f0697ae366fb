import { copyFile, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { configure, platformResources, runnerResources } from "./configuration.js";
import { startFakeArm, type FakeArm } from "./fake-arm.js";
import { openBench, type Bench, type Workspace } from "./terraform-cli.js";

interface State {
  resources: {
    mode: string;
    type: string;
    name: string;
    instances: { attributes: { id: string } }[];
  }[];
}

describe("import", () => {
  let arm: FakeArm;
  let bench: Bench;
  let work: Workspace;

  const stateFile = (): string => join(work.folder, "terraform.tfstate");
  const { azurerm_container_app_job: jobs } = runnerResources() as {
    azurerm_container_app_job: Record<string, unknown>;
  };
  const deployment = configure(["azurerm", "azapi"], {
    data: { azurerm_client_config: { me: {} } },
    resource: {
      ...platformResources,
      azurerm_container_app_job: jobs,
      azapi_resource: {
        sku: {
          type: "Microsoft.App/managedEnvironments/storages@2025-07-01",
          name: "share",
          parent_id: "${azurerm_container_app_environment.this.id}",
          body: { properties: { azureFile: { shareName: "s", accessMode: "ReadOnly" } } },
        },
      },
    },
  });

  beforeAll(async () => {
    [arm, bench] = await Promise.all([startFakeArm(), openBench()]);
    work = await bench.workspace("import", arm.environment);
    await work.write(deployment);
    expect(await work.run("init")).toMatchObject({ code: 0 });
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    await copyFile(stateFile(), join(work.folder, "first.json"));
  });
  afterAll(async () => {
    await bench?.close();
    await arm?.close();
  });

  it("[PROV-40] refuses to make what is there already", async () => {
    await rm(stateFile());
    const again = await work.run("apply", "-auto-approve");
    expect(again.code).toBe(1);
    expect(again.output.replace(/\s*│?\s+/g, " ")).toContain(
      "already exists - to be managed via Terraform this resource needs to be imported into the State",
    );
  });

  it("[PROV-41] takes every resource into the state by its id, and then plans no change", async () => {
    // The ids come from the state of the run that made them.
    const ids = await collectIds();
    await rm(stateFile(), { force: true });
    const blocks = ids.map(({ address, id }) => ({ to: address, id }));
    await work.write({ ...deployment, import: blocks });
    const applied = await work.run("apply", "-auto-approve");
    // azapi compares bodies, and an imported resource has none in the state yet.
    expect(applied.output).toContain(`${ids.length} imported, 0 added, 1 changed, 0 destroyed`);
    await work.write(deployment);
    expect(await work.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
  });

  it("[PROV-42] names the form of an id that it cannot read", async () => {
    await work.run("state", "rm", "azurerm_container_app_job.pool");
    const wrong = await work.run("import", "azurerm_container_app_job.pool", "/not/an/id");
    expect(wrong.code).toBe(1);
    expect(wrong.output).toContain("Microsoft.App/jobs/{name}");
  });

  const collectIds = async (): Promise<{ address: string; id: string }[]> => {
    const state = JSON.parse(await readFile(join(work.folder, "first.json"), "utf8")) as State;
    return state.resources
      .filter(({ mode }) => mode === "managed")
      .map(({ type, name, instances }) => ({
        address: `${type}.${name}`,
        id:
          (instances[0]?.attributes.id ?? "") +
          (type === "azapi_resource" ? "?api-version=2025-07-01" : ""),
      }));
  };
});
