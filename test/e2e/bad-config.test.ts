import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../support/cli.js";
import { expectFailure, type ExpectedFailure } from "../support/failure.js";
import { minimalConfig } from "../support/sandbox.js";

/* No cloud is needed to be told that the file is wrong: here is none, and no credential either. */

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "runnerctl-e2e-config-"));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function makeProject(config?: string): string {
  const project = mkdtempSync(join(root, "project-"));
  if (config !== undefined) writeFileSync(join(project, "runnerctl.yaml"), config);
  return project;
}

function runIn(cwd: string, env: Record<string, string> = {}) {
  return (argv: readonly string[]) =>
    runCli(argv, { cwd, env: { PATH: process.env["PATH"], HOME: root, ...env } });
}

const invalid = (...says: ExpectedFailure["says"]): ExpectedFailure => ({
  exitCode: 2,
  code: "config.invalid",
  says,
});

const base = minimalConfig;

describe.each([
  [
    "an unknown key",
    base.replace("pools:", "pool:"),
    invalid("runnerctl.yaml:7:1", "`pool`", "pools", /did you mean/i),
  ],
  [
    "an unknown key deep inside",
    base.replace("repositories:", "repos:"),
    invalid("runnerctl.yaml:5:3", "`repos`", "repositories"),
  ],
  [
    "a wrong type",
    base.replace("cpu: 0.5", "cpu: lots"),
    invalid("runnerctl.yaml:10:10", "`pools[0].cpu`", '"lots"', "a number"),
  ],
  [
    "a missing key",
    base.replace("location: westeurope\n", ""),
    invalid(/runnerctl\.yaml:\d+:\d+/, "`location`", "westeurope"),
  ],
  [
    "an impossible pair of cpu and memory",
    base.replace("memory: 1Gi", "memory: 16Gi"),
    invalid("runnerctl.yaml:10:10", "0.5 vCPU with 16Gi", "Nearest: 0.5 vCPU with 1Gi"),
  ],
  [
    "labels that overlap",
    `${base}  - name: second\n    labels: [azure]\n`,
    invalid(/runnerctl\.yaml:1[34]:\d+/, "default", "second", "azure"),
  ],
  [
    "a name from which no registry's name can be made",
    base.replace("name: e2e", `name: ${"a-long-name-".repeat(5)}x`),
    invalid("runnerctl.yaml:1:7", "`name`", "24"),
  ],
  [
    "a name that no job may have",
    base.replace("name: default", "name: Default_Pool"),
    invalid("runnerctl.yaml:8:11", "`pools[0].name`", "lower-case", "default-pool"),
  ],
  [
    "a token pasted into the file",
    base.replace("owner: octo-org", `owner: octo-org # ghp_${"a1B2".repeat(9)}`),
    invalid("runnerctl.yaml:4:", "token", "secret set"),
  ],
  ["YAML that is none", "name: [e2e\nlocation: x\n", invalid(/runnerctl\.yaml:[12]:\d+/)],
  ["an empty file", "", invalid("runnerctl.yaml:1:1", "empty", "runnerctl init")],
])("%s", (_what, config, expected) => {
  it.each([["plan"], ["deploy --yes"], ["trigger"]])("is refused by %s", async (command) => {
    const project = makeProject(config);
    await expectFailure(runIn(project), command.split(" "), expected);
    expect(readdirSync(project)).toEqual(["runnerctl.yaml"]);
  });
});

describe("several problems", () => {
  it("are told at once, in the order of the file", async () => {
    const config = base
      .replace("location: westeurope", "location: West Europe")
      .replace("repositories:", "repos:")
      .replace("memory: 1Gi", "memory: 16Gi")
      .concat("  - name: second\n    labels: [azure]\n    timeout: soon\n");
    const error = await expectFailure(
      runIn(makeProject(config)),
      ["plan"],
      invalid("runnerctl.yaml has 5 problems"),
    );
    const lines = (error.problems ?? []).map(({ where }) => Number(where.split(":")[1]));
    expect(lines).toHaveLength(5);
    expect(lines).toEqual([...lines].sort((a, b) => a - b));
    for (const { fix } of error.problems ?? []) expect(fix).toMatch(/\S/);
  });

  it("never repeat a secret that stands in the file", async () => {
    const token = `ghp_${"Zz09".repeat(9)}`;
    const project = makeProject(base.replace("[azure]", `["${token}"]`));
    const { stdout, stderr } = await runIn(project)(["plan", "--verbose"]);
    expect(stdout + stderr).not.toContain(token);
  });
});

describe("no file", () => {
  it.each([["plan"], ["deploy"], ["destroy"], ["status"], ["synth"], ["trigger"], ["logs"]])(
    "%s names the path and how to write one",
    async (command) => {
      const project = makeProject();
      await expectFailure(runIn(project), [command], {
        exitCode: 2,
        code: "config.missing",
        says: [join(project, "runnerctl.yaml"), "runnerctl init", "--config"],
      });
      expect(readdirSync(project)).toEqual([]);
    },
  );

  it("and a file named by --config or RUNNERCTL_CONFIG that is not there", async () => {
    const project = makeProject(base);
    const missing = (name: string): ExpectedFailure => ({
      exitCode: 2,
      code: "config.missing",
      says: [join(project, name)],
    });
    await expectFailure(runIn(project), ["plan", "--config", "a.yaml"], missing("a.yaml"));
    await expectFailure(
      runIn(project, { RUNNERCTL_CONFIG: "b.yaml" }),
      ["plan"],
      missing("b.yaml"),
    );
  });
});

describe("init without a terminal", () => {
  it("names the flags that are missing and writes nothing", async () => {
    const project = makeProject();
    await expectFailure(runIn(project), ["init"], {
      exitCode: 2,
      code: "config.answersInvalid",
      says: ["--name", "--location", "--owner"],
    });
    expect(existsSync(join(project, "runnerctl.yaml"))).toBe(false);
  });

  it("leaves a file alone that is there", async () => {
    const flags = ["init", "--name", "a1", "--location", "westeurope", "--owner", "octo-org"];
    await expectFailure(runIn(makeProject(base)), flags, {
      exitCode: 2,
      code: "config.exists",
      says: ["runnerctl.yaml is there already", "--force"],
    });
  });
});

describe("no subscription", () => {
  it("names every place where one could stand", async () => {
    await expectFailure(runIn(makeProject(base)), ["trigger"], {
      exitCode: 3,
      code: "credentials.subscriptionUnknown",
      says: ["ARM_SUBSCRIPTION_ID", "az login"],
    });
  });
});
