import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectFailure, expectFailureData, expectFailureText } from "../support/failure.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";
import { findInFiles } from "../support/secret-search.js";

/*
 * One deployment on which everything goes wrong that can, each time mended and run again: what was
 * done before is never lost, and in the end it stands.
 */

let sandbox: TestSandbox;
const printed: string[] = [];
beforeAll(async () => {
  sandbox = await TestSandbox.start();
});
afterAll(() => sandbox.close());

const dockerfile = "image/Dockerfile";

function configure(auth: string): void {
  const config = minimalConfig.replace("{ type: app, appId: 1, installationId: 1 }", auth);
  writeFileSync(
    join(sandbox.project, "runnerctl.yaml"),
    `${config}image: { context: image, base: "ubuntu:24.04" }\n`,
  );
}

function writeDockerfile(...instructions: string[]): void {
  mkdirSync(join(sandbox.project, "image"), { recursive: true });
  const lines = ["ARG BASE_IMAGE=ubuntu:24.04", "FROM ${BASE_IMAGE}", ...instructions, ""];
  writeFileSync(join(sandbox.project, dockerfile), lines.join("\n"));
}

async function run(argv: readonly string[], stdin?: string) {
  const result = await sandbox.cli([...argv, "--sandbox"], stdin === undefined ? {} : { stdin });
  printed.push(result.stdout, result.stderr);
  return result;
}

const deploy = ["deploy", "--yes", "--json"];

async function issueToken(change?: Record<string, unknown>): Promise<string> {
  const { token } = (await sandbox.control("POST", "github/tokens", { scopes: ["repo"] })).json as {
    token: string;
  };
  if (change !== undefined) await sandbox.control("PATCH", "github/tokens", { token, ...change });
  return token;
}

