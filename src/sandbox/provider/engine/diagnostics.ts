import type { Message } from "../protocol/wire.js";

export type PathStep = string | number;
/** Attribute names and list indexes, from the resource down. */
export type Path = readonly PathStep[];

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail?: string;
  readonly path?: Path;
}

/** Ends an operation with one diagnostic. */
export class DiagnosticError extends Error {
  readonly detail: string | undefined;
  readonly path: Path | undefined;

  constructor(summary: string, options: { detail?: string; path?: Path } = {}) {
    super(summary);
    this.detail = options.detail;
    this.path = options.path;
  }
}

export function toDiagnostic(error: unknown): Diagnostic {
  if (error instanceof DiagnosticError) {
    return {
      severity: "error",
      summary: error.message,
      ...(error.detail === undefined ? {} : { detail: error.detail }),
      ...(error.path === undefined ? {} : { path: error.path }),
    };
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  return {
    severity: "error",
    summary: "the sandbox's provider failed",
    detail: cause.stack ?? cause.message,
  };
}

/** For the wire, with every secret that the operation knew taken out of the text. */
export function encodeDiagnostic(diagnostic: Diagnostic, secrets: readonly string[]): Message {
  return {
    severity: diagnostic.severity === "error" ? 1 : 2,
    summary: conceal(diagnostic.summary, secrets),
    detail: diagnostic.detail === undefined ? undefined : conceal(diagnostic.detail, secrets),
    attribute: diagnostic.path === undefined ? undefined : encodePath(diagnostic.path),
  };
}

export function encodePath(path: Path): Message {
  return {
    steps: path.map((step) =>
      typeof step === "string" ? { attribute_name: step } : { element_key_int: step },
    ),
  };
}

function conceal(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, "(sensitive value)"), text);
}
