import { join } from "node:path";

import { buildImage } from "../operations/build-image.js";
import { chooseImage } from "../operations/choose-image.js";
import { deploy } from "../operations/deploy.js";
import { ensureSecrets } from "../operations/ensure-secrets.js";
import { renderDeploy } from "../output/views/deploy.js";
import { createConfirmation } from "./confirmation.js";
import type { CommandHandler } from "./definition.js";
import { readStacks, readString } from "./options.js";
import { askForSecret, readSecretFile } from "./secret-input.js";
import { createSynthesis } from "./synthesize.js";

export const runDeploy: CommandHandler = async (context, { options }) => {
  const stacks = readStacks(options["stack"]);
  const secretFile = readString(options["secretFile"]);
  // Read before anything is created: a wrong path should not be found out half way.
  const secret = secretFile === undefined ? undefined : await readSecretFile(context, secretFile);
  const [config, names, outdir, terraform, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.workDirectory(),
    context.terraform(),
    context.azure(),
  ]);
  const { emit, signal } = context;
  const result = await deploy(
    { config, outdir, ...(stacks === undefined ? {} : { stacks }) },
    {
      emit,
      signal,
      terraform,
      synthesize: await createSynthesis(context),
      confirm: createConfirmation(context),
      ensureSecrets: async () => {
        await ensureSecrets(
          { config },
          {
            connection,
            emit,
            signal,
            redact: context.shell.redactor,
            provide: async () => secret ?? askForSecret(context, config.github.auth.type),
          },
        );
        return [];
      },
      buildImage: async () => {
        const built = await buildImage(
          {
            image: config.image,
            names,
            defaultContext: join(context.runtime.packageRoot, "docker"),
          },
          { connection, emit, signal },
        );
        return chooseImage(built, config.image.pin, connection);
      },
    },
  );
  return renderDeploy(
    result,
    config.pools.map(({ name }) => name),
  );
};
