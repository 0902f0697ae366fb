import { parseConfig } from "../../src/config/load.js";
import type { Problem } from "../../src/errors/runnerctl-error.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";

/** A file in order, with lines put in place of the `…`: three lines, then yours. */
export function withLines(lines: string): string {
  return `name: acme\nlocation: westeurope\ngithub: {owner: acme, repositories: [app]}\n${lines}`;
}

/**
 * What is wrong with a text, one line each: `line:column «what stands there» what → fix`, so that a
 * wrong place shows in the expectation itself.
 */
export function problemsOf(source: string): string[] {
  try {
    parseConfig(source, { file: "runnerctl.yaml", directory: "/work" });
    return [];
  } catch (error) {
    if (!(error instanceof RunnerctlError) || error.code !== "config.invalid") throw error;
    return error.problems.map((problem) => format(problem, source));
  }
}

export function warningsOf(source: string): string[] {
  return parseConfig(source, { file: "runnerctl.yaml", directory: "/work" }).warnings.map(
    (problem) => format(problem, source),
  );
}

function format({ where, what, fix }: Problem, source: string): string {
  const place = where.replace("runnerctl.yaml:", "");
  const [line = 0, column = 0] = place.split(":").map(Number);
  const rest = (source.replace(/^\uFEFF/, "").split(/\r?\n/)[line - 1] ?? "").slice(column - 1);
  const token = /^[[{]|^[^,:\]}\s]*/.exec(rest)?.[0] ?? "";
  return `${place} «${token}» ${what} → ${fix ?? "(no fix)"}`;
}
