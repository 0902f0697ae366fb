import { join } from "node:path";

import { planFoundChanges } from "../errors/catalogue/command.js";
import { planImage } from "../operations/build-image.js";
import { plan } from "../operations/plan.js";
import { formatImageByDigest } from "../domain/image-tags.js";
import { renderPlan } from "../output/views/plan.js";
import type { CommandHandler } from "./definition.js";
import { readStacks } from "./options.js";
import { createSynthesis } from "./synthesize.js";

export const runPlan: CommandHandler = async (context, { options }) => {
  const stacks = readStacks(options["stack"]);
  const [config, names, outdir, terraform] = await Promise.all([
    context.config(),
    context.names(),
    context.workDirectory(),
    context.terraform(),
  ]);
  const { emit, signal } = context;
  const result = await plan(
    { config, outdir, ...(stacks === undefined ? {} : { stacks }) },
    {
      emit,
      synthesize: await createSynthesis(context),
      terraform,
      findImage: async () => {
        const image = await planImage(
          {
            image: config.image,
            names,
            defaultContext: join(context.runtime.packageRoot, "docker"),
          },
          { connection: await context.azure(), emit, signal },
        );
        return image.existingDigest === undefined
          ? undefined
          : formatImageByDigest(image.loginServer, image.repository, image.existingDigest);
      },
    },
  );
  const rendered = renderPlan(result, context.shell.palette);
  if (options["check"] === true && result.hasChanges) throw planFoundChanges(rendered);
  return rendered;
};
