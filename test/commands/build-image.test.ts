import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { deriveResourceNames, type ResourceNames } from "../../src/domain/resource-names.js";
import type { CliResult } from "../support/cli.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";

let sandbox: TestSandbox;
let names: ResourceNames;
let project: string;

beforeAll(async () => {
  sandbox = await TestSandbox.start();
  const subscription = sandbox.subscription.split("/").at(-1) ?? "";
  names = deriveResourceNames(subscription, "e2e");
  const group = `${sandbox.subscription}/resourceGroups/${names.resourceGroup}`;
  const location = "westeurope";
  await sandbox.arm("PUT", group, "2023-07-01", { location });
  await sandbox.arm("PUT", registry(), "2025-04-01", { location, sku: { name: "Basic" } });
});

afterAll(() => sandbox.close());

beforeEach(async () => {
  project = sandbox.makeProject(minimalConfig);
  write("image/Dockerfile", "FROM ubuntu:24.04 AS base\nCOPY a /a\nFROM base AS last\nENV B=1\n");
  // Of this test alone: what one test has built, another need not build.
  write("image/a", project);
  await sandbox.control("DELETE", "requests");
});

function registry(): string {
  return `${sandbox.subscription}/resourceGroups/${names.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${names.registry}`;
}

function write(path: string, content: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), content);
}

interface Options {
  readonly env?: Record<string, string>;
  readonly stdin?: string;
}

function build(argv: readonly string[], options: Options = {}): Promise<CliResult> {
  return sandbox.cli(["build-image", "--sandbox", ...argv], { cwd: project, ...options });
}

async function buildJson(argv: readonly string[], options: Options = {}) {
  const { code, stdout, stderr } = await build([...argv, "--json"], options);
  const answer = JSON.parse(stdout);
  return { code, stdout, stderr, result: answer.result, error: answer.error };
}

async function scheduled(): Promise<boolean> {
  return (await sandbox.requests()).some(({ path }) => path.endsWith("/scheduleRun"));
}

async function readRun(runId: string) {
  return (await sandbox.arm("GET", `${registry()}/runs/${runId}`, "2019-06-01-preview")).json;
}