describe("a deployment on which everything goes wrong", () => {
  it("a secret file that is not there is noticed before anything is created", async () => {
    configure("{ type: pat }");
    // A command that is nothing but a failure is one that the sandbox runs.
    writeDockerfile("RUN echo one", "RUN exit 3");
    await expectFailure(run, ["deploy", "--yes", "--secret-file", "nowhere.pem"], {
      exitCode: 2,
      code: "usage",
      says: [join(sandbox.project, "nowhere.pem"), "no such file"],
    });
    expect(await sandbox.resources()).toEqual([]);
  });

  it("without the secret: both ways to give it are named, and the platform stands", async () => {
    expectFailureData(await run(deploy), {
      exitCode: 3,
      code: "credentials.secretMissing",
      says: ["github-pat", "runnerctl deploy --secret-file", "runnerctl secret set"],
    });
    expect((await sandbox.resources()).map(({ type }) => type)).toContain(
      "Microsoft.App/managedEnvironments",
    );
  });

  it.each([
    ["nothing", "", "usage", 2, ["empty"]],
    ["the App's key", "key", "credentials.secretUnfit", 2, ["github-pat", "Nothing was stored"]],
    ["a revoked token", "revoked", "github.unauthorized", 3, ["revoked"]],
    ["a token without a right", "powerless", "github.permissionMissing", 3, ["Nothing was stored"]],
  ])("secret set with %s stores nothing", async (_what, kind, code, exitCode, says) => {
    const value = {
      "": () => Promise.resolve("\n"),
      key: () => Promise.resolve(readFileSync(sandbox.appKeyFile, "utf8")),
      revoked: () => issueToken({ revoked: true }),
      powerless: async () =>
        (await sandbox.control("POST", "github/tokens", { scopes: ["gist"] })).json.token as string,
    }[kind];
    const stdin = await value?.();
    const cli = (argv: readonly string[]) => run(argv, stdin);
    await expectFailure(cli, ["secret", "set"], { exitCode, code, says });
    expectFailureData(await run(deploy), {
      exitCode: 3,
      code: "credentials.secretMissing",
      says: [],
    });
  });

  it("with the secret, an image that fails to build names the step and shows its last lines", async () => {
    const stored = await run(["secret", "set"], `${sandbox.pat}\n`);
    expect(stored.code, stored.stderr).toBe(0);
    expectFailureData(await run(deploy), {
      exitCode: 5,
      code: "image.buildFailed",
      says: ["RUN exit 3", "returned a non-zero code: 3", "Mend the Dockerfile"],
    });
    const types = (await sandbox.resources()).map(({ type }) => type);
    expect(types).not.toContain("Microsoft.App/jobs");
  });

  it("without its Dockerfile the path is named", async () => {
    const moved = join(sandbox.project, "runnerctl.yaml");
    const config = readFileSync(moved, "utf8");
    writeFileSync(moved, config.replace("context: image", "context: image, dockerfile: Other"));
    await expectFailure(run, ["build-image"], {
      exitCode: 2,
      code: "image.dockerfileMissing",
      says: ["Other", "image.dockerfile"],
    });
    writeFileSync(moved, config);
  });

  it("with a Dockerfile that builds, the same command finishes what was begun", async () => {
    writeDockerfile("RUN echo fine");
    const { code, stdout } = await run(deploy);
    expect(code, stdout).toBe(0);
    const { result } = JSON.parse(stdout);
    expect(result).toMatchObject({ changed: true, image: { built: true } });
    // What the first try made stays; what is made of the Dockerfile may follow it.
    const kept = { create: 0, replace: 0, delete: 0 };
    expect(result.stacks[0]).toMatchObject({ stack: "platform", change: kept });
    expect(JSON.parse((await run(deploy)).stdout).result.changed).toBe(false);
  });

  it("destroy without --yes and without a terminal shows what would go, and removes nothing", async () => {
    const before = await sandbox.resources();
    const result = await run(["destroy"]);
    expectFailureText(result, {
      exitCode: 2,
      code: "usage.confirmationImpossible",
      says: ["runnerctl destroy --yes"],
    });
    expect(result.stderr).toContain("azurerm_container_app_job");
    expect(await sandbox.resources()).toEqual(before);
  });

  it("the tokens were printed and written nowhere", () => {
    const secrets = sandbox.secrets;
    expect(secrets.filter((secret) => printed.some((text) => text.includes(secret)))).toEqual([]);
    expect(findInFiles(sandbox.project, secrets)).toEqual([]);
  });
});

describe("a job that never registers", () => {
  it("ends trigger --wait with what the init container found", async () => {
    // The runner image that comes with the product, whose init container does the asking.
    const project = sandbox.makeProject(
      minimalConfig.replace("e2e", "revoked").replace(/auth: .*/, "auth: { type: pat }"),
    );
    const cli = (argv: readonly string[], stdin?: string) =>
      sandbox.cli([...argv, "--sandbox"], {
        cwd: project,
        ...(stdin === undefined ? {} : { stdin }),
      });
    const deployed = await cli([...deploy, "--secret-file", sandbox.patFile]);
    expect(deployed.code, deployed.stdout).toBe(0);
    const revoked = await issueToken({ revoked: true });
    expect((await cli(["secret", "set", "--no-verify"], revoked)).code).toBe(0);

    const { runId } = JSON.parse((await cli(["sandbox", "dispatch", "--json"])).stdout).result;
    const error = expectFailureData(await cli(["trigger", "--wait", "--json"]), {
      exitCode: 7,
      code: "execution.neverRegistered",
      says: [
        "pool default",
        "Failed",
        /mint: .*exit code \d+/,
        "runnerctl logs caj-revoked-default-",
      ],
    });
    expect(JSON.stringify(error)).not.toContain(revoked);
    expect((await sandbox.readRun(runId)).status).toBe("queued");

    // With a good token the job that still waits is done.
    expect((await cli(["secret", "set"], sandbox.pat)).code).toBe(0);
    const again = await cli(["trigger", "--wait"]);
    expect(again.code, again.stderr).toBe(0);
    expect((await sandbox.readRun(runId)).conclusion).toBe("success");
  });
});
