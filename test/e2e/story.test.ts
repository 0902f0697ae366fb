import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type CliResult, packageRoot } from "../support/cli.js";
import { initFlags, TestSandbox } from "../support/sandbox.js";
import { findInFiles, readPlanFiles } from "../support/secret-search.js";

let sandbox: TestSandbox;
/** Everything any command printed. */
const printed: string[] = [];

async function run(...argv: string[]): Promise<CliResult> {
  const result = await sandbox.cli(argv);
  printed.push(result.stdout, result.stderr);
  return result;
}

async function succeed(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...argv);
  expect(code, `runnerctl ${argv.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

beforeAll(async () => {
  sandbox = await TestSandbox.start();
  await sandbox.control("PUT", "logs", { ingestionDelaySeconds: 0 });
  await succeed("init", ...initFlags);
});
afterAll(() => sandbox.close());

const identityPath = () =>
  `${sandbox.subscription}/providers/Microsoft.ManagedIdentity/userAssignedIdentities`;

/** Queues the hostile workflow, runs it, and tells what GitHub says of it. */
async function lookForCredentials() {
  const identities = (await sandbox.arm("GET", identityPath(), "2024-11-30")).json.value as {
    properties: { clientId: string };
  }[];
  expect(identities).toHaveLength(2);
  const clientIds = identities.map(({ properties }) => properties.clientId).join(" ");
  const queued = await succeed(
    ...["sandbox", "dispatch", join(packageRoot, "examples/workflows/look-for-credentials.yml")],
    ...["--input", `identities=${clientIds}`, "--json"],
  );
  const { runId } = JSON.parse(queued).result as { runId: number };
  const trigger = await run("trigger", "default", "--sandbox", "--wait");
  return { trigger, ...(await sandbox.readRun(runId)) };
}

interface Container {
  env: { name: string; value?: string; secretRef?: string }[];
}
interface Job {
  configuration: { identitySettings: { identity: string; lifecycle: string }[] };
  template: { containers: Container[]; initContainers: Container[] };
}

/** Runs the hostile workflow in a job that was changed behind our back, and puts the job right again. */
async function lookWithout(change: (job: Job) => void) {
  const path = `${sandbox.subscription}/resourceGroups/rg-e2e/providers/Microsoft.App/jobs/caj-e2e-default`;
  const good = (await sandbox.arm("GET", path, "2025-07-01")).json;
  const bad = structuredClone(good) as { properties: Job };
  change(bad.properties);
  await sandbox.arm("PUT", path, "2025-07-01", bad);
  try {
    return await lookForCredentials();
  } finally {
    await sandbox.arm("PUT", path, "2025-07-01", good);
  }
}

describe("from nothing to a runner that ran a job, and back", () => {
  it("deploys everything with one command", async () => {
    const stdout = await succeed(
      ...["deploy", "--sandbox", "--yes", "--verbose", "--secret-file", sandbox.appKeyFile],
    );
    expect(stdout).toContain("Deployed.");
    const types = (await sandbox.resources()).map(({ type }) => type);
    expect(types).toContain("Microsoft.App/jobs");
    expect(types).toContain("Microsoft.ContainerRegistry/registries");
  });

  it("changes nothing the second time, and says so", async () => {
    const again = JSON.parse(await succeed("deploy", "--sandbox", "--yes", "--json"));
    expect(again).toMatchObject({ ok: true, result: { changed: false, image: { built: false } } });
  });

  it("runs a job that looks for credentials and finds none", async () => {
    const { trigger, status, conclusion, log } = await lookForCredentials();
    expect(trigger.code, trigger.stderr).toBe(0);
    expect(trigger.stdout).toContain("Succeeded");
    expect({ status, conclusion }, log).toEqual({ status: "completed", conclusion: "success" });
    expect(log).not.toMatch(/^\S+ FOUND/m);
    expect(log).toContain("no credential in /proc/*/environ");
    expect(log).toContain("no credential in files, nothing left on the hand-over volume");
  });

  it("shows the execution in status and its lines in logs", async () => {
    const status = JSON.parse(await succeed("status", "--sandbox", "--json")).result;
    const [execution] = status.pools[0].executions;
    expect(execution).toMatchObject({ status: "Succeeded" });
    expect(await succeed("status", "--sandbox")).toContain(execution.name);
    const logs = await succeed("logs", "--sandbox", execution.name);
    expect(logs).toMatch(/mint {2}.*is registered/);
    expect(logs).toMatch(/runner {2}.*Job look completed with result: Succeeded/);
  });

  describe("the same job, where a protection is taken away, is caught by it", () => {
    it("identities: their tokens can be had in the runner's container", async () => {
      const { conclusion, log } = await lookWithout((job) => {
        for (const setting of job.configuration.identitySettings) setting.lifecycle = "All";
      });
      expect(conclusion, log).toBe("failure");
      expect(log).toContain("FOUND a token for https://");
    });

    it("environment: the runner's container is given the credential", async () => {
      const { conclusion, log } = await lookWithout((job) => {
        job.template.containers[0]?.env.push({ name: "KEY", secretRef: "github-credential" });
      });
      expect(conclusion, log).toBe("failure");
      expect(log).toMatch(/FOUND a credential in \/proc\/\d+\/environ/);
    });

    it("environment, by its usual name: the runner does not even start", async () => {
      const { trigger, status } = await lookWithout((job) => {
        job.template.containers[0]?.env.push({
          name: "GITHUB_APP_PRIVATE_KEY",
          secretRef: "github-credential",
        });
      });
      expect(trigger.code, trigger.stderr).toBe(7);
      expect(status).toBe("queued");
      // Its registration is left, offline: GitHub itself drops those of ephemeral runners in a day.
      const [left, ...others] = await sandbox.runners();
      expect([left?.status, others]).toEqual(["offline", []]);
      await sandbox.github("DELETE", `repos/octo-org/hello/actions/runners/${left?.id}`);
    });

    it("leaves no drift once the job is put right", async () => {
      // Takes the job that the refused runner left in the queue.
      expect((await run("trigger", "--sandbox", "--wait")).code).toBe(0);
      expect(await succeed("plan", "--sandbox", "--check")).toContain("No changes");
    });
  });

  it("keeps the App's key and the token out of everything written on the way", async () => {
    const { secrets } = sandbox;
    expect(secrets.length).toBeGreaterThan(20);
    const holds = (text: string) => secrets.filter((secret) => text.includes(secret)).length;
    // The search itself can find: the vault of the sandbox has the key.
    const vault = join(sandbox.running.directory, "state", "vault-secrets.json");
    expect(findInFiles(join(sandbox.running.directory, "state"), secrets)).toContain(vault);

    expect(holds(printed.join("\n"))).toBe(0);
    expect(findInFiles(sandbox.project, secrets)).toEqual([]);
    const state = join(sandbox.project, ".runnerctl", "sandbox-work", "state", "runners.tfstate");
    expect(readFileSync(state, "utf8")).toContain("github-credential");
    const plans = readPlanFiles(join(sandbox.project, ".runnerctl"));
    expect(plans.length).toBeGreaterThan(3);
    expect(plans.filter((content) => holds(content) > 0)).toEqual([]);
    const console_ = await sandbox.consoleLogs();
    expect(console_).toContain("is registered");
    expect(holds(console_)).toBe(0);
  });

  it("removes everything", async () => {
    expect(await succeed("destroy", "--sandbox", "--yes")).toMatch(/^Destroyed \d+ resources/);
    expect(await sandbox.resources()).toEqual([]);
    expect(await sandbox.runners()).toEqual([]);
  });
});
