import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

/** A flag, argument or command that does not exist or does not fit. */
export function usageError(message: string, hint?: string): RunnerctlError {
  return new RunnerctlError({
    code: "usage",
    message,
    exitCode: ExitCode.usage,
    hint: hint ?? "runnerctl --help lists the commands; runnerctl COMMAND --help its flags.",
  });
}

/** A destructive or changing verb without a terminal to ask on. */
export function confirmationImpossible(what: string, command: string): RunnerctlError {
  return new RunnerctlError({
    code: "usage.confirmationImpossible",
    message: `${what} needs a confirmation, and there is no terminal to ask on.`,
    exitCode: ExitCode.usage,
    hint: `Look at the plan above, then run: ${command} --yes`,
  });
}

export function declined(what: string): RunnerctlError {
  return new RunnerctlError({
    code: "declined",
    message: `${what}: declined. Nothing was changed by this step.`,
    exitCode: ExitCode.declined,
  });
}

/** Ctrl-C or a TERM signal; `left` says what state things are in. */
export function interrupted(left?: string): RunnerctlError {
  return new RunnerctlError({
    code: "interrupted",
    message: left === undefined ? "Interrupted." : `Interrupted. ${left}`,
    exitCode: ExitCode.interrupted,
  });
}

/** `plan --check` found that what runs is not what the file says. */
export function planFoundChanges(plan: {
  readonly text: string;
  readonly data: unknown;
}): RunnerctlError {
  return new RunnerctlError({
    code: "plan.changes",
    message: `What is deployed differs from runnerctl.yaml.\n\n${plan.text}\n`,
    exitCode: ExitCode.checkFailed,
    hint: "runnerctl deploy",
    details: { plan: plan.data },
  });
}

/** Anything thrown that is not a RunnerctlError: a defect of ours. */
export function bugError(cause: unknown): RunnerctlError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RunnerctlError({
    code: "bug",
    message: `runnerctl has a bug: ${message}`,
    exitCode: ExitCode.bug,
    hint: "Run the command again with --debug and report what it prints: https://github.com/runnerctl/runnerctl/issues",
    cause,
  });
}
