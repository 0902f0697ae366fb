import { describe, expect, it } from "vitest";
import type { StackChange } from "../../src/domain/stack-change.js";
import type { InspectedGroup } from "../../src/operations/destroy-orphans.js";
import { destroy, type DestroyDeps, type DestroyRequest } from "../../src/operations/destroy.js";
import { ignoreEvents } from "../../src/output/events.js";
import {
  config,
  digest,
  failed,
  groupId,
  makeStacks,
  ownTags,
  platformOutputs,
  ScriptedTerraform,
  vault,
} from "./deploy-fakes.js";

const job = {
  address: "azurerm_container_app_job.pool-a",
  id: `${groupId}/providers/Microsoft.App/jobs/caj-demo-a`,
};
const group = { address: "azurerm_resource_group.group", id: groupId };
const inGroup = (...resources: InspectedGroup["resources"]): InspectedGroup => ({
  id: groupId,
  tags: ownTags,
  resources,
});

function prepare(
  script: ConstructorParameters<typeof ScriptedTerraform>[0],
  groups: readonly (InspectedGroup | undefined)[],
  changes: Partial<DestroyDeps> = {},
) {
  const { synthesize, outdir } = makeStacks();
  const terraform = new ScriptedTerraform(script);
  const asked: (readonly StackChange[])[] = [];
  const looks = [...groups];
  const deps: DestroyDeps = {
    emit: ignoreEvents,
    terraform,
    synthesize,
    inspectGroup: () => Promise.resolve(looks.shift()),
    confirm: (request) => {
      asked.push(request.changes);
      return Promise.resolve(true);
    },
    ...changes,
  };
  const run = (request: Partial<DestroyRequest> = {}) =>
    destroy({ config, outdir, ...request }, deps);
  return { run, terraform, asked };
}

const deployed = {
  resources: { platform: [group, vault], runners: [job] },
  outputs: { platform: platformOutputs, runners: { runner_image: digest } },
};

describe("destroy", () => {
  it("shows everything first, then removes the jobs before what they stand on", async () => {
    const { run, terraform, asked } = prepare(deployed, [inGroup()]);
    expect(await run()).toMatchObject({
      status: "destroyed",
      stacks: [
        { stack: "runners", destroyed: [job.address] },
        { stack: "platform", destroyed: [group.address, vault.address] },
      ],
    });
    expect(
      asked.map((changes) => changes.map(({ stack, delete: count }) => [stack, count])),
    ).toEqual([
      [
        ["runners", 1],
        ["platform", 2],
      ],
    ]);
    expect(terraform.log).toEqual([
      "plan-destroy runners",
      "plan-destroy platform",
      "apply runners",
      "apply platform",
      "tidy runners",
      "tidy platform",
    ]);
  });

  it("removes nothing that was declined", async () => {
    const { run, terraform } = prepare(deployed, [inGroup()], {
      confirm: () => Promise.resolve(false),
    });
    await expect(run()).rejects.toMatchObject({ code: "declined", exitCode: 9 });
    expect(terraform.log.some((line) => line.startsWith("apply"))).toBe(false);
  });

  it("says so when there is nothing", async () => {
    const { run, asked } = prepare({}, [undefined]);
    expect(await run()).toMatchObject({ status: "nothing", stacks: [] });
    expect(asked).toEqual([]);
  });

  it("leaves a group of the same name alone that is somebody else's", async () => {
    const { run } = prepare({}, [{ ...inGroup({ id: `${groupId}/x`, tags: {} }), tags: {} }]);
    expect(await run()).toMatchObject({ status: "nothing" });
  });

  it("fails when the group is still there afterwards, naming what is left", async () => {
    const left = inGroup({ id: `${groupId}/providers/X/y/z`, tags: {} });
    const { run } = prepare(deployed, [left, left]);
    await expect(run()).rejects.toMatchObject({
      code: "terraform.destroyIncomplete",
      problems: [{ where: `${groupId}/providers/X/y/z` }],
    });
  });

  it("goes no further when a stack cannot be removed", async () => {
    const { run, terraform } = prepare({ ...deployed, outcomes: { runners: [failed({})] } }, [
      inGroup(),
    ]);
    await expect(run()).rejects.toMatchObject({ exitCode: 6 });
    expect(terraform.log).not.toContain("apply platform");
  });

  it("does not pull the platform from under the runners", async () => {
    const { run, terraform } = prepare(deployed, [inGroup()]);
    await expect(run({ stacks: ["platform"] })).rejects.toMatchObject({ exitCode: 2 });
    expect(terraform.log).toEqual([]);
  });

  it("takes along what an interrupted run did not record, if it is ours", async () => {
    const { run, terraform } = prepare(
      { ...deployed, resources: { platform: [group], runners: [] } },
      [
        inGroup(
          { id: vault.id.replace("resourceGroups", "resourcegroups"), tags: ownTags },
          { id: job.id, tags: {} },
        ),
      ],
    );
    await run();
    expect(terraform.log.filter((line) => line.startsWith("import"))).toEqual([
      `import ${vault.address}`,
    ]);
  });
});
