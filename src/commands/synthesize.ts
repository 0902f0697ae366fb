import { join } from "node:path";

import type { Context } from "../context.js";
import { prepareRebuild } from "../operations/rebuild-source.js";
import type { SynthesizeStacks } from "../operations/synth.js";
import { synthesizeStacks } from "../stacks/app.js";

/** The stacks as the configuration wants them, the image's own rebuild among them. */
export async function createSynthesis(context: Context): Promise<SynthesizeStacks> {
  const { image } = await context.config();
  const rebuild = await prepareRebuild(
    { image, defaultContext: join(context.runtime.packageRoot, "docker") },
    { emit: context.emit },
  );
  return (request) => synthesizeStacks({ ...request, rebuild });
}
