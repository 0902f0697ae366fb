import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { summarizePlan, type PlanDocument } from "../domain/stack-change.js";
import {
  backendChanged,
  providerChanged,
  providerInstallFailed,
  type TerraformDiagnostic,
} from "../errors/catalogue/terraform.js";
import type { RunnerctlError } from "../errors/runnerctl-error.js";
import {
  findExistingResources,
  isAwaitingPermissions,
  parseTextDiagnostics,
} from "./diagnostics.js";
import { checkInitialization } from "./initialization.js";
import { JsonStream } from "./json-stream.js";
import { removeEmptyState } from "./local-state.js";
import type { ProcessResult } from "./process.js";
import type {
  ApplyOutcome,
  ExistingResource,
  PlanOptions,
  SavedPlan,
  TerraformRunner,
  TerraformStackRef,
} from "./runner.js";
import { TerraformSession, type TerraformRunnerOptions } from "./session.js";

export type { TerraformRunnerOptions };

/** Names of the files that hold what Terraform writes while it works. */
const followed = ["plan.jsonl", "apply.jsonl", "destroy.jsonl"];

/** The parts of `terraform show -json` that are read here. */
interface StateDocument {
  readonly values?: {
    readonly root_module?: {
      readonly resources?: readonly {
        readonly address: string;
        readonly mode: string;
        readonly values?: Readonly<Record<string, unknown>>;
      }[];
    };
  };
}

export function createTerraformRunner(options: TerraformRunnerOptions): TerraformRunner {
  return new ProcessTerraformRunner(options);
}

class ProcessTerraformRunner implements TerraformRunner {
  readonly #options: TerraformRunnerOptions;
  readonly #session: TerraformSession;
  readonly #initialized = new Set<string>();

  constructor(options: TerraformRunnerOptions) {
    this.#options = options;
    this.#session = new TerraformSession(options);
  }

