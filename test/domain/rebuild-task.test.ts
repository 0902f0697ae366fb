import { describe, expect, it } from "vitest";

import { composeRebuildTask, type RebuildSource } from "../../src/domain/rebuild-task.js";
import { orderSteps, readTaskSteps } from "../../src/sandbox/registry/task-step.js";

const source: RebuildSource = {
  repository: "team/runner",
  context: "QUJD",
  dockerfile: "Dockerfile",
  buildArgs: { RUNNER_VERSION: "latest" },
  revision: "c-0123456789abcdef",
  timeoutSeconds: 1800,
};

/** Through the readers that the text passes in the registry: aliases, templates, YAML, a shell. */
function read(changes: Partial<RebuildSource>) {
  return orderSteps(
    readTaskSteps(composeRebuildTask({ ...source, ...changes }), {
      runId: "ca7",
      registry: "cr.azurecr.io",
      registryName: "cr",
      taskName: "rebuild-image",
      date: new Date("2026-11-21T03:00:05Z"),
      values: new Map(),
    }),
  );
}

describe("the task that rebuilds the image", () => {
  it("tests the candidate before anything is pushed, and moves current last", () => {
    const candidate = "cr.azurecr.io/team/runner:r-20261121-030005z-ca7";
    const current = "cr.azurecr.io/team/runner:current";
    const steps = read({});
    expect(steps.map(({ id }) => id)).toEqual([
      "write-context-1",
      "unpack-context",
      "build",
      "self-test",
      "push-candidate",
      "move-current",
    ]);
    expect(steps.slice(2).map(({ work }) => work)).toEqual([
      {
        type: "build",
        build: {
          imageNames: [candidate, current],
          dockerfile: "context/Dockerfile",
          context: "context",
          buildArgs: new Map([
            ["RUNNER_VERSION", "latest"],
            ["REVISION", "c-0123456789abcdef"],
            ["CREATED", "2026-11-21T03:00:05Z"],
          ]),
          target: undefined,
          buildkit: false,
        },
      },
      {
        type: "cmd",
        run: expect.objectContaining({
          command: `${candidate} self-test`,
          ownWorkingDirectory: true,
          env: { HOME: "/home/runner" },
        }) as unknown,
      },
      { type: "push", names: [candidate] },
      { type: "push", names: [current] },
    ]);
    // The service's own default would end a build after ten minutes.
    expect(steps.every(({ timeoutSeconds }) => timeoutSeconds === 1800)).toBe(true);
  });

  it.each([
    "plain",
    "two words",
    "it's",
    'say "hi"',
    "$Registry and $HOME and ${X} and $$",
    "{{.Run.ID}} and {{{ and }}",
    "back\\slash",
    "`id`; rm -rf / && $(id)",
    "line\nline",
    "# no comment",
    "ümläut",
    "",
  ])("hands the build argument %j over as it is", (value) => {
    const build = read({ buildArgs: { X: value } }).find(({ id }) => id === "build");
    expect(build?.work).toMatchObject({ build: { context: "context" } });
    expect(build?.work.type === "build" && build.work.build.buildArgs.get("X")).toBe(value);
  });

  it("finds the Dockerfile below a folder with a space", () => {
    const build = read({ dockerfile: "my images/Dockerfile" }).find(({ id }) => id === "build");
    expect(build?.work).toMatchObject({ build: { dockerfile: "context/my images/Dockerfile" } });
  });

  it("keeps below what the agent takes in one line and one argument", () => {
    const context = "A".repeat(200_000);
    const text = composeRebuildTask({ ...source, context });
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(64 * 1024);
    const written = read({ context })
      .filter(({ id }) => id.startsWith("write-context-"))
      .map(({ work }) => (work.type === "cmd" ? /printf %s (A+)/.exec(work.run.command)?.[1] : ""));
    expect(written.join("")).toBe(context);
  });

  it("is the same text whatever the order of the arguments", () => {
    const one = composeRebuildTask({ ...source, buildArgs: { A: "1", B: "2" } });
    expect(composeRebuildTask({ ...source, buildArgs: { B: "2", A: "1" } })).toBe(one);
  });
});
