import { sandboxNotRunning, workflowRefused } from "../errors/catalogue/sandbox.js";
import { dispatchWorkflow } from "../sandbox/dispatch.js";
import type { CommandHandler } from "./definition.js";
import { readInputs, readString } from "./options.js";

export const runSandboxDispatch: CommandHandler = async (
  context,
  { args: [workflow], options },
) => {
  const directory = context.sandboxDirectory();
  const name = workflow ?? "hello.yml";
  const repository = readString(options["repository"]) ?? "octo-org/hello";
  const run = await dispatchWorkflow({
    directory,
    cwd: context.runtime.cwd,
    repository,
    workflow: name,
    inputs: readInputs(options["input"]),
  }).catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    if (error.name === "SandboxNotRunningError") throw sandboxNotRunning(directory);
    if (error.name === "DispatchRefusedError")
      throw workflowRefused({ workflow: name, repository, reason: error.message });
    throw error;
  });
  return {
    data: run,
    text: [
      `Queued run ${run.runId} of ${run.workflow} in ${run.repository}.`,
      "Start a runner for it: runnerctl trigger --sandbox --wait",
    ].join("\n"),
  };
};
