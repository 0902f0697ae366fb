import type { ResolvedConfig } from "../config/types.js";
import type { StackName } from "../domain/stack-names.js";
import type { Emit } from "../output/events.js";

/** A stack written as Terraform JSON. */
export interface SynthesizedStack {
  readonly name: StackName;
  readonly directory: string;
  readonly synthesizedPath: string;
  readonly dependencies: readonly StackName[];
}

/** Port to the stacks room, which alone knows CDKTF. */
export type SynthesizeStacks = (request: {
  readonly config: ResolvedConfig;
  readonly outdir: string;
  readonly stacks?: readonly StackName[];
}) => { readonly stacks: readonly SynthesizedStack[] };

export interface SynthRequest {
  readonly config: ResolvedConfig;
  /** Folder that takes `stacks/NAME/cdk.tf.json`. */
  readonly outdir: string;
  /** Default: all. */
  readonly stacks?: readonly StackName[];
}

export interface SynthDeps {
  readonly emit: Emit;
  readonly synthesize: SynthesizeStacks;
}

export interface SynthResult {
  readonly outdir: string;
  readonly stacks: readonly SynthesizedStack[];
}

/** Writes the stacks; needs no cloud and no Terraform. */
export function synth(request: SynthRequest, deps: SynthDeps): SynthResult {
  const { stacks } = deps.synthesize(request);
  deps.emit({
    name: "synth.done",
    level: "debug",
    message: `Wrote ${stacks.map(({ name }) => name).join(", ")} to ${request.outdir}`,
    data: { outdir: request.outdir, stacks: stacks.map(({ name }) => name) },
  });
  return { outdir: request.outdir, stacks };
}
