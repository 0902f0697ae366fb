import { expect } from "vitest";
import type { CliResult } from "./cli.js";

export interface ExpectedFailure {
  readonly exitCode: number;
  /** The stable code of `--json`. */
  readonly code: string;
  /** What the message, its problems and the next step must say, one way or another. */
  readonly says: readonly (string | RegExp)[];
}

interface ErrorEnvelope {
  readonly schemaVersion: number;
  readonly ok: boolean;
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly exitCode: number;
    readonly hint?: string;
    readonly problems?: readonly { where: string; what: string; fix?: string }[];
    readonly details?: Readonly<Record<string, unknown>>;
  };
}

/** A failure as people see it: one message with what to do next, and nothing of our insides. */
export function expectFailureText(result: CliResult, expected: ExpectedFailure): string {
  const { stdout, stderr } = result;
  expect(result.code, `${stdout}\n${stderr}`).toBe(expected.exitCode);
  expect(stderr.match(/^Error: /gm), stderr).toHaveLength(1);
  expect(stderr, "what to do next").toMatch(/^Next: {2}\S/m);
  const message = stderr.slice(stderr.search(/^Error: /m));
  expectToSay(message, expected.says);
  expectNoInsides(stdout + stderr);
  return message;
}

/** The same for programs: exactly one object on standard output. */
export function expectFailureData(
  result: CliResult,
  expected: ExpectedFailure,
): ErrorEnvelope["error"] {
  const { stdout, stderr } = result;
  expect(result.code, `${stdout}\n${stderr}`).toBe(expected.exitCode);
  expect(stdout.trimEnd().split("\n"), "one object").toHaveLength(1);
  const envelope = JSON.parse(stdout) as ErrorEnvelope;
  const { code, exitCode } = expected;
  expect(envelope).toMatchObject({ schemaVersion: 1, ok: false, error: { code, exitCode } });
  const { message, hint, problems = [] } = envelope.error;
  expect(hint, "what to do next").toMatch(/\S/);
  const said = problems.map(({ where, what, fix }) => `${where}  ${what} → ${fix ?? ""}`);
  expectToSay([message, ...said, hint].join("\n"), expected.says);
  expectNoInsides(stdout + stderr);
  return envelope.error;
}

/** Both, for what can be done twice because it changes nothing. */
export async function expectFailure(
  run: (argv: readonly string[]) => Promise<CliResult>,
  argv: readonly string[],
  expected: ExpectedFailure,
): Promise<ErrorEnvelope["error"]> {
  expectFailureText(await run(argv), expected);
  return expectFailureData(await run([...argv, "--json"]), expected);
}

function expectToSay(text: string, says: ExpectedFailure["says"]): void {
  for (const part of says) {
    if (typeof part === "string") expect(text).toContain(part);
    else expect(text).toMatch(part);
  }
}

function expectNoInsides(text: string): void {
  expect(text, "a stack trace").not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(text, "a bug").not.toContain("runnerctl has a bug");
  expect(text).not.toMatch(/\[object Object\]|\bundefined\b|\bNaN\b/);
}
