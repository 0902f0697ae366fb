import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.js";
import { prepareRebuild } from "../../src/operations/rebuild-source.js";
import { synthesizeStacks } from "../../src/stacks/app.js";
import { subscription } from "../support/config.js";

const folder = mkdtempSync(join(tmpdir(), "synth-main-"));
const root = join(import.meta.dirname, "../..");
/** As built: what `npm test` builds first, and what the stock CLI runs. */
const program = join(root, "dist", "synth.js");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const yaml = "name: demo\nlocation: westeurope\ngithub:\n  owner: acme\n  repositories: [app]\n";

/** Runs the program as the stock cdktf CLI does: in the project's folder, with CDKTF_OUTDIR. */
function run(config: string, env: Record<string, string> = {}) {
  writeFileSync(join(folder, "runnerctl.yaml"), config);
  return spawnSync(process.execPath, [program], {
    cwd: folder,
    env: { PATH: process.env["PATH"], CDKTF_OUTDIR: join(folder, "out"), ...env },
    encoding: "utf8",
  });
}

describe("the app of cdktf.json", () => {
  it("is the bundled program", () => {
    const cdktf = JSON.parse(
      readFileSync(join(import.meta.dirname, "../../cdktf.json"), "utf8"),
    ) as unknown;
    expect(cdktf).toEqual({
      language: "typescript",
      app: "node dist/synth.js",
      sendCrashReports: "false",
    });
  });

  it("writes the same stacks as `runnerctl synth`", async () => {
    expect(run(yaml, { ARM_SUBSCRIPTION_ID: subscription })).toMatchObject({
      status: 0,
      stderr: "",
    });
    const { config } = await loadConfig({ cwd: folder });
    const rebuild = await prepareRebuild(
      { image: config.image, defaultContext: join(root, "docker") },
      { emit: () => {} },
    );
    const { stacks } = synthesizeStacks({
      config: { ...config, subscription },
      outdir: join(folder, "direct"),
      rebuild,
    });
    expect(rebuild?.context.length).toBeGreaterThan(10_000);
    for (const { name, synthesizedPath } of stacks) {
      expect(readFileSync(join(folder, "out", "stacks", name, "cdk.tf.json"), "utf8")).toBe(
        readFileSync(synthesizedPath, "utf8"),
      );
    }
  });

  it("reports what is wrong with the file where it is, and fails", () => {
    const result = run(`${yaml}pols: []\n`);
    expect(result.status).toBe(1);
    expect(result.stderr).toMatch(/runnerctl\.yaml:6:1: .*pols/);
  });

  it("asks for the subscription", () => {
    const result = run(yaml);
    expect(result.status).toBe(1);
    expect(result.stderr).toContain("ARM_SUBSCRIPTION_ID");
  });
});
