import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ContainerRun } from "../../../src/sandbox/ports.js";
import { createRegistryRoom } from "../../../src/sandbox/registry/service.js";
import { call, createRoomContext, resourceGroup } from "./room-context.js";

const registryId = `${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/crTest`;
const owner = "token-owner@https://management.azure.com";
const version = "api-version=2019-06-01-preview";
const provider = "Microsoft.ContainerRegistry/registries";
const encode = (text: string) => Buffer.from(text).toString("base64");

let room: ReturnType<typeof createRegistryRoom>;
let context: ReturnType<typeof createRoomContext>;
let host: string;
/** What was run, and what each container does: its exit code. */
let containers: ContainerRun[];
let behave: (run: ContainerRun) => number | Promise<number>;

beforeEach(async () => {
  context = createRoomContext();
  context.clock.setSpeed(10);
  context.grant(
    "owner",
    ...["scheduleRun/action", "runs/read", "runs/listLogSasUrl/action"].map(
      (action) => `${provider}/${action}`,
    ),
  );
  containers = [];
  behave = () => 0;
  const engine = {
    runContainer: async (run: ContainerRun) => {
      containers.push(run);
      return { code: await behave(run) };
    },
  };
  Object.assign(context.ctx, { engine });
  room = createRegistryRoom(context.ctx, { packageRoot: "" });
  host = await room.port.open({ id: registryId, name: "crTest", type: provider, properties: {} });
});

afterEach(async () => {
  for (const service of room.services) await service.close?.();
  context.dispose();
});

async function listRuns() {
  const runs = await call(room.services, `${registryId}/runs?${version}`, { token: owner });
  return runs.json.value.map((run: { properties: unknown }) => run.properties);
}

async function finish(runId: string) {
  for (;;) {
    const run = await call(room.services, `${registryId}/runs/${runId}?${version}`, {
      token: owner,
    });
    if (run.json.properties.finishTime !== undefined) {
      return { ...run.json.properties, log: await readLog(runId) };
    }
    await context.clock.sleep(10);
  }
}

async function readLog(runId: string): Promise<string> {
  const link = await call(room.services, `${registryId}/runs/${runId}/listLogSasUrl?${version}`, {
    method: "POST",
    token: owner,
  });
  return String((await call(room.services, link.json.logLink)).body);
}

async function runTask(task: string, request: Record<string, unknown> = {}) {
  const scheduled = await call(room.services, `${registryId}/scheduleRun?${version}`, {
    method: "POST",
    token: owner,
    body: {
      type: "EncodedTaskRunRequest",
      encodedTaskContent: encode(task),
      platform: { os: "Linux" },
      ...request,
    },
  });
  expect(scheduled.status).toBe(200);
  return finish(scheduled.json.properties.runId);
}

/** A container that does what a shell would: it writes a Dockerfile into the shared folder. */
function writeDockerfile(text: string): void {
  behave = ({ argv, mounts }) => {
    if (!argv.includes("write")) return 0;
    const workspace = mounts.find(({ target }) => target === "/workspace")?.source ?? "";
    mkdirSync(join(workspace, "context"), { recursive: true });
    writeFileSync(join(workspace, "context/Dockerfile"), text);
    return 0;
  };
}

const buildAndTest = [
  "version: v1.1.0",
  "steps:",
  "  - cmd: bash write",
  "  - id: build",
  "    build: -t $Registry/tool:$ID -f context/Dockerfile context",
  "  - id: test",
  "    cmd: $Registry/tool:$ID self-test",
  "  - push: ['$Registry/tool:$ID']",
].join("\n");

