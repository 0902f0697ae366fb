import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { diagnosticLine, fakeTerraform, hookLine } from "./fake-terraform.js";

const planWithOneChange = JSON.stringify({
  resource_changes: [
    {
      address: "a.b",
      mode: "managed",
      type: "a",
      name: "b",
      change: { actions: ["create"], before: null, after: {} },
    },
  ],
});

describe("plan", () => {
  it("saves the plan, reads it back and tells of changes as they come", async () => {
    const fake = fakeTerraform();
    fake.say("plan.code", "2");
    fake.say(
      "plan.out",
      '{"type":"planned_change","@message":"a.b: Plan to create","change":{"resource":{"addr":"a.b"},"action":"create"}}\nnot json\n',
    );
    fake.say("plan.err", "provider log\n");
    fake.say("show.out", planWithOneChange);
    const plan = await fake.runner.plan(fake.stack, { variables: { runner_image: "i" } });
    expect(plan.change).toMatchObject({ create: 1, changes: [{ address: "a.b", kind: "create" }] });
    expect(fake.calls()).toEqual([
      "init -input=false -no-color -reconfigure",
      `plan -json -input=false -detailed-exitcode -out=${plan.file}`,
      `show -json ${plan.file}`,
    ]);
    expect(fake.events.map(({ name, message }) => [name, message])).toEqual(
      expect.arrayContaining([
        ["terraform.plan.change", "a.b: Plan to create"],
        ["terraform.raw", "not json"],
        ["terraform.stderr", "provider log"],
      ]),
    );
  });

  it("is made with the variables in the environment, never in argv", async () => {
    const fake = fakeTerraform();
    await fake.runner.plan(fake.stack, { variables: { runner_image: "registry/x@sha256:1" } });
    expect(fake.calls().join("\n")).not.toContain("sha256:1");
    expect(fake.read("plan.env")).toContain("TF_VAR_runner_image=registry/x@sha256:1\n");
  });

  it("collects warnings and throws the typed error of a failure", async () => {
    const fake = fakeTerraform();
    fake.say("plan.code", "1");
    fake.say("plan.out", diagnosticLine("Invalid function argument", "oops", "x.y"));
    await expect(fake.runner.plan(fake.stack)).rejects.toMatchObject({
      code: "terraform.planFailed",
      problems: [{ where: "x.y", what: "oops" }],
    });
  });

  it("puts import blocks beside the stack only while it plans", async () => {
    const fake = fakeTerraform();
    await fake.runner.plan(fake.stack, { adopt: [{ address: "a.b", id: "/id" }] });
    expect(JSON.parse(fake.read("plan.adopt"))).toEqual({ import: [{ to: "a.b", id: "/id" }] });
    expect(readdirSync(fake.stack.directory)).not.toContain("adopt.tf.json");
  });

  it("forgets a leftover import file of a killed run", async () => {
    const fake = fakeTerraform();
    writeFileSync(join(fake.stack.directory, "adopt.tf.json"), "{}");
    await fake.runner.plan(fake.stack);
    expect(existsSync(join(fake.stack.directory, "adopt.tf.json"))).toBe(false);
  });
});

