import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { loadConfig } from "../../src/config/load.js";
import { knownKeys } from "../../src/config/schema-walk.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";
import { checkInitTarget, initConfig, initQuestions } from "../../src/operations/init.js";
import type { InitAnswers } from "../../src/operations/init.js";
import { ignoreEvents } from "../../src/output/events.js";

const answers: InitAnswers = { name: "acme-ci", location: "westeurope", owner: "acme" };

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "runnerctl-init-"));
});
afterEach(() => rm(folder, { recursive: true }));

const init = (more: { answers?: InitAnswers; path?: string; force?: boolean } = {}) =>
  initConfig(
    { cwd: folder, force: false, version: "1.2.3", answers, ...more },
    { emit: ignoreEvents },
  );

async function errorOf(promise: Promise<unknown>): Promise<RunnerctlError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RunnerctlError)) throw new Error("expected a RunnerctlError");
  return error;
}

describe("the file", () => {
  it.each([
    ["three answers", answers, {}],
    ["one repository", { ...answers, repositories: "app" }, { github: { scope: "repository" } }],
    [
      "several",
      { ...answers, repositories: "app, website,,docs " },
      { github: { repositories: ["app", "website", "docs"] } },
    ],
    [
      "empty answers",
      { ...answers, repositories: "", subscription: " ", githubUrl: "" },
      { subscription: undefined },
    ],
    [
      "another GitHub",
      { ...answers, githubUrl: "https://git.acme.test" },
      { github: { apiUrl: "https://git.acme.test/api/v3" } },
    ],
    [
      "an App",
      { ...answers, auth: "app", appId: "12", installationId: "34" },
      {
        github: {
          auth: { type: "app", appId: "12", installationId: 34, secret: "github-app-key" },
        },
      },
    ],
    [
      "a queue",
      { ...answers, repositories: "app", trigger: "queue" },
      { pools: [{ trigger: { type: "queue" } }] },
    ],
    [
      "a subscription",
      { ...answers, subscription: "11111111-1111-1111-1111-111111111111" },
      { subscription: "11111111-1111-1111-1111-111111111111" },
    ],
    [
      "names that YAML reads as something else",
      { ...answers, name: "no", owner: "123", repositories: "null,1.0,true" },
      { name: "no", github: { owner: "123", repositories: ["null", "1.0", "true"] } },
    ],
  ])("says what was answered: %s", async (_title, given, expected) => {
    const result = await init({ answers: given });
    expect(result).toEqual({ path: join(folder, "runnerctl.yaml"), created: true });
    const { config, warnings } = await loadConfig({ cwd: folder });
    expect(config).toMatchObject(expected);
    expect(warnings).toEqual([]);
  });

  it("shows every option, set or as a comment", async () => {
    await init();
    const text = await readFile(join(folder, "runnerctl.yaml"), "utf8");
    const keys = [
      ...knownKeys([], undefined),
      ...["github", "image", "state"].flatMap((key) => knownKeys([key], undefined)),
      ...knownKeys(["github", "auth"], undefined),
      ...knownKeys(["pools", 0], undefined),
      ...knownKeys(["pools", 0, "limits"], undefined),
      ...knownKeys(["pools", 0, "trigger"], undefined),
    ];
    expect(keys.length).toBeGreaterThan(40);
    expect(keys.filter((key) => !new RegExp(`[\\s{]${key}:`).test(text))).toEqual([]);
  });

  it("is still in order with its comments taken away", async () => {
    await init();
    const path = join(folder, "runnerctl.yaml");
    const text = await readFile(path, "utf8");
    // Comments that are options look like `# key:` or, deeper, `#   key:`; the alternatives of
    // auth, image and state cannot stand beside what they replace.
    const uncommented = text
      .replace(/ {2}# auth:\n(?: {2}# {3}.*\n)+/, "")
      .replace(/# image:\n# {3}context: .*\n(?:# {3}.*\n)+/, "")
      .replace(/# state:\n# {3}backend: azurerm\n(?:# {3}.*\n)+/, "")
      .replace(/^(\s*)# (?=\s*[a-zA-Z_]+:( |$))/gm, "$1");
    await writeFile(path, uncommented);
    const { config } = await loadConfig({ cwd: folder });
    expect(config.image.base).toBe("ubuntu:24.04");
    expect(config.pools[0]?.env).toHaveProperty("NODE_OPTIONS");
    expect(Object.keys(parse(uncommented) as object)).toEqual(knownKeys([], undefined));
  });

  it("names the schema of this version, or the one installed beside it", async () => {
    await init();
    const first = await readFile(join(folder, "runnerctl.yaml"), "utf8");
    expect(first.split("\n")[0]).toBe(
      "# yaml-language-server: $schema=https://unpkg.com/runnerctl@1.2.3/schema.json",
    );
    await mkdir(join(folder, "node_modules/runnerctl"), { recursive: true });
    await writeFile(join(folder, "node_modules/runnerctl/schema.json"), "{}");
    await init({ force: true });
    const second = await readFile(join(folder, "runnerctl.yaml"), "utf8");
    expect(second.split("\n")[0]).toBe(
      "# yaml-language-server: $schema=./node_modules/runnerctl/schema.json",
    );
  });
});

describe("a file that is there", () => {
  beforeEach(() => writeFile(join(folder, "runnerctl.yaml"), "mine\n"));

  it("is left as it is", async () => {
    const error = await errorOf(init());
    expect([error.code, error.exitCode]).toEqual(["config.exists", 2]);
    expect(error.hint).toContain("--force");
    expect(await readFile(join(folder, "runnerctl.yaml"), "utf8")).toBe("mine\n");
    expect((await errorOf(checkInitTarget({ cwd: folder, force: false }))).code).toBe(
      "config.exists",
    );
    await expect(checkInitTarget({ cwd: folder, force: true })).resolves.toBeUndefined();
  });

  it("is replaced with --force, leaving nothing else behind", async () => {
    expect(await init({ force: true })).toMatchObject({ created: false });
    expect(await readFile(join(folder, "runnerctl.yaml"), "utf8")).toContain("name: acme-ci");
    expect(await readdir(folder)).toEqual(["runnerctl.yaml"]);
  });

  it("does not stand in the way of another", async () => {
    expect(await init({ path: "other.yaml" })).toMatchObject({ path: join(folder, "other.yaml") });
  });
});

describe("where nothing can be written", () => {
  it("says that the folder is missing", async () => {
    const error = await errorOf(init({ path: "no/such/runnerctl.yaml" }));
    expect([error.code, error.exitCode]).toEqual(["config.unwritable", 2]);
    expect(error.message).toContain("its folder does not exist");
  });

  it("says that the folder is a file", async () => {
    await writeFile(join(folder, "file"), "");
    const error = await errorOf(init({ path: "file/runnerctl.yaml" }));
    expect(error.message).toContain("its folder is a file");
  });

  it("does not replace a folder", async () => {
    await mkdir(join(folder, "runnerctl.yaml"));
    const error = await errorOf(init({ force: true }));
    expect([error.code, error.exitCode]).toEqual(["config.unwritable", 2]);
    expect(await readdir(folder)).toEqual(["runnerctl.yaml"]);
  });
});

describe("answers that do not fit", () => {
  it.each([
    [{}, ["--name", "--location", "--owner"]],
    [{ ...answers, name: "Acme" }, ["--name"]],
    [{ ...answers, location: "West Europe" }, ["--location"]],
    [{ ...answers, owner: "acme/app" }, ["--owner"]],
    [{ ...answers, repositories: "acme/app" }, ["--repositories"]],
    [{ ...answers, githubUrl: "github.com" }, ["--github-url"]],
    [{ ...answers, subscription: "mine" }, ["--subscription"]],
    [{ ...answers, auth: "token" }, ["--auth"]],
    [{ ...answers, auth: "app" }, ["--app-id", "--installation-id"]],
    [{ ...answers, auth: "app", appId: "12", installationId: "x" }, ["--installation-id"]],
    [{ ...answers, trigger: "sometimes" }, ["--trigger"]],
    [{ ...answers, name: "windows-ci" }, ["--name"]],
  ])("%j: %j", async (given, flags) => {
    const error = await errorOf(init({ answers: given }));
    expect([error.code, error.exitCode]).toEqual(["config.answersInvalid", 2]);
    expect(error.problems.map(({ where }) => where)).toEqual(flags);
    expect(error.problems.every(({ what }) => what !== "")).toBe(true);
    expect(await readdir(folder)).toEqual([]);
  });

  it("are not repeated when they are secrets", async () => {
    const token = `${"gh"}p_${"x1".repeat(18)}`;
    const error = await errorOf(init({ answers: { ...answers, owner: token } }));
    expect(JSON.stringify(error.problems)).not.toContain(token);
  });
});

describe("the questions", () => {
  const question = (key: string) => {
    const found = initQuestions.find((each) => each.key === key);
    if (found === undefined) throw new Error(key);
    return found;
  };

  it.each([
    ["name", "acme", undefined],
    ["name", "Acme", /For example: acme/],
    ["name", "", /missing/],
    ["location", "West Europe", /westeurope/],
    ["owner", "acme/app", /owner: acme/],
    ["repositories", "", undefined],
    ["repositories", "app, website", undefined],
    ["repositories", "acme/app", /Write app/],
    ["appId", "123", undefined],
    ["appId", "x", /App ID/],
    ["installationId", "x", /whole number|number/],
    ["subscription", "mine", /an ID such as/],
  ])("%s: %j", (key, answer, expected) => {
    const complaint = question(key).validate(answer);
    if (expected === undefined) expect(complaint).toBeUndefined();
    else expect(complaint).toMatch(expected);
  });

  it("have defaults that fit", () => {
    for (const each of initQuestions) {
      if (each.default !== undefined)
        expect([each.key, each.validate(each.default)]).toEqual([each.key, undefined]);
      for (const choice of each.choices ?? []) {
        if (choice.value !== "app") expect(each.validate(choice.value)).toBeUndefined();
      }
    }
  });

  it("ask for an App's IDs only of those who have one", () => {
    expect(question("appId").when?.({ auth: "pat" })).toBe(false);
    expect(question("appId").when?.({ auth: "app" })).toBe(true);
  });
});
