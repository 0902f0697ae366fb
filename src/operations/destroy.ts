import type { ResolvedConfig } from "../config/types.js";
import { deriveResourceNames } from "../domain/resource-names.js";
import { describeChange, type StackChange } from "../domain/stack-change.js";
import type { StackName } from "../domain/stack-names.js";
import { declined, usageError } from "../errors/catalogue/command.js";
import { destroyIncomplete } from "../errors/catalogue/terraform.js";
import { runStep, type Emit } from "../output/events.js";
import type { SavedPlan, TerraformRunner } from "../terraform/runner.js";
import type { ConfirmChanges } from "./deploy-apply.js";
import { nameUnbuiltImage, readCurrentImage } from "./deploy-outputs.js";
import { adoptOrphans, type InspectedGroup } from "./destroy-orphans.js";
import { synth, type SynthesizedStack, type SynthesizeStacks } from "./synth.js";

export interface DestroyRequest {
  readonly config: ResolvedConfig;
  readonly outdir: string;
  /** Default: all. */
  readonly stacks?: readonly StackName[];
}

export interface DestroyDeps {
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  readonly synthesize: SynthesizeStacks;
  readonly terraform: TerraformRunner;
  readonly confirm: ConfirmChanges;
  /** What Azure has in the deployment's resource group; undefined when there is no such group. */
  readonly inspectGroup: (name: string) => Promise<InspectedGroup | undefined>;
}

export interface DestroyResult {
  /** `nothing`: there was nothing to destroy. */
  readonly status: "destroyed" | "nothing";
  readonly resourceGroup: string;
  readonly stacks: readonly {
    readonly stack: StackName;
    readonly change: StackChange;
    readonly destroyed: readonly string[];
  }[];
}

/** Removes the stacks in reverse order: first the jobs, then what they stand on. */
export async function destroy(request: DestroyRequest, deps: DestroyDeps): Promise<DestroyResult> {
  const { config } = request;
  const { resourceGroup } = deriveResourceNames(config.subscription, config.name);
  const all = synth({ config, outdir: request.outdir }, deps).stacks;
  const wanted = [...all].reverse().filter(({ name }) => request.stacks?.includes(name) ?? true);

  await refuseOrphaning(all, wanted, deps);
  const group = await deps.inspectGroup(resourceGroup);
  const variables = { runner_image: await chooseImage(config, all, deps) };
  if (group !== undefined) {
    await adoptOrphans({ config, stacks: wanted, group, variables }, deps);
  }
  const plans = await planRemoval(wanted, variables, deps);
  if (plans.length === 0) {
    await tidy(wanted, deps);
    // A group of that name without our tags is somebody else's: one of ours was adopted above.
    return { status: "nothing", resourceGroup, stacks: [] };
  }
  const changes = plans.map(({ plan }) => plan.change);
  if (!(await deps.confirm({ action: "destroy", changes }))) {
    throw declined(`Destroying deployment ${config.name}`);
  }
  const stacks: DestroyResult["stacks"][number][] = [];
  for (const { stack, plan } of plans) {
    const destroyed = await removeStack(stack, plan, deps);
    stacks.push({ stack: stack.name, change: plan.change, destroyed });
  }
  await tidy(wanted, deps);
  if (request.stacks === undefined) await verifyGone(resourceGroup, deps);
  return { status: "destroyed", resourceGroup, stacks };
}

/** A stack that others stand on goes last, or with them. */
async function refuseOrphaning(
  all: readonly SynthesizedStack[],
  wanted: readonly SynthesizedStack[],
  deps: DestroyDeps,
): Promise<void> {
  for (const stack of all.filter((candidate) => !wanted.includes(candidate))) {
    const below = stack.dependencies.find((name) => wanted.some((other) => other.name === name));
    if (below === undefined) continue;
    if ((await deps.terraform.listResources(stack)).length > 0) {
      throw usageError(
        `Stack ${stack.name} still stands on stack ${below}.`,
        `Destroy both with \`runnerctl destroy\`, or first \`runnerctl destroy --stack ${stack.name}\`.`,
      );
    }
  }
}

/** Terraform wants the variable also to destroy; that a reference is right does not matter then. */
async function chooseImage(
  config: ResolvedConfig,
  stacks: readonly SynthesizedStack[],
  deps: DestroyDeps,
): Promise<string> {
  const runners = stacks.find(({ name }) => name === "runners");
  const current =
    runners === undefined ? undefined : readCurrentImage(await deps.terraform.readOutputs(runners));
  const { registry } = deriveResourceNames(config.subscription, config.name);
  return current ?? nameUnbuiltImage(registry, config.image.repository);
}

/** Plans for the stacks that have anything; all are made before any is shown or applied. */
async function planRemoval(
  stacks: readonly SynthesizedStack[],
  variables: Readonly<Record<string, string>>,
  deps: DestroyDeps,
): Promise<{ stack: SynthesizedStack; plan: SavedPlan }[]> {
  const plans: { stack: SynthesizedStack; plan: SavedPlan }[] = [];
  for (const stack of stacks) {
    if ((await deps.terraform.listResources(stack)).length === 0) continue;
    const title = `Plan the removal of stack ${stack.name}`;
    const plan = await runStep(deps.emit, { id: `destroy.plan.${stack.name}`, title }, () =>
      deps.terraform.plan(stack, { destroy: true, variables }),
    );
    deps.emit({
      name: "destroy.plan",
      level: "debug",
      message: `${stack.name}: ${describeChange(plan.change)}`,
      data: { change: plan.change },
    });
    plans.push({ stack, plan });
  }
  return plans;
}

function removeStack(
  stack: SynthesizedStack,
  plan: SavedPlan,
  deps: DestroyDeps,
): Promise<readonly string[]> {
  const title = `Remove stack ${stack.name}`;
  return runStep(deps.emit, { id: `destroy.${stack.name}`, title }, async () => {
    const outcome = await deps.terraform.apply(plan);
    if (outcome.error !== undefined) throw outcome.error;
    return outcome.applied;
  });
}

async function tidy(stacks: readonly SynthesizedStack[], deps: DestroyDeps): Promise<void> {
  for (const stack of stacks) await deps.terraform.tidy(stack);
}

async function verifyGone(resourceGroup: string, deps: DestroyDeps): Promise<void> {
  const left = await deps.inspectGroup(resourceGroup);
  if (left === undefined) return;
  throw destroyIncomplete(
    resourceGroup,
    left.resources.map(({ id }) => id),
  );
}
