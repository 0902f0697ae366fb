import type { Path } from "../document.js";
import type { Draft, DraftPart } from "../draft.js";

/** What a rule found, where in the file. */
export interface Finding {
  readonly severity: "error" | "warning";
  readonly path: Path;
  /** Whether the key itself is at fault, or its value (the default). */
  readonly at?: "key" | "value";
  readonly what: string;
  readonly fix: string;
}

export type Rule = (draft: Draft) => Finding[];

export function error(path: Path, what: string, fix: string): Finding {
  return { severity: "error", path, what, fix };
}

export function warning(path: Path, what: string, fix: string): Finding {
  return { severity: "warning", path, what, fix };
}

/** Whether none of these keys had to be left out of the draft. */
export function isSure(part: DraftPart<unknown>, ...keys: string[]): boolean {
  return keys.every((key) => !part.unsure.has(key));
}
