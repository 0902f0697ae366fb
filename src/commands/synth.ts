import { resolve } from "node:path";

import { synth } from "../operations/synth.js";
import { renderSynth } from "../output/views/synth.js";
import type { CommandHandler } from "./definition.js";
import { readStacks, readString } from "./options.js";
import { createSynthesis } from "./synthesize.js";

export const runSynth: CommandHandler = async (context, { options }) => {
  const output = readString(options["output"]);
  const stacks = readStacks(options["stack"]);
  const result = synth(
    {
      config: await context.config(),
      outdir:
        output === undefined ? await context.workDirectory() : resolve(context.runtime.cwd, output),
      ...(stacks === undefined ? {} : { stacks }),
    },
    { emit: context.emit, synthesize: await createSynthesis(context) },
  );
  return renderSynth(result);
};
