import { RunnerctlError } from "../../src/errors/runnerctl-error.js";

/** The RunnerctlError that a promise fails with; anything else fails the test. */
export async function failureOf(work: Promise<unknown>): Promise<RunnerctlError> {
  const error: unknown = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (!(error instanceof RunnerctlError)) throw error;
  return error;
}
