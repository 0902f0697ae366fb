import { join } from "node:path";

import { confirmationImpossible, interrupted } from "../errors/catalogue/command.js";
import { planImage } from "../operations/build-image.js";
import { pruneImages, type PruneView } from "../operations/images-prune.js";
import { renderPrune, renderPrunePlan } from "../output/views/images.js";
import type { CommandHandler } from "./definition.js";
import { readNumber } from "./options.js";

export const runImagesPrune: CommandHandler = async (context, { options }) => {
  const [config, names, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.azure(),
  ]);
  const { emit, signal } = context;
  const defaultContext = join(context.runtime.packageRoot, "docker");
  const { tag } = await planImage(
    { image: config.image, names, defaultContext },
    { connection, emit, signal },
  );
  const confirm = async (plan: PruneView): Promise<boolean> => {
    emit({
      name: "images.prune.plan",
      level: "info",
      message: renderPrunePlan(plan, context.shell.palette),
      data: { plan },
    });
    if (options["yes"] === true) return true;
    if (context.prompter === undefined) {
      throw confirmationImpossible("Deleting images", context.commandLine);
    }
    const answer = await context.prompter.confirm("Delete these images? It cannot be undone.");
    if (answer === undefined) throw interrupted("No image was deleted.");
    return answer;
  };
  const keep = readNumber(options["keep"]) ?? config.image.keep;
  const result = await pruneImages(
    { repository: config.image.repository, names, keep, contentTag: tag },
    { connection, emit, confirm },
  );
  return renderPrune(result);
};
