import { describe, expect, it } from "vitest";
import type { StackChange } from "../../src/domain/stack-change.js";
import { deploy, type DeployDeps, type DeployRequest } from "../../src/operations/deploy.js";
import {
  change,
  collectEvents,
  config,
  digest,
  done,
  failed,
  groupId,
  makeStacks,
  ownTags,
  platformOutputs,
  ScriptedTerraform,
  vault,
} from "./deploy-fakes.js";

type Script = ConstructorParameters<typeof ScriptedTerraform>[0];

function prepare(script: Script, changes: Partial<DeployDeps> = {}) {
  const { synthesize, outdir } = makeStacks();
  const terraform = new ScriptedTerraform(script);
  const confirmed: (readonly StackChange[])[] = [];
  const waits: number[] = [];
  const { events, emit } = collectEvents();
  const deps: DeployDeps = {
    emit,
    terraform,
    synthesize,
    buildImage: () => {
      terraform.log.push("image");
      return Promise.resolve({ reference: digest, built: false });
    },
    ensureSecrets: () => {
      terraform.log.push("secret");
      return Promise.resolve([]);
    },
    confirm: (request) => {
      confirmed.push(request.changes);
      return Promise.resolve(true);
    },
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
    ...changes,
  };
  const run = (request: Partial<DeployRequest> = {}) =>
    deploy({ config, outdir, ...request }, deps);
  return { run, terraform, confirmed, waits, events };
}

const outputs = { platform: platformOutputs };
const bothCreate = {
  platform: [[change("azurerm_resource_group.group", ["create"])]],
  runners: [[change("azurerm_container_app_job.pool-a", ["create"])]],
};

describe("deploy", () => {
  it("goes through platform, secret, image and runners in this order", async () => {
    const { run, terraform, confirmed } = prepare({ plans: bothCreate, outputs });
    const result = await run();
    expect(terraform.log).toEqual([
      "plan platform",
      "apply platform",
      "secret",
      "image",
      "plan runners",
      "apply runners",
    ]);
    expect(terraform.planOptions.at(-1)?.variables).toEqual({ runner_image: digest });
    expect(confirmed.map(([first]) => first?.stack)).toEqual(["platform", "runners"]);
    expect(result).toMatchObject({ changed: true, image: { reference: digest } });
  });

  it("changes nothing and asks nothing when everything is as it should be", async () => {
    const { run, terraform, confirmed } = prepare({ outputs });
    expect(await run()).toMatchObject({ changed: false });
    expect(terraform.log).not.toContain("apply platform");
    expect(confirmed).toEqual([]);
  });

  it("applies nothing that was declined", async () => {
    const { run, terraform } = prepare(
      { plans: bothCreate, outputs },
      { confirm: () => Promise.resolve(false) },
    );
    await expect(run()).rejects.toMatchObject({ code: "declined", exitCode: 9 });
    expect(terraform.log).toEqual(["plan platform"]);
  });

  it("stops before the image when a secret is missing, and says how to store it", async () => {
    const { run, terraform } = prepare(
      { plans: bothCreate, outputs },
      { ensureSecrets: () => Promise.resolve(["github-pat"]) },
    );
    await expect(run()).rejects.toMatchObject({
      code: "credentials.secretMissing",
      hint: expect.stringContaining("runnerctl secret set") as unknown,
    });
    expect(terraform.log).toEqual(["plan platform", "apply platform"]);
  });

  it("goes on when the missing secret can be provided", async () => {
    const provided: string[] = [];
    const { run } = prepare(
      { outputs },
      {
        ensureSecrets: () => Promise.resolve(["github-pat"]),
        provideSecret: (name) => Promise.resolve(provided.push(name) > 0),
      },
    );
    await run();
    expect(provided).toEqual(["github-pat"]);
  });

  it("deploys only the platform when asked to", async () => {
    const { run, terraform } = prepare({ plans: bothCreate, outputs });
    await run({ stacks: ["platform"] });
    expect(terraform.log).toEqual(["plan platform", "apply platform"]);
  });

  it("does not deploy runners without a platform", async () => {
    const { run } = prepare({});
    await expect(run({ stacks: ["runners"] })).rejects.toMatchObject({
      code: "terraform.platformNotDeployed",
      exitCode: 4,
    });
  });
});

