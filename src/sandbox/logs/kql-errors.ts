import { randomUUID } from "node:crypto";
import { SandboxHttpError } from "../ports.js";

/** https://learn.microsoft.com/azure/azure-monitor/logs/api/errors */
function badArgument(inner: Record<string, unknown>): SandboxHttpError {
  const message = "The request had some invalid properties";
  return new SandboxHttpError(400, "BadArgumentError", message, {
    body: {
      error: { message, code: "BadArgumentError", correlationId: randomUUID(), innererror: inner },
    },
  });
}

/** A query that means nothing for the tables at hand. */
export function semanticError(code: string, message: string): SandboxHttpError {
  return badArgument({
    code: "SemanticError",
    message: "A semantic error occurred.",
    innererror: { code, message },
  });
}

/** A query that is no KQL. */
export function syntaxError(token: string, line: number, pos: number): SandboxHttpError {
  return badArgument({
    code: "SyntaxError",
    message: "A recognition error occurred in the query.",
    innererror: {
      code: "SYN0002",
      message: `Query could not be parsed at '${token}' on line [${line},${pos}]`,
      line,
      pos,
      token,
    },
  });
}

/** KQL that the real service would run and this one does not. */
export function unsupported(what: string): SandboxHttpError {
  return semanticError(
    "SandboxUnsupported",
    `The sandbox's Log Analytics does not support ${what}. It knows where, order, project, take, top, summarize, extend, distinct and count.`,
  );
}

export function invalidRequest(message: string): SandboxHttpError {
  return badArgument({ code: "InvalidRequest", message });
}
