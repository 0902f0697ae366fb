import { randomUUID } from "node:crypto";
import { SandboxHttpError } from "../ports.js";

/**
 * An error of the token endpoint: RFC 6749's `error` with Entra's own code in the description.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
export function makeEntraError(
  status: number,
  error: string,
  code: number,
  text: string,
): SandboxHttpError {
  const trace = randomUUID();
  const correlation = randomUUID();
  const timestamp = `${new Date().toISOString().slice(0, 19).replace("T", " ")}Z`;
  return new SandboxHttpError(status, `AADSTS${code}`, text, {
    body: {
      error,
      error_description: `AADSTS${code}: ${text} Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`,
      error_codes: [code],
      timestamp,
      trace_id: trace,
      correlation_id: correlation,
    },
  });
}
