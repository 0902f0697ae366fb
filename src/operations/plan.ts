import type { ResolvedConfig } from "../config/types.js";
import { formatCurrentImage } from "../domain/image-tags.js";
import { needsApply, type StackChange } from "../domain/stack-change.js";
import type { StackName } from "../domain/stack-names.js";
import { runStep, type Emit } from "../output/events.js";
import type { TerraformRunner } from "../terraform/runner.js";
import {
  nameUnbuiltImage,
  parsePlatformOutputs,
  readCurrentImage,
  type PlatformOutputs,
} from "./deploy-outputs.js";
import { synth, type SynthesizedStack, type SynthesizeStacks } from "./synth.js";

export interface PlanRequest {
  readonly config: ResolvedConfig;
  readonly outdir: string;
  /** Default: all. */
  readonly stacks?: readonly StackName[];
}

export interface PlanDeps {
  readonly emit: Emit;
  readonly synthesize: SynthesizeStacks;
  readonly terraform: TerraformRunner;
  /**
   * The image that a deploy would use, by digest, if the registry has it already. Without this
   * port the image in use is assumed to stay.
   */
  readonly findImage?: (platform: PlatformOutputs) => Promise<string | undefined>;
}

export type PlannedStack =
  | {
      readonly stack: StackName;
      readonly status: "planned";
      readonly change: StackChange;
      readonly warnings: readonly string[];
      /** For the runners: whether a deploy would build the image first. */
      readonly imageToBuild?: boolean;
    }
  /** Cannot be known yet: it depends on what the platform will be. */
  | { readonly stack: StackName; readonly status: "after-platform" };

export interface PlanResult {
  readonly stacks: readonly PlannedStack[];
  readonly hasChanges: boolean;
}

/** Says what a deploy would do, and changes nothing. */
export async function plan(request: PlanRequest, deps: PlanDeps): Promise<PlanResult> {
  const all = synth({ config: request.config, outdir: request.outdir }, deps).stacks;
  const platform = all.find(({ name }) => name === "platform");
  const wanted = all.filter(({ name }) => request.stacks?.includes(name) ?? true);
  const planned: PlannedStack[] = [];
  for (const stack of wanted) {
    planned.push(
      await runStep(deps.emit, { id: `plan.${stack.name}`, title: `Plan ${stack.name}` }, () =>
        stack.name === "runners" && platform !== undefined
          ? planRunners(request, deps, stack, platform, planned)
          : planStack(deps, stack),
      ),
    );
  }
  return {
    stacks: planned,
    hasChanges: planned.some(
      (stack) => stack.status === "after-platform" || needsApply(stack.change),
    ),
  };
}

async function planStack(
  deps: PlanDeps,
  stack: SynthesizedStack,
  variables: Readonly<Record<string, string>> = {},
): Promise<Extract<PlannedStack, { status: "planned" }>> {
  const { change, warnings } = await deps.terraform.plan(stack, { variables });
  return {
    stack: stack.name,
    status: "planned",
    change,
    warnings: warnings.map(({ summary }) => summary),
  };
}

async function planRunners(
  request: PlanRequest,
  deps: PlanDeps,
  stack: SynthesizedStack,
  platformStack: SynthesizedStack,
  planned: readonly PlannedStack[],
): Promise<PlannedStack> {
  const platform = parsePlatformOutputs(await deps.terraform.readOutputs(platformStack));
  if (platform === undefined) return { stack: stack.name, status: "after-platform" };
  const found =
    deps.findImage === undefined
      ? readCurrentImage(await deps.terraform.readOutputs(stack))
      : await deps.findImage(platform);
  const { pin, repository } = request.config.image;
  const image =
    pin === "current"
      ? formatCurrentImage(platform.loginServer, repository)
      : (found ?? nameUnbuiltImage(platform.loginServer, repository));
  try {
    const result = await planStack(deps, stack, { runner_image: image });
    return { ...result, imageToBuild: found === undefined };
  } catch (error) {
    // The platform is about to change, and the runners may read what it does not offer yet.
    const platformChanges = planned.some(
      (other) => other.status === "planned" && needsApply(other.change),
    );
    if (platformChanges && isPlanFailure(error)) {
      return { stack: stack.name, status: "after-platform" };
    }
    throw error;
  }
}

function isPlanFailure(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "terraform.planFailed";
}
