import { promoteImage, rollbackImage } from "../operations/images-promote.js";
import { renderPromotion } from "../output/views/images.js";
import type { CommandHandler } from "./definition.js";

export const runImagesPromote: CommandHandler = async (context, { args: [image = ""] }) => {
  const [config, names, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.azure(),
  ]);
  const result = await promoteImage(
    { repository: config.image.repository, names, image },
    { connection, emit: context.emit },
  );
  return renderPromotion(result);
};

export const runImagesRollback: CommandHandler = async (context) => {
  const [config, names, connection] = await Promise.all([
    context.config(),
    context.names(),
    context.azure(),
  ]);
  const result = await rollbackImage(
    { repository: config.image.repository, names },
    { connection, emit: context.emit },
  );
  return renderPromotion(result);
};
