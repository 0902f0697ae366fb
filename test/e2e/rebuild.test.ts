import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { packageRoot } from "../support/cli.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";

const week = 7 * 86_400;
const tasksVersion = "2019-06-01-preview";

let sandbox: TestSandbox;
let project: string;

beforeAll(async () => {
  sandbox = await TestSandbox.start();
  project = sandbox.makeProject(
    `${minimalConfig}image: { context: ./image, schedule: "0 3 * * 1", keep: 2 }\n`,
  );
  cpSync(join(packageRoot, "docker"), join(project, "image"), { recursive: true });
});
afterAll(() => sandbox.close());

async function run(...argv: string[]) {
  return sandbox.cli([...argv, "--sandbox"], { cwd: project });
}

/** What a command that succeeds says with --json. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- results of several commands
async function succeed(...argv: string[]): Promise<any> {
  const { code, stdout, stderr } = await run(...argv, "--json");
  expect(code, `runnerctl ${argv.join(" ")}\n${stdout}\n${stderr}`).toBe(0);
  return JSON.parse(stdout).result;
}

async function fail(...argv: string[]): Promise<{ code: number | null; error: { code: string } }> {
  const { code, stdout } = await run(...argv, "--json");
  return { code, error: JSON.parse(stdout).error };
}

interface Listed {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly current: boolean;
  readonly revision?: string;
  readonly usedBy: readonly string[];
}

const listImages = async (): Promise<Listed[]> => (await succeed("images", "list")).images;
const currentDigest = async (): Promise<string | undefined> =>
  (await listImages()).find(({ current }) => current)?.digest;

/** Lets a week go by and follows the run that it starts to its end. */
async function rebuildByTimer() {
  await sandbox.advance(week);
  const registries = `${sandbox.subscription}/resourceGroups/rg-e2e/providers/Microsoft.ContainerRegistry/registries`;
  const [registry] = (await sandbox.arm("GET", registries, "2025-04-01")).json.value;
  for (;;) {
    const { json } = await sandbox.arm("GET", `${registry.id}/runs`, tasksVersion);
    const { properties } = json.value[0];
    if (properties.task === "rebuild-image" && properties.finishTime !== undefined) {
      const link = await sandbox.arm(
        "POST",
        `${registry.id}/runs/${properties.runId}/listLogSasUrl`,
        tasksVersion,
      );
      const { text } = await sandbox.send("GET", link.json.logLink, undefined);
      return { ...properties, log: text };
    }
    await delay(100);
  }
}

const selfTest = () => join(project, "image/lib/self-test.sh");

