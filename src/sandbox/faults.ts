import { randomUUID } from "node:crypto";
import { SandboxHttpError, type SandboxReply, type SandboxRequest } from "./ports.js";

/** Something that goes wrong on purpose: `POST /_sandbox/faults` takes a list of these. */
export interface FaultScript {
  readonly match: {
    readonly method?: string;
    /** A regular expression over the path, without regard to case. */
    readonly path?: string;
    /** A regular expression over the query string as sent. */
    readonly query?: string;
    readonly listener?: string;
  };
  /** How many matching requests it spoils (default 1; 0 is for ever). */
  readonly times?: number;
  /** How many matching requests pass first. */
  readonly after?: number;
  readonly effect: FaultEffect;
}

export type FaultEffect =
  | {
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Record<string, string>;
      /** Instead of the error body made of code and message. */
      readonly body?: unknown;
    }
  | { readonly delayMs: number }
  | "reset-before"
  | "reset-after"
  | "hang";

interface ActiveFault {
  readonly id: string;
  readonly script: FaultScript;
  seen: number;
  used: number;
}

export class FaultTable {
  private active: ActiveFault[] = [];

  add(scripts: readonly FaultScript[]): string[] {
    const added = scripts.map((script) => ({ id: randomUUID(), script, seen: 0, used: 0 }));
    this.active.push(...added);
    return added.map((fault) => fault.id);
  }

  clear(): void {
    this.active = [];
  }

  list(): readonly (FaultScript & { id: string; seen: number; used: number })[] {
    return this.active.map(({ id, script, seen, used }) => ({ ...script, id, seen, used }));
  }

  /** The effect for a request, in the order in which the scripts came; counts it as used. */
  take(request: SandboxRequest): FaultEffect | undefined {
    // The control endpoint stays usable, or nobody could take a fault back.
    if (request.path.startsWith("/_sandbox/")) return undefined;
    for (const fault of this.active) {
      if (!matches(fault.script.match, request)) continue;
      const times = fault.script.times ?? 1;
      if (times !== 0 && fault.used >= times) continue;
      fault.seen += 1;
      if (fault.seen <= (fault.script.after ?? 0)) continue;
      fault.used += 1;
      return fault.script.effect;
    }
    return undefined;
  }
}

function matches(match: FaultScript["match"], request: SandboxRequest): boolean {
  return (
    (match.method === undefined || match.method.toUpperCase() === request.method) &&
    (match.listener === undefined || match.listener === request.listener) &&
    (match.path === undefined || new RegExp(match.path, "i").test(request.path)) &&
    (match.query === undefined || new RegExp(match.query, "i").test(request.url.search))
  );
}

export function makeFaultReply(effect: Extract<FaultEffect, { status: number }>): SandboxReply {
  const code = effect.code ?? `Fault${effect.status}`;
  const message = effect.message ?? "A fault script of the sandbox answered this request.";
  return {
    status: effect.status,
    ...(effect.headers === undefined ? {} : { headers: effect.headers }),
    body: effect.body ?? makeErrorBody(code, message),
  };
}

/** `AADSTS…` codes come in Entra's shape, all others in Resource Manager's. */
function makeErrorBody(code: string, message: string): unknown {
  const entra = /^AADSTS(\d+)$/.exec(code);
  if (entra === null) return { error: { code, message } };
  return {
    error: "invalid_client",
    error_description: `${code}: ${message}`,
    error_codes: [Number(entra[1])],
  };
}

/** Reads what came over the wire; says which entry is wrong. */
export function parseFaultScripts(value: unknown): FaultScript[] {
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list.map((item, index) => {
    const problem = findProblem(item);
    if (problem !== undefined) {
      throw new SandboxHttpError(400, "InvalidFault", `Fault ${index}: ${problem}`);
    }
    return item as FaultScript;
  });
}

function findProblem(item: unknown): string | undefined {
  const script = item as Partial<FaultScript> | null | undefined;
  if (typeof script !== "object" || script === null) return "is not an object";
  if (typeof script.match !== "object" || script.match === null) return "`match` is missing";
  for (const key of ["path", "query"] as const) {
    const pattern = script.match[key];
    if (pattern === undefined) continue;
    try {
      new RegExp(pattern);
    } catch {
      return `\`match.${key}\` is not a regular expression`;
    }
  }
  const effect = script.effect as unknown;
  if (typeof effect === "string") {
    return ["reset-before", "reset-after", "hang"].includes(effect)
      ? undefined
      : `unknown effect ${JSON.stringify(effect)}`;
  }
  if (typeof effect !== "object" || effect === null) return "`effect` is missing";
  return "status" in effect || "delayMs" in effect
    ? undefined
    : "`effect` has no status or delayMs";
}
