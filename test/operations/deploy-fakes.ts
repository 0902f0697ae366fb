import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { deriveResourceNames } from "../../src/domain/resource-names.js";
import { summarizePlan, type PlanDocument } from "../../src/domain/stack-change.js";
import { terraformFailed } from "../../src/errors/catalogue/terraform.js";
import type { SynthesizedStack, SynthesizeStacks } from "../../src/operations/synth.js";
import type { RunnerctlEvent } from "../../src/output/events.js";
import type {
  ApplyOutcome,
  ExistingResource,
  PlanOptions,
  SavedPlan,
  TerraformRunner,
  TerraformStackRef,
} from "../../src/terraform/runner.js";
import { makeConfig } from "../support/config.js";

export const config = makeConfig({ pools: [] });

const names = deriveResourceNames(config.subscription, config.name);
export const groupId = `/subscriptions/${config.subscription}/resourceGroups/${names.resourceGroup}`;
export const ownTags = { "managed-by": "runnerctl", "runnerctl-deployment": "demo" };
export const vault = {
  address: "azurerm_key_vault.vault",
  id: `${groupId}/providers/Microsoft.KeyVault/vaults/${names.keyVault}`,
};
export const digest = `cr.example/runner@sha256:${"a".repeat(64)}`;

export const platformOutputs = {
  resource_group_name: names.resourceGroup,
  registry_name: "crdemo",
  registry_login_server: "cr.example",
  vault_name: "kv-demo",
  vault_uri: "https://kv.example/",
  environment_id: "/env",
  pull_identity_id: "/pull",
  vault_identity_id: "/vault",
  workspace_id: "w",
};

type PlannedChange = NonNullable<PlanDocument["resource_changes"]>[number];

export function change(
  address: string,
  actions: readonly string[],
  more: Partial<PlannedChange["change"]> = {},
): PlannedChange {
  const [type = "", name = ""] = address.split(".");
  return { address, mode: "managed", type, name, change: { actions, ...more } };
}

export const done: ApplyOutcome = {
  applied: [],
  warnings: [],
  existing: [],
  awaitingPermissions: false,
};

export function failed(more: Partial<ApplyOutcome>): ApplyOutcome {
  const error = terraformFailed({ stack: "platform", operation: "apply", diagnostics: [] });
  return { ...done, error, ...more };
}

interface Script {
  /** Plans of a stack in the order in which they are asked for; the last one stays. */
  readonly plans?: Readonly<Record<string, readonly PlannedChange[][]>>;
  readonly outcomes?: Readonly<Record<string, readonly ApplyOutcome[]>>;
  readonly outputs?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly resources?: Readonly<Record<string, readonly ExistingResource[]>>;
}

/** A Terraform that follows a script and notes what it was asked. */
export class ScriptedTerraform implements TerraformRunner {
  readonly log: string[] = [];
  readonly planOptions: PlanOptions[] = [];
  readonly #script: Script;
  readonly #turns = new Map<string, number>();
  readonly #imported = new Map<string, ExistingResource[]>();

  constructor(script: Script = {}) {
    this.#script = script;
  }

  init(): Promise<void> {
    return Promise.resolve();
  }

  plan(stack: TerraformStackRef, options: PlanOptions = {}): Promise<SavedPlan> {
    const destroy = options.destroy === true;
    this.log.push(`${destroy ? "plan-destroy" : "plan"} ${stack.name}`);
    this.planOptions.push(options);
    const scripted = this.#next("plan", stack.name, this.#script.plans?.[stack.name]) ?? [];
    const removed = () =>
      this.#resourcesOf(stack.name).map(({ address }) => change(address, ["delete"]));
    const document = { resource_changes: destroy ? removed() : scripted };
    return Promise.resolve({
      stack,
      file: `/plans/${stack.name}`,
      destroy,
      document,
      change: summarizePlan(stack.name, document),
      warnings: [],
    });
  }

  apply(plan: SavedPlan): Promise<ApplyOutcome> {
    this.log.push(`apply ${plan.stack.name}`);
    const outcome = this.#next("apply", plan.stack.name, this.#script.outcomes?.[plan.stack.name]);
    return Promise.resolve(
      outcome ?? { ...done, applied: plan.change.changes.map(({ address }) => address) },
    );
  }

  readOutputs(stack: TerraformStackRef): Promise<Readonly<Record<string, unknown>>> {
    return Promise.resolve(this.#script.outputs?.[stack.name] ?? {});
  }

  listResources(stack: TerraformStackRef): Promise<readonly ExistingResource[]> {
    return Promise.resolve(this.#resourcesOf(stack.name));
  }

  importResource(stack: TerraformStackRef, resource: ExistingResource): Promise<void> {
    this.log.push(`import ${resource.address}`);
    this.#imported.set(stack.name, [...(this.#imported.get(stack.name) ?? []), resource]);
    return Promise.resolve();
  }

  tidy(stack: TerraformStackRef): Promise<void> {
    this.log.push(`tidy ${stack.name}`);
    return Promise.resolve();
  }

  #resourcesOf(stack: string): ExistingResource[] {
    return [...(this.#script.resources?.[stack] ?? []), ...(this.#imported.get(stack) ?? [])];
  }

  #next<T>(what: string, stack: string, items: readonly T[] | undefined): T | undefined {
    const key = `${what} ${stack}`;
    const turn = this.#turns.get(key) ?? 0;
    this.#turns.set(key, turn + 1);
    return what === "plan" ? (items?.[turn] ?? items?.at(-1)) : items?.[turn];
  }
}

/** Stacks on disk, as far as operations read them: names that are known before they are applied. */
export function makeStacks(): { synthesize: SynthesizeStacks; outdir: string } {
  const outdir = mkdtempSync(join(tmpdir(), "operations-"));
  onTestFinished(() => rmSync(outdir, { recursive: true, force: true }));
  const resources = {
    platform: {
      azurerm_resource_group: { group: { name: names.resourceGroup } },
      azurerm_key_vault: { vault: { name: names.keyVault } },
      azurerm_role_assignment: { read: { name: "derived" } },
    },
    runners: { azurerm_container_app_job: { "pool-a": { name: "caj-demo-a" } } },
  };
  const stacks = Object.entries(resources).map(([name, resource]): SynthesizedStack => {
    const directory = join(outdir, "stacks", name);
    const synthesizedPath = join(directory, "cdk.tf.json");
    mkdirSync(directory, { recursive: true });
    writeFileSync(synthesizedPath, JSON.stringify({ resource }));
    return {
      name: name as SynthesizedStack["name"],
      directory,
      synthesizedPath,
      dependencies: name === "runners" ? ["platform"] : [],
    };
  });
  return { outdir, synthesize: () => ({ stacks }) };
}

export function collectEvents(): { events: RunnerctlEvent[]; emit: (e: RunnerctlEvent) => void } {
  const events: RunnerctlEvent[] = [];
  return { events, emit: (event) => events.push(event) };
}