describe("the image rebuilds itself", { timeout: 60_000 }, () => {
  it("is deployed with a schedule, and a second deployment changes nothing", async () => {
    await succeed("deploy", "--yes", "--secret-file", sandbox.appKeyFile);
    const again = await succeed("plan", "--check");
    expect(again.hasChanges).toBe(false);
    const [image] = await listImages();
    expect(image).toMatchObject({ current: true, usedBy: ["caj-e2e-default"] });
  });

  it("moves current to a candidate that passes its self-test", async () => {
    const before = await listImages();
    const rebuilt = await rebuildByTimer();
    expect(rebuilt, rebuilt.log).toMatchObject({ status: "Succeeded", runType: "AutoRun" });
    expect(rebuilt.log).toMatch(/"mode":"self-test"/);
    const [newest, ...others] = await listImages();
    expect(newest?.tags).toEqual(["current", expect.stringMatching(/^r-\d{8}-\d{6}z-\w+$/)]);
    // Of the same content, and the jobs follow.
    expect(newest?.revision).toBe(before[0]?.tags.find((tag) => tag.startsWith("c-")));
    expect(newest?.usedBy).toEqual(["caj-e2e-default"]);
    expect(others.map(({ digest, current }) => [digest, current])).toEqual([
      [before[0]?.digest, false],
    ]);
    // What rebuilt itself is what was deployed: there is nothing to do.
    expect((await succeed("plan", "--check")).hasChanges).toBe(false);
  });

  it("changes with a file of the context, and nothing else does", async () => {
    writeFileSync(selfTest(), "test_image() { fail 1 'this image is broken'; }\n");
    const { stacks } = await succeed("plan");
    expect(
      stacks.flatMap(({ change }: { change: { changes: { kind: string; address: string }[] } }) =>
        change.changes.map(({ kind, address }) => `${kind} ${address}`),
      ),
    ).toEqual(["update azurerm_container_registry_task.image-rebuild"]);
  });

  it("leaves current alone when the candidate fails its self-test", async () => {
    const before = await listImages();
    await succeed("deploy", "--yes", "--stack", "platform");
    const rebuilt = await rebuildByTimer();
    expect(rebuilt.status).toBe("Failed");
    expect(rebuilt.log).toContain("this image is broken");
    expect(rebuilt.log).toContain("failed to run step ID: self-test");
    expect(rebuilt.log).not.toContain("Pushing image");
    expect((await listImages()).map(({ digest, tags }) => [digest, tags])).toEqual(
      before.map(({ digest, tags }) => [digest, tags]),
    );
  });

  it("moves on when it is mended", async () => {
    const broken = await currentDigest();
    writeFileSync(selfTest(), readFileSync(join(packageRoot, "docker/lib/self-test.sh")));
    await succeed("deploy", "--yes", "--stack", "platform");
    expect((await rebuildByTimer()).status).toBe("Succeeded");
    expect(await currentDigest()).not.toBe(broken);
  });
});

describe("runnerctl images", { timeout: 60_000 }, () => {
  it("goes back, and back again until there is nothing to go back to", async () => {
    const [third, second, first] = await listImages();
    expect(await succeed("images", "rollback")).toMatchObject({
      digest: second?.digest,
      previous: third?.digest,
      changed: true,
      followers: ["caj-e2e-default"],
    });
    expect(await currentDigest()).toBe(second?.digest);
    expect((await succeed("images", "rollback")).digest).toBe(first?.digest);
    expect(await fail("images", "rollback")).toMatchObject({
      code: 4,
      error: { code: "image.rollbackImpossible" },
    });
  });

  it("promotes by tag and by digest, and says what was meant by what is not there", async () => {
    const [third, second] = await listImages();
    const tag = second?.tags[0] ?? "";
    expect(await succeed("images", "promote", tag)).toMatchObject({ digest: second?.digest });
    expect(await succeed("images", "promote", tag)).toMatchObject({ changed: false });
    const digest = third?.digest ?? "";
    expect(await succeed("images", "promote", digest.slice(0, 20))).toMatchObject({ digest });
    expect(await currentDigest()).toBe(digest);
    expect(await fail("images", "promote", `${tag}x`)).toMatchObject({
      code: 4,
      error: { code: "image.unknown", details: { nearest: tag } },
    });
  });

  it("prunes what nobody needs, after having shown it", async () => {
    const [newest, second, oldest] = await listImages();
    await succeed("images", "promote", oldest?.digest ?? "");

    const asked = await run("images", "prune", "--keep", "1");
    expect(asked.code).toBe(2);
    expect(asked.stderr).toContain("to delete");
    expect(asked.stderr).toContain("among the newest 1");
    expect(asked.stderr).toContain("used by caj-e2e-default");
    expect(await listImages()).toHaveLength(3);
    // By default as many stay as the configuration says: two, and one is used.
    expect((await succeed("images", "prune", "--yes")).removed).toEqual([]);

    const pruned = await succeed("images", "prune", "--keep", "1", "--yes");
    expect(pruned.removed).toEqual([second?.digest]);
    expect((await listImages()).map(({ digest }) => digest)).toEqual(
      [newest, oldest].map((image) => image?.digest),
    );
    expect((await fail("images", "prune", "--keep", "0")).code).toBe(2);
  });
});
