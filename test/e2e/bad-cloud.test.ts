import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { deriveResourceNames } from "../../src/domain/resource-names.js";
import { spawnCli } from "../support/cli.js";
import { expectFailure, expectFailureData, expectFailureText } from "../support/failure.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.start();
});
afterAll(() => sandbox.close());

const configOf = (name: string) => minimalConfig.replace("name: e2e", `name: ${name}`);

/** A shell that was pointed at the sandbox, as at any cloud; `more` wins. */
function shell(more: Record<string, string> = {}): Record<string, string> {
  return { ...sandbox.env, ...sandbox.running.environment, ...more };
}

/** Commands in a project, by that shell; without --sandbox, so that the shell's own variables hold. */
function runIn(cwd: string, more: Record<string, string> = {}) {
  return (argv: readonly string[]) =>
    sandbox.cli(argv, {
      cwd,
      // Node reads this one when it starts; in this process it has no effect.
      env: { ...shell(more), NODE_EXTRA_CA_CERTS: undefined },
    });
}

function asClient(clientId: string, clientSecret: string): Record<string, string> {
  return {
    ARM_CLIENT_ID: clientId,
    AZURE_CLIENT_ID: clientId,
    ARM_CLIENT_SECRET: clientSecret,
    AZURE_CLIENT_SECRET: clientSecret,
  };
}

describe("before anything is deployed", () => {
  const names = ["caj-fresh-default", "rg-fresh", "runnerctl deploy"];
  it.each([
    [["trigger"], "azure.poolNotDeployed", names],
    [["logs"], "azure.workspaceNotDeployed", ["log-fresh", "runnerctl deploy"]],
    [["build-image"], "image.registryNotDeployed", ["crfresh", "runnerctl deploy"]],
    [["secret", "set"], "azure.notFound", ["kv-fresh", "runnerctl deploy"]],
    [["deploy", "--stack", "runners", "--yes"], "terraform.platformNotDeployed", ["platform"]],
  ])("%j says that nothing is there", async (argv, code, says) => {
    const run = runIn(sandbox.makeProject(configOf("fresh")));
    const stdin = readFileSync(sandbox.appKeyFile, "utf8");
    const cli = (words: readonly string[]) =>
      words[0] === "secret"
        ? sandbox.cli([...words, "--sandbox"], {
            cwd: sandbox.makeProject(configOf("fresh")),
            stdin,
          })
        : run(words);
    await expectFailure(cli, argv, { exitCode: 4, code, says });
  });

  it("an unknown pool is met with those that there are", async () => {
    const run = runIn(sandbox.makeProject(configOf("fresh")));
    await expectFailure(run, ["trigger", "defualt"], {
      exitCode: 2,
      code: "config.poolUnknown",
      says: ['"defualt"', "Did you mean default?"],
    });
    await expectFailure(run, ["logs", "--pool", "defualt"], {
      exitCode: 2,
      code: "config.poolUnknown",
      says: ['"defualt"', "Did you mean default?"],
    });
  });

  it("destroy has nothing to do, and says so", async () => {
    const run = runIn(sandbox.makeProject(configOf("fresh")));
    const { code, stdout } = await run(["destroy", "--yes"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/nothing/i)]);
  });

  it("deploy without --yes and without a terminal shows the plan and creates nothing", async () => {
    const result = await runIn(sandbox.makeProject(configOf("fresh")))(["deploy"]);
    expectFailureText(result, {
      exitCode: 2,
      code: "usage.confirmationImpossible",
      says: ["runnerctl deploy --yes"],
    });
    expect(result.stderr).toContain("azurerm_resource_group.group");
    expect(await sandbox.resources()).toEqual([]);
  });
});

describe("a credential that Entra refuses", () => {
  const expired = { status: 401, code: "AADSTS7000222", message: "The provided keys are expired." };

  it("expired: a command that asks Azure itself says so", async () => {
    await sandbox.addFault({ path: "/oauth2/v2.0/token$" }, expired, 0);
    try {
      const run = runIn(sandbox.makeProject(configOf("fresh")));
      await expectFailure(run, ["trigger"], {
        exitCode: 3,
        code: "credentials.expired",
        says: ["AADSTS7000222", "expired", "AZURE_CLIENT_SECRET"],
      });
      await expectFailure(run, ["status"], { exitCode: 3, code: "credentials.expired", says: [] });
    } finally {
      await sandbox.control("DELETE", "faults");
    }
  });

  it("expired: so does one that leaves it to Terraform", async () => {
    await sandbox.addFault({ path: "/oauth2/v2.0/token$" }, expired, 0);
    try {
      const run = runIn(sandbox.makeProject(configOf("fresh")));
      expectFailureData(await run(["deploy", "--yes", "--json"]), {
        exitCode: 3,
        code: "terraform.loginFailed",
        says: ["AADSTS7000222", /renew|az login/],
      });
    } finally {
      await sandbox.control("DELETE", "faults");
    }
  });

  it("wrong: the variable is named, the value is not", async () => {
    const wrong = asClient(sandbox.running.environment["AZURE_CLIENT_ID"] ?? "", "wrong-secret-1");
    const run = runIn(sandbox.makeProject(configOf("fresh")), wrong);
    const error = await expectFailure(run, ["trigger"], {
      exitCode: 3,
      code: "credentials.secretWrong",
      says: ["AZURE_CLIENT_SECRET"],
    });
    expect(JSON.stringify(error)).not.toContain("wrong-secret-1");
  });
});

