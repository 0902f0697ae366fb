import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { SpawnedCli } from "../support/cli.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.start();
});
afterAll(() => sandbox.close());

/** A deployment of its own in the same sandbox. */
function makeProject(name: string): string {
  return sandbox.makeProject(minimalConfig.replace("name: e2e", `name: ${name}`));
}

function deployFlags(...more: string[]): string[] {
  return ["deploy", "--sandbox", "--yes", "--json", "--secret-file", sandbox.appKeyFile, ...more];
}

/** Longer than anything takes here: an answer that is held until the sandbox's time is moved on. */
const held = { delayMs: 600_000 };

function release(): Promise<unknown> {
  return sandbox.control("POST", "clock", { advance: held.delayMs / 1000 });
}

/** Deploys with the real program until Azure has been asked for the registry and keeps the answer back. */
async function deployUntilHeld(
  project: string,
  effect: unknown,
  ...more: string[]
): Promise<SpawnedCli> {
  // Others stand on it: however much is made beside it, a part is always left to do.
  const path = "/Microsoft.ContainerRegistry/registries/[^/]+$";
  const [id] = (await sandbox.addFault({ method: "PUT", path }, effect)).json.ids as string[];
  const cli = sandbox.spawn(deployFlags(...more), { cwd: project });
  await Promise.race([
    cli.done.then(({ code, stdout }) => {
      throw new Error(`It ended with ${code} before the request came: ${stdout}`);
    }),
    vi.waitFor(
      async () => {
        const faults = (await sandbox.control("GET", "faults")).json.value;
        expect(faults.find((one: { id: string }) => one.id === id).used).toBe(1);
      },
      { timeout: 40_000, interval: 25 },
    ),
  ]);
  return cli;
}

/** Terraform is in a process group of its own; its provider is in the same. */
function killTerraform(project: string): void {
  const plans = join(project, ".runnerctl", "sandbox-work", "plans");
  const notes = readdirSync(plans).filter((name) => name.endsWith(".running.json"));
  expect(notes).toHaveLength(1);
  const { pid } = JSON.parse(readFileSync(join(plans, notes[0] ?? ""), "utf8")) as { pid: number };
  process.kill(-pid, "SIGKILL");
}

async function deploy(project: string, ...more: string[]) {
  const { code, stdout, stderr } = await sandbox.cli(deployFlags("--verbose", ...more), {
    cwd: project,
  });
  expect(code, `${stdout}\n${stderr}`).toBe(0);
  return { stderr, ...(JSON.parse(stdout).result as { changed: boolean }) };
}

describe("a deploy that was killed in the middle of an apply", () => {
  it("goes on when it is run again, and then has nothing to do", async () => {
    const project = makeProject("killed");
    const cli = await deployUntilHeld(project, "hang");
    cli.signal("SIGKILL");
    killTerraform(project);
    expect((await cli.done).code).toBeNull();

    expect((await deploy(project)).changed).toBe(true);
    expect((await deploy(project)).changed).toBe(false);
    const { resources } = JSON.parse(
      readFileSync(join(project, ".runnerctl/sandbox-work/state/platform.tfstate"), "utf8"),
    ) as { resources: { type: string }[] };
    expect(resources.map(({ type }) => type)).toContain("azurerm_container_registry");
  });

  it("lets the Terraform that lives on come to its end before it goes on", async () => {
    const project = makeProject("orphaned");
    const cli = await deployUntilHeld(project, held, "--stack", "platform");
    cli.signal("SIGKILL");
    await cli.done;

    const again = sandbox.spawn(deployFlags("--verbose", "--stack", "platform"), { cwd: project });
    await again.waitForLine(/Waiting for the Terraform apply of an earlier run/);
    await release();
    const { code, stdout } = await again.done;
    expect(code, stdout).toBe(0);
    // That Terraform recorded all that it made: nothing is left to do, and nothing to be adopted.
    expect(JSON.parse(stdout).result.changed).toBe(false);
  });
});

describe("a deploy that was interrupted with Ctrl-C", () => {
  it("ends with 130, says what state it left, and goes on when it is run again", async () => {
    const project = makeProject("stopped");
    const cli = await deployUntilHeld(project, held, "--stack", "platform", "--verbose");
    cli.signal("SIGINT");
    await cli.waitForLine(/"terraform\.interrupting".*Ctrl-C again/);
    await cli.waitForLine(/Interrupt received/);
    await release();
    const { code, stdout } = await cli.done;
    expect(code, stdout).toBe(130);
    const { error } = JSON.parse(stdout) as {
      error: { code: string; message: string; hint: string; details: { done: string[] } };
    };
    expect(error.code).toBe("terraform.interrupted");
    expect(error.message).toMatch(
      /^Terraform apply of stack platform was interrupted\. \d+ resources were done and recorded/,
    );
    expect(error.hint).toMatch(/run the same command again/i);
    expect(error.details.done).toContain("azurerm_resource_group.group");

    expect((await deploy(project, "--stack", "platform")).changed).toBe(true);
    expect((await deploy(project, "--stack", "platform")).changed).toBe(false);
  });
});
