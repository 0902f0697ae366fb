import { destroy } from "../operations/destroy.js";
import { inspectGroupOf } from "../operations/inspect-group.js";
import { renderDestroy } from "../output/views/destroy.js";
import { synthesizeStacks } from "../stacks/app.js";
import { createConfirmation } from "./confirmation.js";
import type { CommandHandler } from "./definition.js";
import { readStacks } from "./options.js";

export const runDestroy: CommandHandler = async (context, { options }) => {
  const stacks = readStacks(options["stack"]);
  const [config, outdir, terraform, connection] = await Promise.all([
    context.config(),
    context.workDirectory(),
    context.terraform(),
    context.azure(),
  ]);
  const result = await destroy(
    { config, outdir, ...(stacks === undefined ? {} : { stacks }) },
    {
      emit: context.emit,
      signal: context.signal,
      synthesize: synthesizeStacks,
      terraform,
      confirm: createConfirmation(context),
      inspectGroup: inspectGroupOf(connection),
    },
  );
  return renderDestroy(result);
};
