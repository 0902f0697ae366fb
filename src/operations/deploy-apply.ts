import { setTimeout as delay } from "node:timers/promises";
import type { ResolvedConfig } from "../config/types.js";
import { describeChange, needsApply, type StackChange } from "../domain/stack-change.js";
import { declined } from "../errors/catalogue/command.js";
import type { Emit } from "../output/events.js";
import type {
  ApplyOutcome,
  ExistingResource,
  SavedPlan,
  TerraformRunner,
  TerraformStackRef,
} from "../terraform/runner.js";
import { checkOwnership, refuseForeign } from "./deploy-adoption.js";

/** Shows changes and asks; with `--yes` it only shows. */
export type ConfirmChanges = (request: {
  readonly action: "deploy" | "destroy";
  readonly changes: readonly StackChange[];
}) => Promise<boolean>;

export interface ApplyDeps {
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly terraform: TerraformRunner;
  readonly confirm: ConfirmChanges;
  /** Waits; given by tests. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface AppliedStack {
  readonly stack: string;
  /** What was planned in the end. */
  readonly change: StackChange;
  readonly applied: readonly string[];
  /** Found in Azure from an interrupted run and taken into the state. */
  readonly adopted: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * Role assignments take effect within minutes; until then the platform cannot pull the image or
 * read the secret. https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected
 */
const retryDelays = [5_000, 10_000, 20_000, 40_000, 60_000, 60_000, 60_000];

/**
 * Plans, shows, asks, and applies exactly that plan. Goes on by itself where the cause is known and
 * harmless: a resource that an interrupted run left behind is adopted, and permissions that are not
 * in effect yet are waited for.
 */
export async function applyStack(
  config: ResolvedConfig,
  stack: TerraformStackRef,
  variables: Readonly<Record<string, string>>,
  deps: ApplyDeps,
): Promise<AppliedStack> {
  const applied = new Set<string>();
  const adopt: ExistingResource[] = [];
  const confirmed = new Set<string>();
  let retries = 0;
  for (;;) {
    const plan = await deps.terraform.plan(stack, { variables, adopt });
    checkOwnership(config, plan, adopt);
    showPlan(deps, plan, adopt);
    const report = (warnings: ApplyOutcome["warnings"]): AppliedStack => ({
      stack: stack.name,
      change: plan.change,
      applied: [...applied],
      adopted: adopt.map(({ address }) => address),
      warnings: [...plan.warnings, ...warnings].map(({ summary }) => summary),
    });
    if (!needsApply(plan.change)) return report([]);
    await confirmOnce(deps, plan, confirmed);
    const outcome = await deps.terraform.apply(plan);
    outcome.applied.forEach((address) => applied.add(address));
    if (outcome.error === undefined) return report(outcome.warnings);
    const found = outcome.existing.filter(
      ({ address }) => !adopt.some((known) => known.address === address),
    );
    if (found.length > 0) {
      refuseForeign(config, stack.name, found);
      adopt.push(...found);
      continue;
    }
    const wait = retryDelays[retries];
    if (!outcome.awaitingPermissions || wait === undefined) throw outcome.error;
    retries += 1;
    await awaitPermissions(deps, stack, wait);
  }
}

function showPlan(deps: ApplyDeps, plan: SavedPlan, adopt: readonly ExistingResource[]): void {
  const { change } = plan;
  deps.emit({
    name: "deploy.plan",
    // Changes are shown, one by one, where they are confirmed.
    level: needsApply(change) ? "debug" : "info",
    message: `${change.stack}: ${describeChange(change)}`,
    data: { change },
  });
  for (const { address, id } of adopt) {
    deps.emit({
      name: "deploy.adopt",
      level: "info",
      message: `Adopting ${address}: an interrupted run created it without recording it`,
      data: { stack: change.stack, address, id },
    });
  }
}

/** Asks for what has not been agreed to; a plan that only does less is not asked for again. */
async function confirmOnce(
  deps: ApplyDeps,
  plan: SavedPlan,
  confirmed: Set<string>,
): Promise<void> {
  const isCovered = ({ address, kind }: StackChange["changes"][number]) =>
    confirmed.has(`${address} ${kind}`) ||
    // Creating it was agreed to; now that it is there, it is taken over and made what it should be.
    ((kind === "import" || kind === "update") && confirmed.has(`${address} create`));
  const { change } = plan;
  if (change.changes.every(isCovered)) return;
  if (!(await deps.confirm({ action: "deploy", changes: [change] }))) {
    throw declined(`Deploying stack ${change.stack}`);
  }
  for (const { address, kind } of change.changes) confirmed.add(`${address} ${kind}`);
}

async function awaitPermissions(
  deps: ApplyDeps,
  stack: TerraformStackRef,
  milliseconds: number,
): Promise<void> {
  deps.emit({
    name: "deploy.retry",
    level: "warn",
    message: `Azure does not let the job use its identities yet (role assignments take minutes to take effect); trying again in ${milliseconds / 1000} s`,
    data: { stack: stack.name, milliseconds },
  });
  const sleep =
    deps.sleep ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }));
  await sleep(milliseconds, deps.signal).catch((error: unknown) => {
    // Interrupted while waiting: the next Terraform call says so in full.
    if (deps.signal?.aborted !== true) throw error;
  });
}
