import { describe, expect, it } from "vitest";
import { terraformFailed } from "../../src/errors/catalogue/terraform.js";
import { plan, type PlanDeps, type PlanRequest } from "../../src/operations/plan.js";
import { ignoreEvents } from "../../src/output/events.js";
import {
  change,
  config,
  digest,
  makeStacks,
  platformOutputs,
  ScriptedTerraform,
} from "./deploy-fakes.js";

function prepare(
  script: ConstructorParameters<typeof ScriptedTerraform>[0],
  changes: Partial<PlanDeps> = {},
) {
  const { synthesize, outdir } = makeStacks();
  const terraform = new ScriptedTerraform(script);
  const deps = { emit: ignoreEvents, synthesize, terraform, ...changes };
  const run = (request: Partial<PlanRequest> = {}) => plan({ config, outdir, ...request }, deps);
  return { run, terraform };
}

const update = [[change("azurerm_key_vault.vault", ["update"])]];

describe("plan", () => {
  it("cannot know the runners before there is a platform", async () => {
    const { run } = prepare({ plans: { platform: update } });
    expect(await run()).toMatchObject({
      hasChanges: true,
      stacks: [
        { stack: "platform", status: "planned", change: { update: 1 } },
        { stack: "runners", status: "after-platform" },
      ],
    });
  });

  it("plans the runners with the image in use", async () => {
    const { run, terraform } = prepare({
      outputs: { platform: platformOutputs, runners: { runner_image: digest } },
    });
    expect(await run()).toMatchObject({
      hasChanges: false,
      stacks: [{ stack: "platform" }, { stack: "runners", imageToBuild: false }],
    });
    expect(terraform.planOptions[1]?.variables).toEqual({ runner_image: digest });
  });

  it("says when the image would be built, and plans with a stand-in for it", async () => {
    const { run, terraform } = prepare(
      { outputs: { platform: platformOutputs, runners: { runner_image: digest } } },
      { findImage: () => Promise.resolve(undefined) },
    );
    const { stacks } = await run({ stacks: ["runners"] });
    expect(stacks).toEqual([expect.objectContaining({ stack: "runners", imageToBuild: true })]);
    expect(terraform.planOptions[0]?.variables?.["runner_image"]).toMatch(
      /^cr\.example\/runner@sha256:0{64}$/,
    );
  });

  it("puts runners off when they read what the changing platform does not offer yet", async () => {
    const failing = (plans: Record<string, never[] | typeof update>) => {
      const terraform = new ScriptedTerraform({ plans, outputs: { platform: platformOutputs } });
      const original = terraform.plan.bind(terraform);
      terraform.plan = (stack, options) =>
        stack.name === "runners"
          ? Promise.reject(
              terraformFailed({ stack: "runners", operation: "plan", diagnostics: [] }),
            )
          : original(stack, options);
      return prepare({}, { terraform }).run();
    };
    expect((await failing({ platform: update })).stacks[1]?.status).toBe("after-platform");
    await expect(failing({})).rejects.toMatchObject({ code: "terraform.planFailed" });
  });
});
