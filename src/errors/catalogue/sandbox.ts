import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

export function sandboxBusy(directory: string): RunnerctlError {
  return new RunnerctlError({
    code: "sandbox.running",
    message: `A sandbox already runs on ${directory}.`,
    exitCode: ExitCode.usage,
    hint: "Use it with --sandbox, end it with Ctrl-C in its terminal, or choose another folder with RUNNERCTL_SANDBOX_DIR.",
  });
}

export function sandboxPortTaken(port: number | undefined, cause: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "sandbox.portTaken",
    message: `Another program listens on the sandbox's port${port === undefined ? "" : ` ${port}`}.`,
    exitCode: ExitCode.usage,
    hint: "runnerctl sandbox up --port 0 --http-port 0 takes free ones.",
    cause,
  });
}

export function sandboxNotRunning(directory: string): RunnerctlError {
  return new RunnerctlError({
    code: "sandbox.notRunning",
    message: `No sandbox runs on ${directory}.`,
    exitCode: ExitCode.notFound,
    hint: "runnerctl sandbox up",
  });
}

/** GitHub's own reason why a workflow cannot be queued. */
export function workflowRefused(request: {
  readonly workflow: string;
  readonly repository: string;
  readonly reason: string;
}): RunnerctlError {
  const { workflow, repository, reason } = request;
  return new RunnerctlError({
    code: "sandbox.workflowRefused",
    message: `The workflow ${workflow} of ${repository} was not queued: ${reason}`,
    exitCode: ExitCode.notFound,
    hint: "Name a workflow of the repository (--repository), or the path of a workflow file with `on: workflow_dispatch`.",
  });
}
