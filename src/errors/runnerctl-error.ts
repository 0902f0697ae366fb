import type { ExitCode } from "./exit-codes.js";

/** One problem among several, located where the user can mend it. */
export interface Problem {
  /** `file:line:column`, a flag, or a field path. */
  readonly where: string;
  readonly what: string;
  /** What to do about it. */
  readonly fix?: string;
}

export interface RunnerctlErrorInit {
  /** Stable, dotted, lower case: `config.invalid`, `azure.forbidden`. Part of the JSON output. */
  readonly code: string;
  /** What is wrong and where, in one sentence. */
  readonly message: string;
  readonly exitCode: ExitCode;
  /** The next thing to type or change. */
  readonly hint?: string;
  /** Page or section to read. */
  readonly docs?: string;
  readonly cause?: unknown;
  /** Several problems shown at once. */
  readonly problems?: readonly Problem[];
  /** Facts for `--json`: never a secret. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * An error that a user can act on. Made only by the factories in `errors/catalogue/`; every other
 * thrown value is a defect of ours and is reported as one.
 */
export class RunnerctlError extends Error {
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly docs: string | undefined;
  readonly problems: readonly Problem[];
  readonly details: Readonly<Record<string, unknown>>;

  constructor(init: RunnerctlErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    this.name = "RunnerctlError";
    this.code = init.code;
    this.exitCode = init.exitCode;
    this.hint = init.hint;
    this.docs = init.docs;
    this.problems = init.problems ?? [];
    this.details = init.details ?? {};
  }
}
