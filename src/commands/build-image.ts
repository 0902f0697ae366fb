import { join } from "node:path";

import { buildImage } from "../operations/build-image.js";
import { renderBuildImage } from "../output/views/build-image.js";
import type { CommandHandler } from "./definition.js";

export const runBuildImage: CommandHandler = async (context, { options }) => {
  const [config, names, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.azure(),
  ]);
  const result = await buildImage(
    {
      image: config.image,
      names,
      defaultContext: join(context.runtime.packageRoot, "docker"),
      force: options["force"] === true,
      // `--no-cache` arrives as `cache: false`.
      noCache: options["cache"] === false,
    },
    { connection, emit: context.emit, signal: context.signal },
  );
  return renderBuildImage(result);
};
