import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { findTerraform } from "../../src/terraform/binary.js";

/** A folder with programs that answer `version` as given. */
function makeBin(programs: Record<string, { json: string; text?: string }>): string {
  const bin = mkdtempSync(join(tmpdir(), "bin-"));
  onTestFinished(() => rmSync(bin, { recursive: true, force: true }));
  for (const [name, { json, text = "Terraform v1" }] of Object.entries(programs)) {
    const script = `#!/bin/sh\nif [ "$2" = -json ]; then printf '%s' '${json}'; else echo '${text}'; fi\n`;
    writeFileSync(join(bin, name), script);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

const version = (text: string) => ({ json: JSON.stringify({ terraform_version: text }) });

describe("findTerraform", () => {
  it("takes terraform before tofu", async () => {
    const bin = makeBin({ terraform: version("1.11.4"), tofu: version("1.9.0") });
    expect(await findTerraform({ PATH: bin })).toEqual({
      path: join(bin, "terraform"),
      product: "terraform",
      version: "1.11.4",
    });
  });

  it("takes tofu where there is no terraform, and knows what it is", async () => {
    const bin = makeBin({ tofu: { ...version("1.8.2"), text: "OpenTofu v1.8.2" } });
    const found = await findTerraform({ PATH: `/nowhere:${bin}` });
    expect(found).toMatchObject({ product: "opentofu", path: join(bin, "tofu") });
  });

  it("obeys TERRAFORM_BINARY_NAME, a name or a path", async () => {
    const bin = makeBin({ terraform: version("1.11.4"), tofu: version("1.9.0") });
    const byName = await findTerraform({ PATH: bin, TERRAFORM_BINARY_NAME: "tofu" });
    expect(byName.version).toBe("1.9.0");
    const path = join(bin, "tofu");
    expect((await findTerraform({ TERRAFORM_BINARY_NAME: path })).path).toBe(path);
  });

  it("says what it looked for when there is none, also when the chosen one is missing", async () => {
    const bin = makeBin({ terraform: version("1.11.4") });
    await expect(findTerraform({ PATH: "/nowhere" })).rejects.toMatchObject({
      code: "terraform.missing",
      exitCode: 6,
      details: { tried: ["terraform", "tofu"] },
    });
    await expect(findTerraform({ PATH: bin, TERRAFORM_BINARY_NAME: "tofu" })).rejects.toMatchObject(
      { code: "terraform.missing", details: { tried: ["tofu"] } },
    );
  });

  it.each([
    ["1.4.7", "terraform.tooOld"],
    ["0.15.5", "terraform.tooOld"],
  ])("refuses %s", async (old, code) => {
    const bin = makeBin({ terraform: version(old) });
    await expect(findTerraform({ PATH: bin })).rejects.toMatchObject({ code, exitCode: 6 });
  });

  it.each(["1.5.0", "1.10.0-rc1", "2.0.0"])("accepts %s", async (recent) => {
    const bin = makeBin({ terraform: version(recent) });
    expect((await findTerraform({ PATH: bin })).version).toBe(recent);
  });

  it("names a program that does not tell its version", async () => {
    const bin = makeBin({ terraform: { json: "tfenv: no version installed" } });
    await expect(findTerraform({ PATH: bin })).rejects.toMatchObject({
      code: "terraform.unusable",
    });
  });
});