describe("apply", () => {
  it("applies the saved plan and no other, reports progress, and removes the plan", async () => {
    const fake = fakeTerraform();
    const plan = await fake.runner.plan(fake.stack);
    writeFileSync(plan.file, "");
    fake.say(
      "apply.out",
      hookLine("apply_start", "a.b") +
        hookLine("apply_progress", "a.b", { elapsed_seconds: 10 }) +
        hookLine("apply_complete", "a.b", { elapsed_seconds: 12 }),
    );
    const outcome = await fake.runner.apply(plan);
    expect(outcome).toMatchObject({ applied: ["a.b"], existing: [] });
    expect(outcome.error).toBeUndefined();
    expect(fake.calls().at(-1)).toBe(`apply -json -input=false -auto-approve ${plan.file}`);
    expect(existsSync(plan.file)).toBe(false);
    const resource = fake.events.filter(({ name }) => name.startsWith("terraform.resource."));
    expect(resource.map(({ name, data }) => [name, data?.["elapsedSeconds"]])).toEqual([
      ["terraform.resource.start", undefined],
      ["terraform.resource.progress", 10],
      ["terraform.resource.done", 12],
    ]);
  });

  it("tells what was done, what is there already, and why it failed", async () => {
    const fake = fakeTerraform();
    const plan = await fake.runner.plan(fake.stack);
    fake.say("apply.code", "1");
    fake.say(
      "apply.out",
      hookLine("apply_start", "a.done") +
        hookLine("apply_complete", "a.done") +
        hookLine("apply_start", "azurerm_key_vault.vault") +
        hookLine("apply_errored", "azurerm_key_vault.vault") +
        diagnosticLine(
          'A resource with the ID "/subscriptions/s/x" already exists - to be managed',
          "",
          "azurerm_key_vault.vault",
        ),
    );
    const outcome = await fake.runner.apply(plan);
    expect(outcome).toMatchObject({
      applied: ["a.done"],
      existing: [{ address: "azurerm_key_vault.vault", id: "/subscriptions/s/x" }],
      awaitingPermissions: false,
      error: { code: "terraform.applyFailed", details: { applied: ["a.done"] } },
    });
  });

  it("is interrupted once, and says what is done and what may not be", async () => {
    const interrupt = new AbortController();
    const fake = fakeTerraform({
      signal: interrupt.signal,
      emit: (event) => {
        if (event.name === "terraform.resource.start" && event.data?.["address"] === "a.two") {
          interrupt.abort();
        }
      },
    });
    const plan = await fake.runner.plan(fake.stack);
    fake.say(
      "apply.out",
      hookLine("apply_start", "a.one") +
        hookLine("apply_complete", "a.one") +
        hookLine("apply_start", "a.two"),
    );
    fake.say("apply.hang", "1");
    fake.say("apply.int", diagnosticLine("execution halted", ""));
    fake.say("apply.code", "1");
    await expect(fake.runner.apply(plan)).rejects.toMatchObject({
      code: "terraform.interrupted",
      exitCode: 130,
      details: { done: ["a.one"], inFlight: ["a.two"] },
    });
    expect(fake.read("signals")).toBe("INT\n");
  });

  it("passes a second interrupt on as a second one", async () => {
    const interrupt = new AbortController();
    const force = new AbortController();
    const fake = fakeTerraform({
      signal: interrupt.signal,
      forceSignal: force.signal,
      emit: (event) => {
        if (event.name === "terraform.resource.start") interrupt.abort();
        if (event.name === "terraform.resource.progress") force.abort();
      },
    });
    const plan = await fake.runner.plan(fake.stack);
    fake.say("apply.out", hookLine("apply_start", "a.one"));
    fake.say("apply.hang", "2");
    fake.say("apply.int", hookLine("apply_progress", "a.one"));
    fake.say("apply.code", "1");
    await expect(fake.runner.apply(plan)).rejects.toMatchObject({ code: "terraform.interrupted" });
    expect(fake.read("signals")).toBe("INT\nINT\n");
  });
});

describe("init", () => {
  it("is done once for a stack, a binary and a backend", async () => {
    const fake = fakeTerraform();
    fake.say("output.out", "{}");
    await fake.runner.readOutputs(fake.stack);
    await fake.runner.readOutputs(fake.stack);
    expect(fake.calls().filter((call) => call.startsWith("init"))).toHaveLength(1);
  });

  it("tells a provider that is not the one of before, and which file remembers it", async () => {
    const fake = fakeTerraform();
    fake.say("init.code", "1");
    fake.say(
      "init.err",
      "\nError: Failed to install provider\n\nError while installing azure/azapi v2.12.0: the local package for\nregistry.terraform.io/azure/azapi 2.12.0 doesn't match any of the checksums\npreviously recorded in the dependency lock file (this might be because the\navailable checksums are for packages targeting different platforms)\n",
    );
    await expect(fake.runner.init(fake.stack)).rejects.toMatchObject({
      code: "terraform.providerChanged",
      details: { lockFile: join(fake.stack.directory, ".terraform.lock.hcl") },
    });
  });

  it("explains a provider that cannot be installed", async () => {
    const fake = fakeTerraform();
    fake.say("init.code", "1");
    fake.say(
      "init.err",
      "╷\n│ Error: Failed to query available provider packages\n│ \n│ no such host\n╵\n",
    );
    await expect(fake.runner.init(fake.stack)).rejects.toMatchObject({
      code: "terraform.providerInstallFailed",
      exitCode: 6,
      problems: [{ what: expect.stringContaining("no such host") as unknown }],
    });
  });
});