describe("commands [REG-26]", () => {
  it("run what the run has built, in the folder that its steps share, before it is pushed", async () => {
    writeDockerfile('FROM scratch\nENV A=image B=image\nUSER runner\nENTRYPOINT ["/entry", "x"]');
    const run = await runTask(buildAndTest);
    expect(run, run.log).toMatchObject({ status: "Succeeded" });
    expect(containers.map(({ argv }) => argv)).toEqual([["write"], ["/entry", "x", "self-test"]]);
    const [, test] = containers;
    expect(test).toMatchObject({
      asRoot: false,
      workdir: "/workspace",
      env: { A: "image", HOME: "/acb/home" },
    });
    expect(run.outputImages).toEqual([
      expect.objectContaining({ repository: "tool", tag: run.runId }),
    ]);
  });

  it("that fail end the run, and nothing after them is done", async () => {
    writeDockerfile('FROM scratch\nENTRYPOINT ["/entry"]');
    const write = behave;
    behave = (run) => (run.argv.includes("self-test") ? 3 : write(run));
    const run = await runTask(buildAndTest);
    expect(run).toMatchObject({ status: "Failed", outputImages: [] });
    expect(run.log).toContain("failed to run step ID: test: exit status 1");
    expect(run.log).not.toContain("Pushing image");
  });

  it("take env, working directory, user and entry point from the step, over the image's", async () => {
    const run = await runTask(
      [
        "version: v1.1.0",
        "env: [A=task, B=task]",
        "workingDirectory: sub",
        "steps:",
        "  - cmd: bash -c 'echo \"one\" two'",
        "    env: [B=step]",
        "  - cmd: busybox -c true",
        "    entryPoint: sh",
        "    user: runner",
        "    workingDirectory: own",
        "  - cmd: busybox pwd",
        "    disableWorkingDirectoryOverride: true",
      ].join("\n"),
    );
    expect(run.status, run.log).toBe("Succeeded");
    expect(containers.map(({ argv, workdir, asRoot }) => [argv, workdir, asRoot])).toEqual([
      [["bash", "-c", 'echo "one" two'], "/workspace/sub", true],
      [["sh", "-c", "true"], "/workspace/own", false],
      [["pwd"], "/", true],
    ]);
    expect(containers[0]?.env).toMatchObject({ A: "task", B: "step" });
  });

  it("are repeated, ignored and ended as the step says", async () => {
    let failures = 2;
    behave = async ({ argv, signal }) => {
      if (argv.includes("flaky")) return failures-- > 0 ? 1 : 0;
      if (argv.includes("hang")) {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
      }
      return 1;
    };
    const flaky = await runTask("steps:\n  - cmd: bash flaky\n    retries: 2\n    retryDelay: 1");
    expect(flaky.status, flaky.log).toBe("Succeeded");
    const ignored = await runTask("steps:\n  - cmd: bash bad\n    ignoreErrors: true");
    expect(ignored.status).toBe("Succeeded");
    const late = await runTask("steps:\n  - id: late\n    cmd: bash hang\n    timeout: 1");
    expect(late.log).toContain("step late took longer than 1 seconds");
    expect(late.status).toBe("Failed");
  });
});

describe("the order of steps [REG-27]", () => {
  const orderOf = async (...steps: string[]): Promise<string[]> => {
    containers = [];
    await runTask(["steps:", ...steps].join("\n"));
    return containers.map(({ argv }) => argv.join(" "));
  };

  it("is the document's, unless `when` says otherwise", async () => {
    expect(await orderOf("  - cmd: b one", "  - cmd: b two")).toEqual(["one", "two"]);
    expect(
      await orderOf(
        "  - {id: last, cmd: b last, when: [second, first]}",
        "  - {id: first, cmd: b first, when: ['-']}",
        "  - {id: second, cmd: b second, when: [first]}",
      ),
    ).toEqual(["first", "second", "last"]);
  });
});

describe("tasks that fail for what is in them [REG-28]", () => {
  it.each([
    ["no step type", "steps:\n  - id: a", "missing a cmd, build, or push property"],
    ["an unknown one", "steps:\n  - deploy: x", "missing a cmd, build, or push property"],
    ["two", "steps:\n  - {cmd: b, build: .}", "must only contain a single"],
    ["an id with a space", "steps:\n  - {id: a b, cmd: b}", "cannot contain spaces"],
    ["an id twice", "steps:\n  - {id: a, cmd: b}\n  - {id: a, cmd: b}", "a already exists"],
    ["waiting for itself", "steps:\n  - {id: a, cmd: b, when: [a]}", "self-referenced"],
    ["waiting for nobody", "steps:\n  - {id: a, cmd: b, when: [x]}", "wait for one another"],
    ["a version to come", "version: v9\nsteps: []", 'invalid version specified: "v9"'],
    ["no YAML", "steps: [", "yaml:"],
    ["an unknown template", "steps:\n  - cmd: b {{ env }}", "does not know the template action"],
    ["a bad environment", "steps:\n  - {cmd: b, env: [A]}", "cannot parse step environment"],
    [
      "an image not built",
      "version: v1.1.0\nsteps:\n  - push: ['$Registry/x:1']",
      "does not exist locally",
    ],
    ["the agent's shell", "steps:\n  - cmd: b $(id)", "does not run the agent's shell"],
  ])("%s", async (_name, task, reason) => {
    const run = await runTask(task);
    expect(run.status).toBe("Failed");
    expect(run.log).toContain(reason);
  });

  it("ends at a line that is too long for the agent", async () => {
    const run = await runTask(
      `version: v1.1.0\nsteps:\n  - cmd: b first\n  - cmd: b ${"x".repeat(70_000)}\n  - cmd: b last`,
    );
    expect(run.status).toBe("Succeeded");
    expect(containers.map(({ argv }) => argv[0])).toEqual(["first"]);
  });
});

