import { once } from "node:events";

import { startSandbox } from "../sandbox/start.js";
import { sandboxBusy, sandboxPortTaken } from "../errors/catalogue/sandbox.js";
import { renderSandboxUp } from "../output/views/sandbox-up.js";
import type { CommandHandler } from "./definition.js";
import { readNumber } from "./options.js";

export const runSandboxUp: CommandHandler = async (context, { options }) => {
  const directory = context.sandboxDirectory();
  const sandbox = await startSandbox({
    directory,
    port: readNumber(options["port"]),
    httpPort: readNumber(options["httpPort"]),
    packageRoot: context.runtime.packageRoot,
  }).catch((error: unknown) => {
    if (error instanceof Error && error.name === "SandboxBusyError") throw sandboxBusy(directory);
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (code === "EADDRINUSE") throw sandboxPortTaken(port, error);
    throw error;
  });
  try {
    context.shell.reporter.item(renderSandboxUp(sandbox));
    if (!context.signal.aborted) await once(context.signal, "abort");
  } finally {
    await sandbox.close();
  }
  context.emit({
    name: "sandbox.stopped",
    level: "info",
    message: "The sandbox has stopped; its state is kept.",
  });
  return undefined;
};
