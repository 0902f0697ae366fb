import { readLogs } from "../operations/logs.js";
import { renderLogLine } from "../output/views/logs.js";
import type { CommandHandler } from "./definition.js";
import { readNumber, readString } from "./options.js";

export const runLogs: CommandHandler = async (context, { args: [execution], options }) => {
  const pool = readString(options["pool"]);
  const container = readString(options["container"]);
  const sinceSeconds = readNumber(options["since"]);
  const tail = readNumber(options["tail"]);
  const [config, connection] = await Promise.all([context.config(), context.azure()]);
  const lines = readLogs(
    {
      config,
      follow: options["follow"] === true,
      ...(execution === undefined ? {} : { execution }),
      ...(pool === undefined ? {} : { pool }),
      ...(container === undefined ? {} : { container }),
      ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
      ...(tail === undefined ? {} : { tail }),
    },
    { connection, emit: context.emit, signal: context.signal },
  );
  for await (const line of lines) {
    // The reader has left (`runnerctl logs --follow | head`).
    if (context.runtime.stdout.destroyed) break;
    context.shell.reporter.item(renderLogLine(line, context.shell.palette));
  }
  return undefined;
};
