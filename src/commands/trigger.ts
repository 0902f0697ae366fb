import { triggerPool } from "../operations/trigger.js";
import { usageError } from "../errors/catalogue/command.js";
import { renderTrigger } from "../output/views/trigger.js";
import type { CommandHandler } from "./definition.js";
import { readNumber } from "./options.js";

export const runTrigger: CommandHandler = async (context, { args: [given], options }) => {
  const config = await context.config();
  const pools = config.pools.map(({ name }) => name);
  const pool = given ?? (pools.length === 1 ? pools[0] : undefined);
  if (pool === undefined) {
    throw usageError("Which pool? There are several.", `runnerctl trigger ${pools.join(" | ")}`);
  }
  const timeoutSeconds = readNumber(options["timeout"]);
  const result = await triggerPool(
    {
      config,
      pool,
      count: readNumber(options["count"]) ?? 1,
      wait: options["wait"] === true,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    },
    { connection: await context.azure(), emit: context.emit, signal: context.signal },
  );
  return renderTrigger(result);
};
