import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { terraformPlatform } from "../../../src/sandbox/provider/mirror.js";
import { openBench, type Bench } from "./terraform-cli.js";

const cookie = {
  TF_PLUGIN_MAGIC_COOKIE: "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
};

describe("the provider program", () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await openBench();
  });
  afterAll(() => bench?.close());

  const start = (name: string, environment: Record<string, string>) => {
    const child = spawn(process.execPath, [bench.program, name], {
      env: { PATH: process.env["PATH"] ?? "", ...environment },
    });
    const collected = { out: "", error: "" };
    child.stderr.on("data", (chunk: Buffer) => (collected.error += chunk.toString()));
    const firstLine = new Promise<string>((resolve) => {
      child.stdout.on("data", (chunk: Buffer) => {
        collected.out += chunk.toString();
        if (collected.out.includes("\n")) resolve(collected.out.trim());
      });
      child.on("exit", () => resolve(collected.out.trim()));
    });
    const exit = new Promise<number | null>((resolve) => child.on("exit", resolve));
    return { child, firstLine, exit, collected };
  };

  it.each(["azurerm", "azapi", "github"])(
    "[PROV-80] as %s shakes hands, soon, and cleans up when told to end",
    async (name) => {
      const times: number[] = [];
      for (let round = 0; round < 3; round += 1) {
        const began = performance.now();
        const program = start(name, cookie);
        const line = await program.firstLine;
        times.push(performance.now() - began);
        const [core, protocol, kind, socket, transport] = line.split("|");
        expect([core, protocol, kind, transport]).toEqual(["1", "6", "unix", "grpc"]);
        expect(existsSync(socket ?? "")).toBe(true);
        program.child.kill("SIGTERM");
        expect(await program.exit).toBe(0);
        expect(existsSync(dirname(socket ?? "/x"))).toBe(false);
      }
      // The best of three: the machine may be busy, the program may not be slow.
      expect(Math.min(...times)).toBeLessThan(500);
    },
  );

  it("[PROV-81] says what it is when a person starts it", async () => {
    const alone = start("azurerm", {});
    expect(await alone.exit).toBe(1);
    expect(alone.collected.error).toContain("Terraform starts it");
    const other = start("aws", cookie);
    expect(await other.exit).toBe(1);
    expect(other.collected.error).toContain("azurerm|azapi|github");
  });

  it("[PROV-82] tells Terraform's user to turn plugin TLS off", async () => {
    const program = start("azurerm", { ...cookie, PLUGIN_CLIENT_CERT: "x" });
    expect(await program.firstLine).toContain("TF_DISABLE_PLUGIN_TLS=1");
    expect(await program.exit).toBe(1);
  });

  it("[PROV-83] lies in the mirror under both registries' hosts", async () => {
    const mirror = join(bench.folder, "terraform", "mirror");
    for (const host of ["registry.terraform.io", "registry.opentofu.org"]) {
      for (const [source, file] of [
        ["hashicorp/azurerm/4.55.0", "terraform-provider-azurerm_v4.55.0"],
        ["azure/azapi/2.12.0", "terraform-provider-azapi_v2.12.0"],
        ["integrations/github/6.9.0", "terraform-provider-github_v6.9.0"],
      ] as const) {
        const path = join(mirror, host, source, terraformPlatform(), file);
        expect((await stat(path)).mode & 0o111).toBe(0o111);
      }
    }
    const config = await readFile(join(bench.folder, "terraform", "terraform.rc"), "utf8");
    expect(config).toContain("disable_checkpoint = true");
    expect(config).toContain('"registry.opentofu.org/integrations/github"');
    expect(terraformPlatform("darwin", "arm64")).toBe("darwin_arm64");
    expect(terraformPlatform("linux", "x64")).toBe("linux_amd64");
  });

  it("[PROV-84] takes the schemas from the file that the environment names", async () => {
    const moved = join(bench.folder, "elsewhere.json");
    const missing = start("azapi", { ...cookie, RUNNERCTL_PROVIDER_SCHEMAS: moved });
    expect(await missing.exit).toBe(1);
    expect(missing.collected.error).toContain("elsewhere.json");
    await copyFile(join(dirname(bench.program), "provider-schemas.json"), moved);
    const found = start("azapi", { ...cookie, RUNNERCTL_PROVIDER_SCHEMAS: moved });
    expect(await found.firstLine).toContain("|grpc|");
    found.child.kill("SIGTERM");
    expect(await found.exit).toBe(0);
  });
});