describe("a run that was killed", () => {
  const lock = (who: string) =>
    diagnosticLine(
      "Error acquiring the state lock",
      `Lock Info:\n  ID:        l-1\n  Operation: OperationTypeApply\n  Who:       ${who}\n`,
    );

  it("is known by its note: its lock on this machine is said to be dead, every time", async () => {
    const fake = fakeTerraform();
    fake.say("plan.code", "1");
    fake.say("plan.out", lock(`${userInfo().username}@${hostname()}`));
    // No process has this id: it is above the greatest that Linux gives.
    writeFileSync(
      join(fake.workDirectory, "platform.running.json"),
      JSON.stringify({ pid: 2 ** 30, operation: "apply" }),
    );
    for (let attempt = 0; attempt < 2; attempt += 1) {
      await expect(fake.runner.plan(fake.stack)).rejects.toMatchObject({
        code: "terraform.stateLocked",
        details: { abandoned: true },
      });
    }
  });

  it("does not make somebody else's lock a dead one", async () => {
    const fake = fakeTerraform();
    fake.say("plan.code", "1");
    fake.say("plan.out", lock("ann@build-7"));
    await expect(fake.runner.plan(fake.stack)).rejects.toMatchObject({
      details: { abandoned: false },
    });
  });

  it("is waited for when its Terraform still works", async () => {
    const fake = fakeTerraform();
    const note = join(fake.workDirectory, "platform.running.json");
    // The name is what tells a Terraform from a stranger with the same process id.
    const other = spawn("/bin/sh", ["-c", "read line; exit 0", "terraform"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    writeFileSync(note, JSON.stringify({ pid: other.pid, operation: "apply" }));
    const planned = fake.runner.plan(fake.stack);
    await expect.poll(() => fake.events.map(({ name }) => name)).toContain("terraform.waiting");
    expect(fake.calls().some((call) => call.startsWith("plan"))).toBe(false);
    other.stdin.end("go\n");
    await planned;
    expect(fake.calls().some((call) => call.startsWith("plan"))).toBe(true);
    expect(existsSync(note)).toBe(false);
  });

  it("is not waited for without end", async () => {
    const fake = fakeTerraform({ waitForOtherRunMilliseconds: 0 });
    const other = spawn("/bin/sh", ["-c", "read line", "terraform"], {
      stdio: ["pipe", "ignore", "ignore"],
    });
    writeFileSync(
      join(fake.workDirectory, "platform.running.json"),
      JSON.stringify({ pid: other.pid, operation: "apply" }),
    );
    await expect(fake.runner.plan(fake.stack)).rejects.toMatchObject({
      code: "terraform.stillRunning",
      details: { pid: other.pid },
    });
    other.stdin.end("go\n");
  });
});

describe("tidy", () => {
  it("leaves nothing of a stack but its synthesized form", async () => {
    const fake = fakeTerraform();
    const state = join(fake.directory, "platform.tfstate");
    writeFileSync(
      join(fake.stack.directory, "cdk.tf.json"),
      JSON.stringify({ terraform: { backend: { local: { path: state } } } }),
    );
    writeFileSync(state, JSON.stringify({ resources: [] }));
    writeFileSync(`${state}.backup`, JSON.stringify({ resources: [{}] }));
    await fake.runner.plan(fake.stack);
    await fake.runner.tidy(fake.stack);
    expect(readdirSync(fake.workDirectory)).toEqual([]);
    expect([existsSync(state), existsSync(`${state}.backup`)]).toEqual([false, false]);
  });

  it("keeps a state that still holds something", async () => {
    const fake = fakeTerraform();
    const state = join(fake.directory, "platform.tfstate");
    writeFileSync(
      join(fake.stack.directory, "cdk.tf.json"),
      JSON.stringify({ terraform: { backend: { local: { path: state } } } }),
    );
    writeFileSync(state, JSON.stringify({ resources: [{}] }));
    await fake.runner.tidy(fake.stack);
    expect(readFileSync(state, "utf8")).toContain("resources");
  });
});
