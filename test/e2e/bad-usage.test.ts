import { createServer } from "node:http";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "../support/cli.js";
import { expectFailure } from "../support/failure.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";

let root: string;
let project: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "runnerctl-e2e-usage-"));
  project = join(root, "project");
  rmSync(project, { recursive: true, force: true });
  project = mkdtempSync(project);
  writeFileSync(join(project, "runnerctl.yaml"), minimalConfig);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

function run(argv: readonly string[], env: Record<string, string | undefined> = {}) {
  const own = {
    PATH: process.env["PATH"],
    HOME: root,
    RUNNERCTL_SANDBOX_DIR: join(root, "sandbox"),
    ARM_SUBSCRIPTION_ID: "11111111-2222-3333-4444-555555555555",
  };
  return runCli(argv, { cwd: project, env: { ...own, ...env } });
}

describe("a command line that is wrong", () => {
  it.each([
    ["a misspelt command", ["deplo"], ["'deplo'", "deploy"]],
    ["a misspelt command of a group", ["sandbox", "dispach"], ["'dispach'", "dispatch"]],
    ["a misspelt flag", ["deploy", "--yess"], ["'--yess'", "--yes"]],
    ["a flag of another command", ["status", "--count", "2"], ["'--count'"]],
    ["a count that is none", ["trigger", "--count", "abc"], ["--count", '"abc"', "1 to 1000"]],
    ["a count of none", ["trigger", "--count", "0"], ["--count", '"0"', "1 to 1000"]],
    ["a duration that is none", ["trigger", "--timeout", "soon"], ["--timeout", '"soon"', "10m"]],
    ["a port that is none", ["sandbox", "up", "--port", "http"], ["--port", '"http"', "65535"]],
    ["a flag without its value", ["deploy", "--secret-file"], ["--secret-file"]],
    [
      "a stack that is none",
      ["plan", "--stack", "plattform"],
      ['"plattform"', "platform, runners"],
    ],
    ["one argument too many", ["trigger", "a", "b"], ["trigger"]],
    ["an input without a name", ["sandbox", "dispatch", "--input", "x"], ["name=value", '"x"']],
  ])("%s", async (_what, argv, says) => {
    await expectFailure(run, argv, { exitCode: 2, code: "usage", says });
  });

  it("is no reason for anything to be written", () => {
    expect(readdirSync(project)).toEqual(["runnerctl.yaml"]);
  });
});

describe("no command at all", () => {
  it.each([[[]], [["sandbox"]], [["secret"]]])("runnerctl %j prints help", async (argv) => {
    const { code, stdout, stderr } = await run(argv);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(new RegExp(`^Usage: ${["runnerctl", ...argv].join(" ")} `));
    expect(stdout).toContain("Commands:");
  });
});

describe("Terraform", () => {
  it("that is missing is named with how to get it, before Azure is asked for anything", async () => {
    await expectFailure((argv) => run(argv, { PATH: root }), ["plan"], {
      exitCode: 6,
      code: "terraform.missing",
      says: ["terraform, tofu", "Install", "TERRAFORM_BINARY_NAME"],
    });
  });

  it("of another name that is missing is called by that name", async () => {
    const env = { TERRAFORM_BINARY_NAME: "terraform-of-nowhere" };
    await expectFailure((argv) => run(argv, env), ["deploy", "--yes"], {
      exitCode: 6,
      code: "terraform.missing",
      says: ["terraform-of-nowhere", "TERRAFORM_BINARY_NAME"],
    });
  });

  it("that is no Terraform is called unusable", async () => {
    const fake = join(root, "not-terraform");
    writeFileSync(fake, "#!/bin/sh\necho nonsense\n", { mode: 0o755 });
    await expectFailure((argv) => run(argv, { TERRAFORM_BINARY_NAME: fake }), ["plan"], {
      exitCode: 6,
      code: "terraform.unusable",
      says: [fake, "version"],
    });
  });

  it("is not needed to write its configuration", async () => {
    const written = join(root, "synthesized");
    const { code, stderr } = await run(["synth", "--output", written], { PATH: root });
    expect(code, stderr).toBe(0);
    expect(readdirSync(join(written, "stacks")).sort()).toEqual(["platform", "runners"]);
  });
});

describe("the sandbox's own commands", () => {
  it("dispatch without a sandbox says how to start one", async () => {
    await expectFailure(run, ["sandbox", "dispatch"], {
      exitCode: 4,
      code: "sandbox.notRunning",
      says: [join(root, "sandbox"), "runnerctl sandbox up"],
    });
  });

  it("reset without --yes asks for it where nobody can be asked", async () => {
    await expectFailure(run, ["sandbox", "reset"], {
      exitCode: 2,
      code: "usage.confirmationImpossible",
      says: ["runnerctl sandbox reset --yes"],
    });
  });

  it("up on a port that is taken says how to take a free one", async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const argv = ["sandbox", "up", "--port", String(port), "--http-port", "0"];
      await expectFailure(run, argv, {
        exitCode: 2,
        code: "sandbox.portTaken",
        says: [String(port), "--port 0"],
      });
    } finally {
      other.close();
    }
  });

  it("up and dispatch beside a sandbox that runs", async () => {
    const sandbox = await TestSandbox.start();
    try {
      const cli = (argv: readonly string[]) => sandbox.cli(argv);
      await expectFailure(cli, ["sandbox", "up", "--port", "0", "--http-port", "0"], {
        exitCode: 2,
        code: "sandbox.running",
        says: [sandbox.running.directory, "--sandbox"],
      });
      await expectFailure(cli, ["sandbox", "dispatch", "nowhere.yml"], {
        exitCode: 4,
        code: "sandbox.workflowRefused",
        says: ["nowhere.yml", "workflow_dispatch"],
      });
      await expectFailure(cli, ["sandbox", "dispatch", "--repository", "octo-org/none"], {
        exitCode: 4,
        code: "sandbox.workflowRefused",
        says: ["octo-org/none"],
      });
    } finally {
      await sandbox.close();
    }
  });
});
