import type { Clock } from "../domain/clock.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "../output/events.js";

/** Two minutes in all: https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---role-assignment-changes-are-not-being-detected */
const waits = [5, 10, 15, 30, 30, 30];

/**
 * A role that the deployment has just assigned takes minutes to work: while Azure refuses, try again
 * for a while before calling the permission missing.
 */
export async function retryForbidden<T>(
  work: () => Promise<T>,
  deps: {
    readonly emit: Emit;
    readonly clock: Clock;
    readonly signal: AbortSignal | undefined;
    /** Follows "does not yet allow". */
    readonly doing: string;
  },
): Promise<T> {
  for (const seconds of waits) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof RunnerctlError) || error.code !== "azure.forbidden") throw error;
      deps.emit({
        name: "azure.forbidden.retry",
        level: "warn",
        message: `Azure does not yet allow ${deps.doing}; a new role assignment takes minutes to work. Trying again in ${seconds} s.`,
        data: { retryAfterSeconds: seconds },
      });
      await deps.clock.sleep(seconds * 1000, deps.signal);
    }
  }
  return work();
}
