import { confirmationImpossible, declined } from "../errors/catalogue/command.js";
import { sandboxBusy } from "../errors/catalogue/sandbox.js";
import { resetSandbox } from "../sandbox/open.js";
import type { CommandHandler } from "./definition.js";

export const runSandboxReset: CommandHandler = async (context, { options }) => {
  const directory = context.sandboxDirectory();
  if (options["yes"] !== true) {
    if (context.prompter === undefined) {
      throw confirmationImpossible("Resetting the sandbox", context.commandLine);
    }
    const answer = await context.prompter.confirm(`Forget everything in ${directory}?`);
    if (answer !== true) throw declined("Resetting the sandbox");
  }
  const { running } = await resetSandbox(directory).catch((error: unknown) => {
    if (error instanceof Error && error.name === "SandboxBusyError") throw sandboxBusy(directory);
    throw error;
  });
  return {
    data: { directory, running },
    text: `The sandbox in ${directory} is empty${running ? " and runs on" : ""}.`,
  };
};