describe("deploy after an interrupted run", () => {
  const creates = [
    change("azurerm_resource_group.group", ["create"]),
    change(vault.address, ["create"]),
  ];
  const adopting = (tags: object) => [
    change(vault.address, ["no-op"], { before: { tags }, importing: { id: vault.id } }),
  ];

  it("adopts what was left behind and asks no second time", async () => {
    const { run, terraform, confirmed, events } = prepare({
      plans: { platform: [creates, adopting(ownTags)] },
      outcomes: {
        platform: [
          failed({ applied: ["azurerm_resource_group.group"], existing: [vault] }),
          { ...done, applied: [vault.address] },
        ],
      },
      outputs,
    });
    const result = await run({ stacks: ["platform"] });
    expect(terraform.log).toEqual([
      "plan platform",
      "apply platform",
      "plan platform",
      "apply platform",
    ]);
    expect(terraform.planOptions[1]?.adopt).toEqual([vault]);
    expect(confirmed).toHaveLength(1);
    expect(result.stacks[0]).toMatchObject({
      adopted: [vault.address],
      applied: ["azurerm_resource_group.group", vault.address],
    });
    expect(events.filter(({ name }) => name === "deploy.adopt")).toHaveLength(1);
  });

  it("asks again when adopting would replace what is there", async () => {
    const { run, confirmed } = prepare({
      plans: {
        platform: [
          creates,
          [change(vault.address, ["delete", "create"], { before: { tags: ownTags } })],
        ],
      },
      outcomes: { platform: [failed({ existing: [vault] })] },
      outputs,
    });
    await run({ stacks: ["platform"] });
    expect(confirmed).toHaveLength(2);
  });

  it.each([
    ["without tags", {}],
    ["of another deployment", { ...ownTags, "runnerctl-deployment": "other" }],
  ])("refuses a resource %s, before anything is recorded", async (_what, tags) => {
    const { run, terraform } = prepare({
      plans: { platform: [creates, adopting(tags)] },
      outcomes: { platform: [failed({ existing: [vault] })] },
      outputs,
    });
    await expect(run()).rejects.toMatchObject({ code: "terraform.resourceExists", exitCode: 6 });
    expect(terraform.log.filter((line) => line === "apply platform")).toHaveLength(1);
  });

  it("refuses a resource outside its own group", async () => {
    const other = { ...vault, id: vault.id.replace(groupId, `${groupId}-other`) };
    const { run, terraform } = prepare({
      plans: { platform: [creates] },
      outcomes: { platform: [failed({ existing: [other] })] },
      outputs,
    });
    await expect(run()).rejects.toMatchObject({ code: "terraform.resourceExists" });
    expect(terraform.log).toEqual(["plan platform", "apply platform"]);
  });

  it("adopts a role assignment by its derived name, since it has no tags", async () => {
    const role = {
      address: "azurerm_role_assignment.read",
      id: `${vault.id}/providers/Microsoft.Authorization/roleAssignments/derived`,
    };
    const { run } = prepare({
      plans: {
        platform: [
          [change(role.address, ["create"])],
          [change(role.address, ["no-op"], { importing: {} })],
        ],
      },
      outcomes: { platform: [failed({ existing: [role] })] },
      outputs,
    });
    expect((await run({ stacks: ["platform"] })).stacks[0]?.adopted).toEqual([role.address]);
  });

  it("gives up when a resource still exists after it was adopted", async () => {
    const { run, terraform } = prepare({
      plans: { platform: [creates, adopting(ownTags)] },
      outcomes: { platform: [failed({ existing: [vault] }), failed({ existing: [vault] })] },
      outputs,
    });
    await expect(run()).rejects.toMatchObject({ code: "terraform.applyFailed" });
    expect(terraform.log).toHaveLength(4);
  });
});

describe("deploy while permissions spread", () => {
  const waiting = failed({ awaitingPermissions: true });

  it("tries the runners again, waiting longer each time", async () => {
    const { run, waits, confirmed } = prepare({
      plans: bothCreate,
      outcomes: { runners: [waiting, waiting, waiting] },
      outputs,
    });
    expect((await run()).changed).toBe(true);
    expect(waits).toEqual([5_000, 10_000, 20_000]);
    expect(confirmed).toHaveLength(2);
  });

  it("does not try for ever", async () => {
    const { run, waits } = prepare({
      plans: bothCreate,
      outcomes: { runners: Array.from({ length: 20 }, () => waiting) },
      outputs,
    });
    await expect(run()).rejects.toMatchObject({ code: "terraform.applyFailed" });
    expect(waits).toHaveLength(7);
  });

  it("does not try again what fails for another reason", async () => {
    const { run, waits } = prepare({
      plans: bothCreate,
      outcomes: { runners: [failed({})] },
      outputs,
    });
    await expect(run()).rejects.toMatchObject({ code: "terraform.applyFailed" });
    expect(waits).toEqual([]);
  });
});