  async init(stack: TerraformStackRef): Promise<void> {
    if (this.#initialized.has(stack.directory)) return;
    const { path, version } = this.#options.binary;
    const initialization = checkInitialization(stack.directory, `${path} ${version}`);
    if (initialization.previousBackend !== undefined) {
      throw backendChanged({
        stack: stack.name,
        previous: initialization.previousBackend,
        command: `${path} -chdir=${stack.directory} init -migrate-state`,
      });
    }
    if (initialization.needed) {
      this.#options.emit({
        name: "terraform.init",
        level: "info",
        message: `Preparing the providers of stack ${stack.name}`,
        data: { stack: stack.name, transient: true },
      });
      const result = await this.#session.capture(stack, [
        "init",
        "-input=false",
        "-no-color",
        "-reconfigure",
      ]);
      if (result.code !== 0) throw this.#explainInit(stack, result.stderr, result);
      initialization.remember();
    }
    this.#initialized.add(stack.directory);
  }

  async plan(stack: TerraformStackRef, options: PlanOptions = {}): Promise<SavedPlan> {
    await this.init(stack);
    const file = this.#session.path(stack, "tfplan");
    const stream = new JsonStream(stack.name, this.#options.emit, { planning: true });
    const result = await withImportBlocks(stack.directory, options.adopt ?? [], () =>
      this.#session.follow(stack, "plan", stream, options.variables, [
        "plan",
        "-json",
        "-input=false",
        "-detailed-exitcode",
        ...(options.destroy === true ? ["-destroy"] : []),
        `-out=${file}`,
      ]),
    );
    // With -detailed-exitcode: 0 nothing to do, 2 something to do.
    if (result.code !== 0 && result.code !== 2)
      throw this.#session.explain(stack, "plan", stream, result);
    const shown = await this.#session.capture(stack, ["show", "-json", file]);
    if (shown.code !== 0) {
      throw this.#session.explainText(stack, "show", shown.stderr, shown);
    }
    const document = JSON.parse(shown.stdout) as PlanDocument;
    return {
      stack,
      file,
      destroy: options.destroy === true,
      change: summarizePlan(stack.name, document),
      document,
      warnings: listWarnings(stream),
    };
  }

  async apply(plan: SavedPlan): Promise<ApplyOutcome> {
    const { stack } = plan;
    const operation = plan.destroy ? "destroy" : "apply";
    const stream = new JsonStream(stack.name, this.#options.emit, { planning: false });
    const result = await this.#session.follow(stack, operation, stream, undefined, [
      "apply",
      "-json",
      "-input=false",
      "-auto-approve",
      plan.file,
    ]);
    // A plan serves once, and it holds copies of the state.
    rmSync(plan.file, { force: true });
    const { applied, diagnostics } = stream.summary;
    const outcome = { applied, warnings: listWarnings(stream) };
    if (result.code === 0) return { ...outcome, existing: [], awaitingPermissions: false };
    const error = this.#session.explain(stack, operation, stream, result);
    if (this.#session.isInterrupted()) throw error;
    return {
      ...outcome,
      error,
      existing: findExistingResources(diagnostics),
      awaitingPermissions: isAwaitingPermissions(diagnostics),
    };
  }

  async readOutputs(stack: TerraformStackRef): Promise<Readonly<Record<string, unknown>>> {
    await this.init(stack);
    const result = await this.#session.capture(stack, ["output", "-json"]);
    if (result.code !== 0) throw this.#session.explainText(stack, "output", result.stderr, result);
    const outputs = JSON.parse(result.stdout) as Record<string, { value?: unknown }>;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }

  async listResources(stack: TerraformStackRef): Promise<readonly ExistingResource[]> {
    await this.init(stack);
    const result = await this.#session.capture(stack, ["show", "-json"]);
    if (result.code !== 0) throw this.#session.explainText(stack, "show", result.stderr, result);
    const { values } = JSON.parse(result.stdout) as StateDocument;
    return (values?.root_module?.resources ?? [])
      .filter(({ mode }) => mode === "managed")
      .map(({ address, values: attributes }) => ({
        address,
        id: typeof attributes?.["id"] === "string" ? attributes["id"] : "",
      }));
  }

  async importResource(
    stack: TerraformStackRef,
    resource: ExistingResource,
    variables?: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.init(stack);
    const args = ["import", "-input=false", "-no-color", resource.address, resource.id];
    const result = await this.#session.capture(stack, args, variables);
    if (result.code !== 0) throw this.#session.explainText(stack, "import", result.stderr, result);
  }

  tidy(stack: TerraformStackRef): Promise<void> {
    for (const suffix of ["tfplan", ...followed.flatMap((name) => [name, `${name}.stderr`])]) {
      rmSync(this.#session.path(stack, suffix), { force: true });
    }
    removeEmptyState(stack.directory);
    return Promise.resolve();
  }

  #explainInit(stack: TerraformStackRef, stderr: string, result: ProcessResult): RunnerctlError {
    const error = this.#session.explainText(stack, "init", stderr, result);
    if (error.code !== "terraform.initFailed") return error;
    const provider = parseTextDiagnostics(stderr).find(({ summary }) => /provider/i.test(summary));
    if (provider === undefined) return error;
    const reason = `${provider.summary}\n${provider.detail}`;
    const lockFile = join(stack.directory, ".terraform.lock.hcl");
    return /checksums?\b[^.]*lock file/i.test(reason.replaceAll(/\s+/g, " "))
      ? providerChanged({ stack: stack.name, reason, lockFile })
      : providerInstallFailed(stack.name, reason);
  }
}

/** Import blocks go into a file of their own for as long as the plan is made: it keeps them. */
async function withImportBlocks<T>(
  directory: string,
  adopt: readonly ExistingResource[],
  work: () => Promise<T>,
): Promise<T> {
  const file = join(directory, "adopt.tf.json");
  rmSync(file, { force: true });
  if (adopt.length === 0) return work();
  const blocks = adopt.map(({ address, id }) => ({ to: address, id }));
  writeFileSync(file, JSON.stringify({ import: blocks }, undefined, 2));
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

function listWarnings(stream: JsonStream): TerraformDiagnostic[] {
  return stream.summary.diagnostics.filter(({ severity }) => severity === "warning");
}
