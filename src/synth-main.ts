import { join, resolve } from "node:path";

import { applyEnvironment, readEnvironment } from "./config/env.js";
import { loadConfig } from "./config/load.js";
import { prepareRebuild } from "./operations/rebuild-source.js";
import { createProcessRuntime } from "./process-runtime.js";
import { synthesizeStacks } from "./stacks/app.js";

/*
 * The `app` of cdktf.json: the stock `cdktf synth` runs it and expects the stacks in CDKTF_OUTDIR.
 * The configuration is RUNNERCTL_CONFIG, or runnerctl.yaml in the current folder.
 * https://developer.hashicorp.com/terraform/cdktf/create-and-deploy/configuration-file
 */
async function main(): Promise<void> {
  const env = readEnvironment();
  const cwd = process.cwd();
  const loaded = await loadConfig({ path: env.configPath, cwd });
  const config = applyEnvironment(loaded.config, env);
  const { subscription } = config;
  if (subscription === undefined) {
    throw new Error(
      "No subscription: name it in runnerctl.yaml (`subscription`) or in ARM_SUBSCRIPTION_ID.",
    );
  }
  const outdir = resolve(cwd, env.raw["CDKTF_OUTDIR"] ?? "cdktf.out");
  const rebuild = await prepareRebuild(
    {
      image: config.image,
      defaultContext: join(createProcessRuntime().packageRoot, "docker"),
    },
    { emit: ({ message }) => process.stderr.write(`${message}\n`) },
  );
  synthesizeStacks({ config: { ...config, subscription }, outdir, rebuild });
}

interface ReportedProblem {
  readonly where: string;
  readonly what: string;
  readonly fix?: string;
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const problems = "problems" in error ? (error.problems as readonly ReportedProblem[]) : [];
  const lines = problems.map(
    ({ where, what, fix }) => `${where}: ${what}${fix === undefined ? "" : `\n  ${fix}`}`,
  );
  return [error.message, ...lines].join("\n");
}

main().catch((error: unknown) => {
  process.stderr.write(`${describeError(error)}\n`);
  process.exitCode = 1;
});