describe("variables [REG-29]", () => {
  it("are aliases from v1.1.0 on, own ones among them; a doubled $ is one", async () => {
    await runTask(
      [
        "version: v1.1.0",
        "alias:",
        "  values:",
        "    tool: busybox",
        "steps:",
        "  - cmd: $tool $RegistryName '$$ID' '$unknown' {{.Run.ID}}",
        "    env: [V={{.Values.v}}]",
      ].join("\n"),
      { values: [{ name: "v", value: "given" }] },
    );
    expect(containers[0]?.argv.slice(0, 3)).toEqual(["crtest", "$ID", "$unknown"]);
    expect(containers[0]?.argv[3]).toMatch(/^c[a-z]1$/);
    expect(containers[0]?.env["V"]).toBe("given");
    const old = await runTask("version: v1.0.0\nsteps:\n  - cmd: b $ID");
    expect(old.log).toContain("does not run the agent's shell");
  });
});

describe("triggers", () => {
  function addTask(name: string, task: string, trigger: unknown): void {
    context.addResource({
      id: `${registryId}/tasks/${name}`,
      name,
      type: `${provider}/tasks`,
      properties: {
        status: "Enabled",
        platform: { os: "Linux" },
        timeout: 600,
        step: { type: "EncodedTask", encodedTaskContent: encode(task) },
        trigger,
      },
    });
  }

  const timer = (schedule: string, status = "Enabled") => ({
    timerTriggers: [{ name: "schedule", schedule, status }],
  });

  async function waitForRuns(count: number) {
    for (;;) {
      const runs = await listRuns();
      if (runs.length >= count && runs.every((run: { finishTime?: string }) => run.finishTime)) {
        return runs;
      }
      await context.clock.sleep(20);
    }
  }

  it("start a task when its time has come by the sandbox's clock, and once after a leap [REG-32]", async () => {
    addTask("daily", "steps:\n  - cmd: b ran", timer("0 3 * * *"));
    addTask("off", "steps:\n  - cmd: b off", timer("* * * * *", "Disabled"));
    context.clock.advance(3 * 86_400_000);
    const [run, ...more] = await waitForRuns(1);
    expect(more).toEqual([]);
    expect(run).toMatchObject({ runType: "AutoRun", task: "daily", status: "Succeeded" });
    expect(run.timerTrigger.scheduleOccurrence).toMatch(/T03:00:00\.000Z$/);
    expect(containers.map(({ argv }) => argv)).toEqual([["ran"]]);
    context.clock.advance(86_400_000);
    expect(await waitForRuns(2)).toHaveLength(2);
  });

  it("start a task when a base that it was built on changes in the registry [REG-33]", async () => {
    const pushBase = (text: string) => {
      writeDockerfile(`FROM scratch\nLABEL v=${text}`);
      return runTask(
        "version: v1.1.0\nsteps:\n  - cmd: bash write\n  - build: -t $Registry/base:1 context\n  - push: ['$Registry/base:1']",
      );
    };
    await pushBase("1");
    addTask(
      "rebuild",
      "version: v1.1.0\nsteps:\n  - cmd: bash write\n  - build: -t $Registry/app:$ID context\n  - push: ['$Registry/app:$ID']",
      { baseImageTrigger: { name: "base", baseImageTriggerType: "Runtime", status: "Enabled" } },
    );
    // What a task is built on is known from its first run on.
    await pushBase("2");
    expect(await waitForRuns(2)).toHaveLength(2);
    writeDockerfile(`FROM ${host}/base:1`);
    const taskId = `${registryId}/tasks/rebuild`;
    const first = await call(room.services, `${registryId}/scheduleRun?${version}`, {
      method: "POST",
      token: owner,
      body: { type: "TaskRunRequest", taskId },
    });
    expect((await finish(first.json.properties.runId)).status).toBe("Succeeded");
    const base = await pushBase("3");
    const runs = await waitForRuns(5);
    expect(runs[0]).toMatchObject({
      runType: "AutoRun",
      task: "rebuild",
      imageUpdateTrigger: {
        images: [
          { registry: host, repository: "base", tag: "1", digest: base.outputImages[0].digest },
        ],
      },
    });
  });
});

it("leaves no file of a run behind", async () => {
  writeDockerfile("FROM scratch");
  await runTask(buildAndTest.replace("$Registry/tool:$ID self-test", "bash true"));
  const folder = containers[0]?.folder ?? "";
  expect(() => readFileSync(folder)).toThrow(/ENOENT/);
});
