import { bugError, interrupted, usageError } from "./errors/catalogue/command.js";
import { ExitCode } from "./errors/exit-codes.js";
import { RunnerctlError } from "./errors/runnerctl-error.js";
import { createShell, type Shell } from "./shell.js";
import { createProcessRuntime } from "./process-runtime.js";
import { CommanderError, createProgram } from "./program.js";
import type { Runtime } from "./runtime.js";

/**
 * Runs one command line (without the node and script words) and returns its exit code. The only
 * place where errors become output.
 */
export async function main(argv: readonly string[], runtime: Runtime): Promise<ExitCode> {
  const controller = new AbortController();
  const force = new AbortController();
  const release = runtime.onInterrupt(() => {
    if (controller.signal.aborted) force.abort();
    controller.abort(interrupted());
  });
  const shell = createShell(argv, runtime);
  try {
    const program = createProgram({
      runtime,
      shell,
      signal: controller.signal,
      forceSignal: force.signal,
    });
    await program.parseAsync([...argv], { from: "user" });
    return ExitCode.ok;
  } catch (thrown) {
    return reportFailure(thrown, shell, controller.signal);
  } finally {
    release();
    shell.reporter.close();
    await shell.flush();
  }
}

function reportFailure(thrown: unknown, shell: Shell, signal: AbortSignal): ExitCode {
  if (thrown instanceof CommanderError) {
    // Help and version were asked for and have been printed; so has the help that stands in for a
    // missing command.
    if (thrown.exitCode === 0 || thrown.code === "commander.help") return ExitCode.ok;
    const [what = "", suggestion] = thrown.message.replace(/^error: /, "").split("\n");
    const message = `${what.charAt(0).toUpperCase()}${what.slice(1)}${what.endsWith(".") ? "" : "."}`;
    const [, meant] = /\(Did you mean (.+)\?\)/.exec(suggestion ?? "") ?? [];
    return fail(
      usageError(message, meant === undefined ? undefined : `Did you mean ${meant}?`),
      shell,
    );
  }
  if (thrown instanceof RunnerctlError) return fail(thrown, shell);
  if (signal.aborted) return fail(interrupted(), shell);
  const bug = bugError(thrown);
  if (shell.debug && thrown instanceof Error)
    shell.writeError(`${thrown.stack ?? thrown.message}\n`);
  return fail(bug, shell);
}

function fail(error: RunnerctlError, shell: Shell): ExitCode {
  if (shell.debug && error.cause instanceof Error && error.code !== "bug") {
    shell.writeError(`${error.cause.stack ?? error.cause.message}\n`);
  }
  shell.reporter.error(error);
  return error.exitCode;
}

/** For bin/runnerctl.js. */
export async function start(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2), createProcessRuntime());
}
