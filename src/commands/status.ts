import { readStatus } from "../operations/status.js";
import { renderStatus } from "../output/views/status.js";
import type { CommandHandler } from "./definition.js";

export const runStatus: CommandHandler = async (context) => {
  const [config, connection] = await Promise.all([context.config(), context.azure()]);
  const result = await readStatus(
    { config },
    { connection, emit: context.emit, signal: context.signal },
  );
  return renderStatus(result, context.shell.palette);
};
