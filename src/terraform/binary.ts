import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import {
  terraformMissing,
  terraformTooOld,
  terraformUnusable,
} from "../errors/catalogue/terraform.js";
import { buildTerraformEnvironment, type Environment } from "./environment.js";
import { captureProcess } from "./process.js";

export interface TerraformBinary {
  /** Absolute path. */
  readonly path: string;
  readonly product: "terraform" | "opentofu";
  readonly version: string;
}

/** The first with everything used here: `plan -json`, import blocks, `terraform_data`. */
const minimumVersion = "1.5.0";

/**
 * Finds Terraform or OpenTofu: TERRAFORM_BINARY_NAME (a name or a path, CDKTF's convention), else
 * `terraform`, else `tofu` on PATH; and makes sure that it is recent enough.
 */
export async function findTerraform(env: Environment): Promise<TerraformBinary> {
  const chosen = env["TERRAFORM_BINARY_NAME"];
  const names = chosen === undefined || chosen === "" ? ["terraform", "tofu"] : [chosen];
  const path = names.map((name) => locate(name, env["PATH"] ?? "")).find((found) => found);
  if (path === undefined) throw terraformMissing(names);
  const version = await readVersion(path, env);
  if (compareVersions(version.version, minimumVersion) < 0) {
    throw terraformTooOld(path, version.version, minimumVersion);
  }
  return { path, ...version };
}

function locate(name: string, path: string): string | undefined {
  if (isAbsolute(name) || name.includes("/")) return isExecutable(name) ? name : undefined;
  return path
    .split(delimiter)
    .filter((directory) => directory !== "")
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

async function readVersion(
  path: string,
  env: Environment,
): Promise<Pick<TerraformBinary, "product" | "version">> {
  const run = (args: string[]) =>
    captureProcess({ file: path, args, env: buildTerraformEnvironment(env) }).catch(
      (error: unknown) => {
        throw terraformUnusable(path, error instanceof Error ? error.message : String(error));
      },
    );
  const result = await run(["version", "-json"]);
  const version = result.code === 0 ? parseVersion(result.stdout) : undefined;
  if (version === undefined) {
    const reason = result.stderr.trim().split("\n")[0] ?? "";
    throw terraformUnusable(path, reason === "" ? "it did not tell its version" : reason);
  }
  // OpenTofu fills in `terraform_version` too; only its text output names the product.
  const text = await run(["version"]);
  return { version, product: text.stdout.startsWith("OpenTofu") ? "opentofu" : "terraform" };
}

function parseVersion(stdout: string): string | undefined {
  try {
    const { terraform_version: version } = JSON.parse(stdout) as { terraform_version?: unknown };
    return typeof version === "string" && /^\d+\.\d+/.test(version) ? version : undefined;
  } catch {
    return undefined;
  }
}

function compareVersions(a: string, b: string): number {
  const parse = (text: string) => text.split(/[.-]/, 3).map((part) => Number.parseInt(part, 10));
  const [left, right] = [parse(a), parse(b)];
  for (let index = 0; index < 3; index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
