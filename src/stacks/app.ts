import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { App } from "cdktf";
import type { ResolvedConfig } from "../config/types.js";
import type { RebuildSource } from "../domain/rebuild-task.js";
import { stackNames, type StackName } from "../domain/stack-names.js";
import { PlatformStack } from "./platform-stack.js";
import { RunnersStack } from "./runners-stack.js";

export interface SynthesizeRequest {
  readonly config: ResolvedConfig;
  /** Folder that takes `manifest.json` and `stacks/NAME/cdk.tf.json`. */
  readonly outdir: string;
  /** Which stacks to report; all are written, because each may refer to an earlier one. */
  readonly stacks?: readonly StackName[];
  /** What the scheduled rebuild of the image is made from; without it there is no such task. */
  readonly rebuild?: RebuildSource | undefined;
}

export interface SynthesizedStack {
  readonly name: StackName;
  /** Terraform's working directory. */
  readonly directory: string;
  /** The Terraform JSON file. */
  readonly synthesizedPath: string;
  /** Stacks whose outputs this one reads. */
  readonly dependencies: readonly StackName[];
}

export interface SynthesizeResult {
  /** In the order in which they are to be applied. */
  readonly stacks: readonly SynthesizedStack[];
}

/** Writes the stacks as Terraform JSON. The same configuration always gives the same bytes. */
export function synthesizeStacks(request: SynthesizeRequest): SynthesizeResult {
  const { outdir } = request;
  mkdirSync(join(outdir, "stacks"), { recursive: true });
  // Without the traces no path of this machine gets into the files.
  const app = new App({ outdir, stackTraces: false });
  const platform = new PlatformStack(app, request.config, request.rebuild);
  const runners = new RunnersStack(app, request.config, platform);
  app.synth();
  const wanted = new Set<StackName>(request.stacks ?? stackNames);
  return {
    stacks: [platform, runners]
      .filter((stack) => wanted.has(stack.stackName))
      .map((stack) => {
        const directory = join(outdir, "stacks", stack.stackName);
        return {
          name: stack.stackName,
          directory,
          synthesizedPath: join(directory, "cdk.tf.json"),
          dependencies: stackNames.filter((name) =>
            stack.dependencies.some(({ node }) => node.id === name),
          ),
        };
      }),
  };
}