describe("build-image", () => {
  it("builds a folder once, and again when a byte of it is another", async () => {
    const first = await buildJson(["--context", "image"]);
    expect(first.code, first.stderr).toBe(0);
    expect(first.result).toMatchObject({ built: true, tags: [first.result.tag, "current"] });
    expect(first.result.reference).toMatch(/^localhost:\d+\/runner@sha256:[0-9a-f]{64}$/);

    await sandbox.control("DELETE", "requests");
    const again = await buildJson(["--context", "image"]);
    expect(again.result).toMatchObject({ built: false, digest: first.result.digest });
    expect(await scheduled()).toBe(false);

    write("image/a", "changed");
    const other = await buildJson(["--context", "image"]);
    expect(other.result.built).toBe(true);
    expect(other.result.tag).not.toBe(first.result.tag);
  });

  it("builds the same from an archive in a file and in a pipe", async () => {
    const file = join(project, "image.tar.gz");
    execFileSync("tar", ["-C", join(project, "image"), "-czf", file, "."]);
    const first = await buildJson(["--context", "image.tar.gz"]);
    expect(first.code, first.stderr).toBe(0);
    const plain = execFileSync("tar", ["-C", join(project, "image"), "-c", "."]);
    const piped = await buildJson(["--context", "-"], { stdin: plain.toString("latin1") });
    expect(piped.code, piped.stderr).toBe(0);
    expect(piped.result).toMatchObject({ built: false, tag: first.result.tag });
  });

  it("shows the log and its steps, and leaves outputs for a workflow", async () => {
    const outputs = join(project, "outputs");
    const summary = join(project, "summary");
    writeFileSync(outputs, "");
    const { code, stdout } = await build(["--context", "image"], {
      env: { GITHUB_ACTIONS: "true", GITHUB_OUTPUT: outputs, GITHUB_STEP_SUMMARY: summary },
    });
    expect(code).toBe(0);
    expect(stdout).toContain("::group::Build the image");
    expect(stdout).toContain("Step 2/4 : COPY a /a");
    const written = readFileSync(outputs, "utf8");
    for (const name of ["image", "digest", "tag", "built", "run-id"]) {
      expect(written).toContain(`${name}<<`);
    }
    expect(readFileSync(summary, "utf8")).toMatch(/^Built `localhost:\d+\/runner@sha256:/);
    const verbose = await build(["--context", "image", "--force", "--json", "--verbose"]);
    const steps = verbose.stderr
      .split("\n")
      .filter((line) => line.includes("image.build.step"))
      .map((line) => JSON.parse(line).data as { number: number; total: number });
    expect(steps.map(({ number, total }) => `${number}/${total}`)).toEqual([
      "1/4",
      "2/4",
      "3/4",
      "4/4",
    ]);
  });

  it("takes Dockerfile, stage, arguments, tags, time and cores from flags", async () => {
    write("image/other.Dockerfile", "ARG BASE\nFROM $BASE AS one\nARG FROM_ENV\nFROM x AS two\n");
    const { code, result, stderr } = await buildJson(
      [
        ...["--context", "image", "--file", "other.Dockerfile", "--target", "one", "--no-cache"],
        ...["--build-arg", "BASE=ubuntu:24.04", "--build-arg", "FROM_ENV", "--build-arg", "UNSET"],
        ...["--tag", "test", "--tag", "tools/runner:v1", "--timeout", "10m", "--agent-cpu", "4"],
      ],
      { env: { FROM_ENV: "value of the environment" } },
    );
    expect(code, stderr).toBe(0);
    expect(result.tags).toEqual([result.tag, "test", "tools/runner:v1"]);
    const run = await readRun(result.runId);
    expect(run.properties.outputImages.map((one: { tag: string }) => one.tag)).toEqual([
      result.tag,
      "test",
      "v1",
    ]);
    expect(run.properties.agentConfiguration ?? { cpu: 4 }).toEqual({ cpu: 4 });
    // Whatever the timeout and the cores, the image is the same.
    const again = await buildJson(
      [
        ...["--context", "image", "--file", "image/other.Dockerfile", "--target", "one"],
        ...["--build-arg", "BASE=ubuntu:24.04", "--build-arg", "FROM_ENV=value of the environment"],
      ],
      {},
    );
    expect(again.result).toMatchObject({ built: false, tag: result.tag });
  });

  it("hides secret build arguments, and takes no other image for another value", async () => {
    write("image/Dockerfile", "FROM ubuntu:24.04\nARG NPM_AUTH\nARG OTHER\nCOPY a /a\n");
    write("secret.txt", "fg-value-in-a-file\n");
    const argv = [
      ...["--context", "image", "--verbose"],
      ...["--secret-build-arg", "NPM_AUTH", "--secret-build-arg", "OTHER=@secret.txt"],
    ];
    const env = { NPM_AUTH: "ab-value-in-the-environment" };
    const first = await buildJson(argv, { env });
    expect(first.code, first.stderr).toBe(0);
    const run = await readRun(first.result.runId);
    for (const text of [first.stdout, first.stderr, JSON.stringify(run)]) {
      expect(text).not.toContain("value-in-the-environment");
      expect(text).not.toContain("value-in-a-file");
    }
    const renewed = await buildJson(argv, { env: { NPM_AUTH: "cd-renewed-value" } });
    expect(renewed.result.built).toBe(false);
  });

  it("puts a tag on what is built already, and leaves current where it is", async () => {
    const first = await buildJson(["--context", "image", "--tag", "one"]);
    await sandbox.control("DELETE", "requests");
    const { result } = await buildJson(["--context", "image", "--tag", "one", "--tag", "two"]);
    expect(result).toMatchObject({ built: false, tags: [first.result.tag, "one", "two"] });
    const again = await buildJson(["--context", "image", "--tag", "two"]);
    expect(again.result.digest).toBe(first.result.digest);
    const writes = (await sandbox.requests()).filter(({ method }) => method === "PUT");
    // One tag was there; each write is first answered with what authorizes it.
    expect([...new Set(writes.map(({ path }) => path))]).toEqual(["/v2/runner/manifests/two"]);
  });

  it("starts a build and leaves it to itself", async () => {
    const { code, result } = await buildJson(["--context", "image", "--no-wait"]);
    expect(code).toBe(0);
    expect(result).toMatchObject({ started: true, registry: names.registry });
    expect((await readRun(result.runId)).properties.runId).toBe(result.runId);
  });

  it("goes on with the log after a lost connection, and repeats nothing", async () => {
    const lost = { status: 503, code: "ServerBusy", message: "", headers: { "retry-after": "0" } };
    await sandbox.control("POST", "faults", [
      // More often than one request tries: one of these is the client's last.
      { match: { method: "GET", path: "/runs/[^/]+$" }, after: 1, times: 5, effect: lost },
      {
        match: { method: "GET", path: "/rawtext|\\.log|logs?/" },
        times: 1,
        effect: "reset-before",
      },
    ]);
    try {
      const { code, stderr } = await build(["--context", "image"]);
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/No connection to the build \w+, which goes on in Azure/);
      expect(stderr.match(/Step 2\/4 : COPY a \/a/g)).toHaveLength(1);
    } finally {
      await sandbox.control("DELETE", "faults");
    }
  });
});

describe("a build that fails", () => {
  it("names its step and shows what that step said last", async () => {
    write("image/Dockerfile", "FROM ubuntu:24.04\nCOPY a /a\nCOPY missing /b\nENV LAST=1\n");
    const { code, error } = await buildJson(["--context", "image"]);
    expect(code).toBe(5);
    expect(error).toMatchObject({ code: "image.buildFailed" });
    expect(error.message).toContain("COPY missing /b");
    const said = error.problems.map(({ what }: { what: string }) => what).join("\n");
    expect(said).toContain("missing");
    expect(said).not.toContain("COPY a /a");
  });
});

describe("what build-image refuses or warns of", () => {
  it.each<[title: string, argv: string[], code: string, message: RegExp]>([
    ["no context", ["--context", "nowhere"], "image.contextMissing", /nowhere/],
    ["no Dockerfile", ["--context", "image", "-f", "D"], "image.dockerfileMissing", /D in/],
    [
      "a Dockerfile outside the context",
      ["--context", "image", "--file", "../runnerctl.yaml"],
      "image.dockerfileOutside",
      /outside the build context/,
    ],
    [
      "a stage that is not there",
      ["--context", "image", "--target", "bas"],
      "image.targetMissing",
      /no stage "bas"/,
    ],
    ["another platform", ["--platform", "linux/arm64"], "image.platformUnsupported", /amd64/],
    [
      "an unknown platform",
      ["--context", "image", "--platform", "windows/amd64"],
      "image.platformUnsupported",
      /windows/,
    ],
    ["a tag that is none", ["--context", "image", "--tag", "a b"], "image.tagInvalid", /a b/],
    [
      "a tag that stands for content",
      ["--context", "image", "--tag", "c-0123456789abcdef"],
      "image.tagInvalid",
      /content/,
    ],
    [
      "a registry in a tag",
      ["--context", "image", "--tag", "other.azurecr.io/x:1"],
      "image.tagInvalid",
      /registry/,
    ],
    ["a build argument without a name", ["--build-arg", "=x"], "image.buildArgInvalid", /name/],
    [
      "a secret in argv",
      ["--secret-build-arg", "A=gho_secret"],
      "image.buildArgInvalid",
      /command line/,
    ],
    ["an unset secret", ["--secret-build-arg", "UNSET"], "image.buildArgInvalid", /UNSET/],
    [
      "a secret's missing file",
      ["--secret-build-arg", "A=@nowhere"],
      "image.buildArgInvalid",
      /cannot be read/,
    ],
    [
      "a credential in an address",
      ["--context", "https://gho_secret@github.com/o/r.git"],
      "image.gitCredentials",
      /credential/,
    ],
  ])("%s", async (_title, argv, code, message) => {
    const answer = await buildJson(argv);
    expect(answer.error).toMatchObject({ code });
    expect(answer.code).toBe(2);
    expect(answer.error.message).toMatch(message);
    expect(answer.stdout + answer.stderr).not.toContain("gho_secret");
    expect(await scheduled()).toBe(false);
  });

  it.each([
    [["--timeout", "1m"], /from 5m to 8h/],
    [["--agent-cpu", "1"], /2 cores/],
  ])("%j", async (argv, message) => {
    const { code, stderr } = await build(argv);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("warns of a secret among plain build arguments, and of unset ones", async () => {
    const { code, stderr } = await build(
      [
        ...["--context", "image", "--build-arg", "NPM_TOKEN=abcdef", "--build-arg", "KEYBOARD=x"],
        ...["--build-arg", "ABSENT"],
      ],
      {},
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/Warning: The build argument NPM_TOKEN looks like a secret/);
    expect(stderr).not.toMatch(/KEYBOARD looks/);
    expect(stderr).toMatch(/Warning: The build argument ABSENT is not set/);
    expect(stderr).not.toContain("abcdef");
  });

  it("warns of an image that the jobs cannot run, and does not call it current", async () => {
    const { code, stderr, result } = await buildJson(
      ["--context", "image", "--platform", "linux/arm64", "--verbose"],
      {},
    );
    expect(code, stderr).toBe(0);
    expect(stderr).toContain("cannot run in Container Apps jobs");
    expect(result.tags).toEqual([result.tag]);
  });

  it("says that the sandbox fetches no repository, and warns of a branch", async () => {
    const { code, stderr } = await build([
      "--context",
      "https://github.com/octo-org/hello.git#main",
    ]);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/Warning: The tag stands for the repository's address/);
    expect(stderr).toMatch(/sandbox/i);
  });
});
