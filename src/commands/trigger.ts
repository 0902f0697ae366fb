import { triggerPool } from "../operations/trigger.js";
import { renderTrigger } from "../output/views/trigger.js";
import type { CommandHandler } from "./definition.js";
import { readNumber } from "./options.js";

export const runTrigger: CommandHandler = async (context, { args: [pool], options }) => {
  const config = await context.config();
  const timeoutSeconds = readNumber(options["timeout"]);
  const result = await triggerPool(
    {
      config,
      ...(pool === undefined ? {} : { pool }),
      count: readNumber(options["count"]) ?? 1,
      wait: options["wait"] === true,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    },
    { connection: await context.azure(), emit: context.emit, signal: context.signal },
  );
  return renderTrigger(result);
};
