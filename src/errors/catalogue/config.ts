import { ExitCode } from "../exit-codes.js";
import { type Problem, RunnerctlError } from "../runnerctl-error.js";

const docs = "https://github.com/runnerctl/runnerctl/blob/main/docs/configuration.md";

/** Everything that is wrong with the file, at once. */
export function configInvalid(file: string, problems: readonly Problem[]): RunnerctlError {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return new RunnerctlError({
    code: "config.invalid",
    message: `${file} has ${count}.`,
    exitCode: ExitCode.usage,
    hint: "Mend the file and run the command again; nothing has been changed.",
    docs,
    problems,
  });
}

export function configMissing(path: string): RunnerctlError {
  return new RunnerctlError({
    code: "config.missing",
    message: `There is no configuration at ${path}.`,
    exitCode: ExitCode.usage,
    hint: "Write one with: runnerctl init. Or name another file: --config FILE (or RUNNERCTL_CONFIG).",
    docs,
    details: { path },
  });
}

export function configUnreadable(path: string, reason: string, cause: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "config.unreadable",
    message: `The configuration ${path} cannot be read: ${reason}.`,
    exitCode: ExitCode.usage,
    hint: "Check that it is a file and that you may read it, or name another: --config FILE.",
    docs,
    details: { path },
    cause,
  });
}

/** An answer to `runnerctl init` that would make an invalid file; `where` names the flags. */
export function initAnswersInvalid(problems: readonly Problem[]): RunnerctlError {
  return new RunnerctlError({
    code: "config.answersInvalid",
    message: "These answers do not make a valid configuration; nothing was written.",
    exitCode: ExitCode.usage,
    hint: "runnerctl init --help says what each flag takes.",
    docs,
    problems,
  });
}

export function configExists(path: string): RunnerctlError {
  return new RunnerctlError({
    code: "config.exists",
    message: `${path} is there already; it was left as it is.`,
    exitCode: ExitCode.usage,
    hint: "Edit it, write another with --config FILE, or replace it with: runnerctl init --force",
    details: { path },
  });
}

export function configUnwritable(path: string, reason: string, cause: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "config.unwritable",
    message: `${path} cannot be written: ${reason}.`,
    exitCode: ExitCode.usage,
    hint: "Check that the folder exists and that you may write to it, or choose another: --config FILE.",
    details: { path },
    cause,
  });
}

/** A value of the environment that overrides the file and does not fit. */
export function environmentInvalid(variable: string, what: string, fix: string): RunnerctlError {
  return new RunnerctlError({
    code: "config.environmentInvalid",
    message: `${variable} ${what}.`,
    exitCode: ExitCode.usage,
    hint: fix,
    details: { variable },
  });
}
