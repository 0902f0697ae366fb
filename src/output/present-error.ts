import type { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Palette } from "./palette.js";

/** The `error` of the JSON envelope. */
export function presentErrorAsData(error: RunnerctlError): Record<string, unknown> {
  return {
    code: error.code,
    message: error.message,
    exitCode: error.exitCode,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(error.docs === undefined ? {} : { docs: error.docs }),
    ...(error.problems.length === 0 ? {} : { problems: error.problems }),
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  };
}

/** What is wrong, each problem with its place and fix, then what to do next. */
export function presentErrorAsText(error: RunnerctlError, palette: Palette): string {
  const lines = [`${palette.red("Error:")} ${error.message}`];
  for (const problem of error.problems) {
    lines.push(`  ${palette.bold(problem.where)}  ${problem.what}`);
    if (problem.fix !== undefined) lines.push(`      ${palette.dim(`→ ${problem.fix}`)}`);
  }
  if (error.hint !== undefined) lines.push(`${palette.cyan("Next:")}  ${error.hint}`);
  if (error.docs !== undefined) lines.push(`${palette.dim(`See:   ${error.docs}`)}`);
  return `${lines.join("\n")}\n`;
}
