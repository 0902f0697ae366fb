import { setTimeout as delay } from "node:timers/promises";
import { DiagnosticError } from "./diagnostics.js";

export interface Life {
  /** Terraform was interrupted: no more waiting, but what is being asked is still answered. */
  readonly stop: AbortSignal;
  /** Nobody is left to answer to. */
  readonly end: AbortSignal;
}

/** Waits, unless Terraform was interrupted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal });
  } catch {
    throw new DiagnosticError("context canceled", {
      detail: "Terraform was interrupted while it waited for an answer.",
    });
  }
}
