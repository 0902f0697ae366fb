import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { RunnerctlEvent } from "../../src/output/events.js";
import { createTerraformRunner, type TerraformRunnerOptions } from "../../src/terraform/run.js";
import type { TerraformRunner, TerraformStackRef } from "../../src/terraform/runner.js";

const programs = fileURLToPath(new URL("../fixtures/terraform", import.meta.url));
export const fakeBinary = join(programs, "terraform");

/** The script runs `cat` and `sleep`. */
export const fakePath = [programs, "/usr/bin", "/bin"].join(delimiter);

export interface FakeTerraform {
  readonly directory: string;
  readonly stack: TerraformStackRef;
  readonly workDirectory: string;
  readonly events: RunnerctlEvent[];
  readonly runner: TerraformRunner;
  /** What `terraform COMMAND` says: `plan.out`, `apply.code`, … */
  say(file: string, content: string): void;
  calls(): string[];
  read(file: string): string;
}

/** A runner over a script that plays Terraform, with a stack of no resources. */
export function fakeTerraform(options: Partial<TerraformRunnerOptions> = {}): FakeTerraform {
  const directory = mkdtempSync(join(tmpdir(), "fake-terraform-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const stack = { name: "platform", directory: join(directory, "stack") };
  const workDirectory = join(directory, "plans");
  mkdirSync(stack.directory);
  writeFileSync(join(stack.directory, "cdk.tf.json"), "{}");
  const events: RunnerctlEvent[] = [];
  const say = (file: string, content: string) => writeFileSync(join(directory, file), content);
  const read = (file: string) =>
    existsSync(join(directory, file)) ? readFileSync(join(directory, file), "utf8") : "";
  say("show.out", JSON.stringify({ resource_changes: [] }));
  return {
    directory,
    stack,
    workDirectory,
    events,
    say,
    read,
    calls: () =>
      read("calls")
        .split("\n")
        .filter((line) => line !== ""),
    runner: createTerraformRunner({
      binary: { path: fakeBinary, product: "terraform", version: "1.11.4" },
      env: { PATH: fakePath, HOME: directory, ARM_FAKE_DIR: directory },
      workDirectory,
      emit: (event) => events.push(event),
      ...options,
    }),
  };
}

/** A diagnostic as a line of the JSON stream. */
export function diagnosticLine(summary: string, detail: string, address?: string): string {
  return `${JSON.stringify({
    "@level": "error",
    "@message": `Error: ${summary}`,
    type: "diagnostic",
    diagnostic: { severity: "error", summary, detail, address },
  })}\n`;
}

/** A line about a resource being worked on. */
export function hookLine(type: string, address: string, extra: object = {}): string {
  return `${JSON.stringify({
    "@level": "info",
    "@message": `${address}: ${type}`,
    type,
    hook: { resource: { addr: address }, action: "create", ...extra },
  })}\n`;
}
