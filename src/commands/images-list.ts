import { listImages } from "../operations/images-list.js";
import { renderImages } from "../output/views/images.js";
import type { CommandHandler } from "./definition.js";

export const runImagesList: CommandHandler = async (context) => {
  const [config, names, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.azure(),
  ]);
  const result = await listImages(
    { repository: config.image.repository, names },
    { connection, emit: context.emit },
  );
  return renderImages(result, context.shell.palette);
};
