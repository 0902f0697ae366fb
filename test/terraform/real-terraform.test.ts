import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunnerctlEvent } from "../../src/output/events.js";
import { findTerraform } from "../../src/terraform/binary.js";
import { createTerraformRunner, type TerraformRunnerOptions } from "../../src/terraform/run.js";

/** A stack of Terraform's built-in resources: no provider, no cloud, all the rest real. */
async function makeProject(
  resources: Record<string, object>,
  options: Partial<TerraformRunnerOptions> = {},
) {
  const directory = mkdtempSync(join(tmpdir(), "real-terraform-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const stack = { name: "platform", directory: join(directory, "stacks", "platform") };
  const state = join(directory, "state", "platform.tfstate");
  mkdirSync(stack.directory, { recursive: true });
  const write = (terraformData: Record<string, object>, path = state) =>
    writeFileSync(
      join(stack.directory, "cdk.tf.json"),
      JSON.stringify({
        terraform: { backend: { local: { path } } },
        resource: { terraform_data: terraformData },
        output: { greeting: { value: "hello" } },
      }),
    );
  write(resources);
  const env = { PATH: process.env["PATH"], HOME: directory };
  const binary = await findTerraform(env);
  const events: RunnerctlEvent[] = [];
  const makeRunner = (more: Partial<TerraformRunnerOptions> = {}) =>
    createTerraformRunner({
      binary,
      env,
      workDirectory: join(directory, "plans"),
      emit: (event) => events.push(event),
      ...options,
      ...more,
    });
  return { directory, stack, state, write, events, runner: makeRunner(), makeRunner };
}

/** Resolves when the program's event comes; rejects when the work ends without it. */
function eventually(
  listen: (listener: (event: RunnerctlEvent) => void) => void,
  is: (event: RunnerctlEvent) => boolean,
): Promise<void> {
  return new Promise((resolve) => listen((event) => is(event) && resolve()));
}

describe("a real Terraform", () => {
  it("plans, applies, plans nothing, updates and destroys", async () => {
    const { runner, stack, write, events } = await makeProject({ a: { input: "1" } });
    const first = await runner.plan(stack);
    expect(first.change).toMatchObject({ create: 1, update: 0, delete: 0, outputs: ["greeting"] });
    expect(await runner.apply(first)).toMatchObject({ applied: ["terraform_data.a"] });
    expect(await runner.readOutputs(stack)).toEqual({ greeting: "hello" });
    expect(await runner.listResources(stack)).toEqual([
      { address: "terraform_data.a", id: expect.any(String) as unknown },
    ]);

    const second = await runner.plan(stack);
    expect(second.change).toMatchObject({ changes: [], outputs: [] });

    write({ a: { input: "2" }, b: { triggers_replace: "x" } });
    const third = await runner.plan(stack);
    expect(third.change).toMatchObject({
      create: 1,
      update: 1,
      changes: [
        { address: "terraform_data.a", kind: "update", attributes: ["input", "output"] },
        { address: "terraform_data.b", kind: "create" },
      ],
    });
    await runner.apply(third);

    write({ a: { input: "2" }, b: { triggers_replace: "y" } });
    const fourth = await runner.plan(stack);
    expect(fourth.change).toMatchObject({
      replace: 1,
      changes: [{ actions: ["delete", "create"] }],
    });

    const removal = await runner.plan(stack, { destroy: true });
    expect(removal.change.delete).toBe(2);
    await runner.apply(removal);
    expect(await runner.listResources(stack)).toEqual([]);
    expect(events.map(({ name }) => name)).toContain("terraform.resource.done");
  });

  it("has nothing to show before the first apply", async () => {
    const { runner, stack } = await makeProject({ a: {} });
    expect(await runner.readOutputs(stack)).toEqual({});
    expect(await runner.listResources(stack)).toEqual([]);
  });

  it("adopts by import blocks: the plan shows it and nothing is created", async () => {
    const { runner, stack } = await makeProject({ a: { input: null } });
    const plan = await runner.plan(stack, {
      adopt: [{ address: "terraform_data.a", id: "known" }],
    });
    expect(plan.change.create).toBe(0);
    await runner.apply(plan);
    expect(await runner.listResources(stack)).toEqual([
      { address: "terraform_data.a", id: "known" },
    ]);
  });

  it("refuses a plan that was overtaken", async () => {
    const { runner, makeRunner, stack, directory } = await makeProject({ a: {} });
    const plan = await runner.plan(stack);
    const other = makeRunner({ workDirectory: join(directory, "other-plans") });
    await other.apply(await other.plan(stack));
    expect((await runner.apply(plan)).error).toMatchObject({ code: "terraform.planStale" });
  });

  it("ends gently on an interrupt and records what it did", async () => {
    const interrupt = new AbortController();
    const { stack, makeRunner } = await makeProject({
      first: {},
      second: {
        depends_on: ["terraform_data.first"],
        provisioner: [{ "local-exec": { command: "sleep 600" } }],
      },
    });
    const runner = makeRunner({
      signal: interrupt.signal,
      emit: ({ message }) => {
        if (message.includes("Provisioning with")) interrupt.abort();
      },
    });
    await expect(runner.apply(await runner.plan(stack))).rejects.toMatchObject({
      code: "terraform.interrupted",
      exitCode: 130,
      details: { done: ["terraform_data.first"], inFlight: ["terraform_data.second"] },
    });
    const later = makeRunner();
    expect((await later.listResources(stack)).map(({ address }) => address)).toContain(
      "terraform_data.first",
    );
  });

  it("says who holds the state while another run applies", async () => {
    const interrupt = new AbortController();
    const { stack, directory, makeRunner } = await makeProject({
      slow: { provisioner: [{ "local-exec": { command: "sleep 600" } }] },
    });
    let listener: (event: RunnerctlEvent) => void = () => {};
    const holder = makeRunner({
      signal: interrupt.signal,
      workDirectory: join(directory, "holder-plans"),
      emit: (event) => listener(event),
    });
    const plan = await holder.plan(stack);
    const working = eventually(
      (on) => (listener = on),
      ({ message }) => message.includes("Provisioning with"),
    );
    const applied = holder.apply(plan);
    await working;
    await expect(makeRunner().plan(stack)).rejects.toMatchObject({
      code: "terraform.stateLocked",
      message: expect.stringContaining("for apply since") as unknown,
    });
    interrupt.abort();
    await expect(applied).rejects.toMatchObject({ code: "terraform.interrupted" });
  });

  it("asks for a move when the state is to be kept elsewhere, unless the folder moved", async () => {
    const { runner, makeRunner, stack, state, directory, write } = await makeProject({ a: {} });
    await runner.apply(await runner.plan(stack));
    const elsewhere = join(directory, "elsewhere.tfstate");
    write({ a: {} }, elsewhere);
    await expect(makeRunner().plan(stack)).rejects.toMatchObject({
      code: "terraform.backendChanged",
      hint: expect.stringContaining("init -migrate-state") as unknown,
    });
    writeFileSync(elsewhere, readFileSync(state));
    rmSync(state);
    expect((await makeRunner().plan(stack)).change.changes).toEqual([]);
  });
});