describe("an identity without a role", () => {
  it("is told which permission is missing, where, and the role that gives it", async () => {
    const { clientId, clientSecret } = (
      await sandbox.control("POST", "principals", { displayName: "nobody" })
    ).json as { clientId: string; clientSecret: string };
    const run = runIn(sandbox.makeProject(configOf("fresh")), asClient(clientId, clientSecret));
    await expectFailure(run, ["trigger"], {
      exitCode: 3,
      code: "azure.forbidden",
      says: ["Microsoft.App/jobs/start/action", "rg-fresh", "az role assignment create"],
    });
    expectFailureData(await run(["deploy", "--yes", "--json"]), {
      exitCode: 3,
      code: "terraform.permissionMissing",
      says: [/Microsoft\.Resources\/subscriptions\/\S*(read|write)/, "Contributor"],
    });
  });
});

describe("a registry name that somebody else has", () => {
  it("is named, and another name finishes what was begun", async () => {
    const subscription = sandbox.running.environment["ARM_SUBSCRIPTION_ID"] ?? "";
    const { registry } = deriveResourceNames(subscription, "taken");
    await sandbox.control("POST", "arm/taken-names", {
      type: "Microsoft.ContainerRegistry/registries",
      name: registry,
    });
    const project = sandbox.makeProject(configOf("taken"));
    const deploy = ["deploy", "--stack", "platform", "--yes", "--json"];
    expectFailureData(await runIn(project)(deploy), {
      exitCode: 2,
      code: "terraform.registryNameTaken",
      says: [registry, "`name`", "runnerctl.yaml"],
    });
    writeFileSync(join(project, "runnerctl.yaml"), configOf("free"));
    const again = await runIn(project)(deploy);
    expect(again.code, again.stdout).toBe(0);
    // What the first try made under the other name is not forgotten but gone.
    const groups = (await sandbox.resources()).filter(({ id }) =>
      /resourceGroups\/[^/]+$/.test(id),
    );
    expect(groups.map(({ name }) => name)).toEqual(["rg-free"]);
    expect((await runIn(project)(["destroy", "--yes"])).code).toBe(0);
    expect(await sandbox.resources()).toEqual([]);
  });
});

describe("a state that somebody else holds", () => {
  it("is reported with who holds it, and is left to them", async () => {
    const state = join(sandbox.root, `state-${randomUUID()}`);
    mkdirSync(state);
    const config = `${configOf("locked")}state: { backend: local, path: ${state} }\n`;
    const [theirs, ours] = [sandbox.makeProject(config), sandbox.makeProject(config)];
    const hold = { delayMs: 600_000 };
    await sandbox.addFault({ method: "PUT", path: "/resourcegroups/rg-locked$" }, hold);
    const argv = ["deploy", "--stack", "platform", "--yes", "--json"];
    const holder = spawnCli(argv, { cwd: theirs, env: shell() });
    await vi.waitFor(
      () => expect(existsSync(join(state, ".platform.tfstate.lock.info"))).toBe(true),
      { timeout: 40_000, interval: 25 },
    );
    await vi.waitFor(
      async () =>
        expect((await sandbox.control("GET", "faults")).json.value[0]).toMatchObject({ used: 1 }),
      { timeout: 40_000, interval: 25 },
    );
    const error = expectFailureData(await runIn(ours)(["plan", "--json"]), {
      exitCode: 6,
      code: "terraform.stateLocked",
      says: ["platform", /locked by \S+@\S+ for apply since \d{4}-/, "force-unlock"],
    });
    expect(error.details).toMatchObject({ abandoned: false });
    await sandbox.control("POST", "clock", { advance: 600 });
    const { code, stdout } = await holder.done;
    expect(code, stdout).toBe(0);
    const check = ["plan", "--stack", "platform", "--check"];
    expect((await spawnCli(check, { cwd: ours, env: shell() }).done).code).toBe(0);
  });
});
