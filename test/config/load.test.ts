import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { loadConfig, parseConfig } from "../../src/config/load.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";
import { problemsOf, withLines } from "./problems-of.js";

const minimal = "name: acme\nlocation: westeurope\ngithub:\n  owner: acme\n";

async function errorOf(promise: Promise<unknown>): Promise<RunnerctlError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof RunnerctlError)) throw new Error("expected a RunnerctlError");
  return error;
}

describe("loadConfig", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "runnerctl-config-"));
    await writeFile(join(folder, "runnerctl.yaml"), minimal);
    await writeFile(join(folder, "bad.yaml"), "name: acme\n");
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("reads runnerctl.yaml in the current folder", async () => {
    const loaded = await loadConfig({ cwd: folder });
    expect(loaded.path).toBe(join(folder, "runnerctl.yaml"));
    expect(loaded.directory).toBe(folder);
    expect(loaded.source).toBe(minimal);
    expect(loaded.warnings).toEqual([]);
    expect(loaded.config.state).toEqual({
      backend: "local",
      path: join(folder, ".runnerctl/state"),
    });
  });

  it.each([
    ["none.yaml", "config.missing", /runnerctl init/],
    ["runnerctl.yaml/x", "config.missing", /runnerctl init/],
    [".", "config.unreadable", /--config FILE/],
  ])("%s: %s", async (path, code, hint) => {
    const error = await errorOf(loadConfig({ path, cwd: folder }));
    expect([error.code, error.exitCode]).toEqual([code, 2]);
    expect(error.message).toContain(join(folder, path));
    expect(error.hint).toMatch(hint);
  });

  it("says when permission is denied", async () => {
    const readFile = (): Promise<string> =>
      Promise.reject(Object.assign(new Error("no"), { code: "EACCES" }));
    const error = await errorOf(loadConfig({ cwd: folder, readFile }));
    expect(error.message).toContain("permission denied");
    expect(error.exitCode).toBe(2);
  });

  it("names the file relative to the current folder, absolute outside of it", async () => {
    const near = await errorOf(loadConfig({ path: "bad.yaml", cwd: folder }));
    expect(near.problems[0]?.where).toBe("bad.yaml:1:1");
    const far = await errorOf(
      loadConfig({ path: join(folder, "bad.yaml"), cwd: join(folder, "elsewhere") }),
    );
    expect(far.problems[0]?.where).toBe(`${join(folder, "bad.yaml")}:1:1`);
  });
});

describe("the text", () => {
  it.each([
    ["a byte order mark", `\uFEFF${minimal}`],
    ["CRLF line ends", minimal.replaceAll("\n", "\r\n")],
    ["a document start", `---\n${minimal}`],
    ["JSON", '{"name": "acme", "location": "westeurope", "github": {"owner": "acme"}}'],
    ["anchors and merges", `${minimal}pools:\n  - &p {name: a, cpu: 1}\n  - {<<: *p, name: b}\n`],
  ])("may have %s", (_title, source) => {
    expect(problemsOf(source)).toEqual([]);
  });

  it("merges what an anchor holds", () => {
    const source = `${minimal}pools:\n  - &p {name: a, cpu: 1}\n  - {<<: *p, name: b}\n`;
    const { config } = parseConfig(source, { file: "f", directory: "/" });
    expect(config.pools.map(({ name, cpu }) => [name, cpu])).toEqual([
      ["a", 1],
      ["b", 1],
    ]);
  });

  it.each([
    ["", "1:1 «» The file is empty"],
    ["# nothing but a comment\n", "1:1 «#» The file is empty"],
    ["- a\n", "1:1 «-» The file holds a list where keys are expected"],
    ["acme\n", "1:1 «acme» The file holds a single value where keys are expected"],
    [`${minimal}---\nname: other\n`, "5:1 «---» The file holds more than one document"],
    [`${minimal}name: again\n`, "5:1 «name» This key is there twice"],
    ["name: acme\ngithub:\n\towner: acme\n", "3:1 «» A tab is used for indentation"],
    ["name: acme\ngithub:\n  owner: acme\n url: x\n", "4:1 «» The indentation does not fit"],
    ["name: a: b\n", "1:7 «a» A value holds ': '"],
    ["name: 'acme\n", "A quote, comma, colon or bracket is missing"],
    ["name: @acme\n", "1:7 «@acme» A value may not start with @"],
    ["name: !secret acme\n", "1:7 «!secret» Tags such as !name mean nothing here"],
    ["name: *acme\n", "1:7 «*acme» An alias (*name) has no anchor"],
    ["tags: [a, b\n", "The indentation does not fit the lines above, or a bracket is not closed"],
  ])("%j: %s", (source, expected) => {
    expect(problemsOf(source).join("\n")).toContain(expected);
  });

  it("counts lines and columns alike with CRLF and a byte order mark", () => {
    const source = `${minimal}  urll: x\n`;
    const expected = problemsOf(source);
    expect(expected).toEqual(["5:3 «urll» Unknown key `urll` in `github` → Did you mean `url`?"]);
    expect(problemsOf(`\uFEFF${source.replaceAll("\n", "\r\n")}`)).toEqual(expected);
  });
});

describe("secrets in the file", () => {
  const token = `${"gh"}p_${"x1".repeat(18)}`;
  it.each([
    ["as a value that fits", withLines(`tags: {token: ${token}}\n`), "4:15"],
    ["as a value that does not fit", withLines(`subscription: ${token}\n`), "4:15"],
    ["in a comment", withLines(`# ${token}\n`), "4:3"],
    ["in a file that is no YAML", withLines(`tags: [${token}\n`), "4:8"],
  ])("%s are refused and never repeated", (_title, source, where) => {
    let thrown: unknown;
    try {
      parseConfig(source, { file: "f", directory: "/" });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RunnerctlError);
    const { problems } = thrown as RunnerctlError;
    expect(problems.map((problem) => problem.where)).toContain(`f:${where}`);
    expect(problems.map((problem) => problem.what)).toContain("The file holds a GitHub token");
    expect(JSON.stringify(problems)).not.toContain(token);
    expect(problems[0]?.fix).toContain("runnerctl secret set");
  });
});
