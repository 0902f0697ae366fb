import { suggestRole } from "../domain/azure-roles.js";
import {
  azureConflict,
  azureForbidden,
  azureNetworkForbidden,
  azureNotFound,
  azureRejected,
  azureThrottled,
  azureTimedOut,
  azureUnauthorized,
  azureUnavailable,
  azureUnreachable,
} from "../errors/catalogue/azure.js";
import { interrupted } from "../errors/catalogue/command.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
import { type AzureErrorFacts, readAzureError } from "./error-facts.js";

export interface AzureCall {
  /** Follows "while": "starting the job caj-x". */
  readonly doing: string;
  /** Named in "does not exist". */
  readonly resource?: string;
  /** The permission that the call needs, when the answer does not name it. */
  readonly permission?: string;
  /** Where that permission is needed: an ARM id. */
  readonly scope?: string;
  /** The role to suggest instead of the one derived from the permission. */
  readonly role?: string;
}

/** Runs a call and turns whatever it throws into an error that a user can act on. */
export async function callAzure<T>(what: AzureCall, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translateAzureError(error, what);
  }
}

/** Status and code decide; the service's message is only shown. Defects of ours pass through untouched. */
export function translateAzureError(error: unknown, what: AzureCall): unknown {
  if (error instanceof RunnerctlError) return error;
  const facts = readAzureError(error);
  if (facts.aborted) return interrupted(`It happened while ${what.doing}.`);
  if (facts.timedOut) return azureTimedOut({ doing: what.doing, cause: error });
  if (facts.status !== undefined) return translateAnswer(facts.status, facts, what, error);
  if (facts.errno !== undefined) return translateNetworkFailure(facts.errno, facts, what, error);
  return error;
}

function translateAnswer(
  status: number,
  facts: AzureErrorFacts,
  what: AzureCall,
  cause: unknown,
): RunnerctlError {
  const attempt = { doing: what.doing, cause };
  if (status === 401) return azureUnauthorized(attempt);
  if (status === 403) return translateForbidden(facts, what, cause);
  if (status === 404) {
    return azureNotFound({ ...attempt, resource: what.resource });
  }
  if (status === 408) return azureTimedOut(attempt);
  if (status === 409 || status === 412) return azureConflict({ ...attempt, reason: facts.message });
  if (status === 429) {
    return azureThrottled({ ...attempt, retryAfterSeconds: facts.retryAfterSeconds });
  }
  if (status >= 500) return azureUnavailable({ ...attempt, status });
  return azureRejected({ ...attempt, status, azureCode: facts.code, reason: facts.message });
}

function translateForbidden(
  facts: AzureErrorFacts,
  what: AzureCall,
  cause: unknown,
): RunnerctlError {
  const codes = [facts.code, ...facts.innerCodes];
  if (codes.includes("ForbiddenByConnection") || codes.includes("ForbiddenByFirewall")) {
    return azureNetworkForbidden({ doing: what.doing, cause });
  }
  const named = readAuthorizationMessage(facts.message);
  const action = named.action ?? what.permission;
  return azureForbidden({
    doing: what.doing,
    cause,
    action,
    scope: named.scope ?? what.scope,
    role: what.role ?? (action === undefined ? undefined : suggestRole(action)),
    principal: named.principal,
  });
}

/**
 * Resource Manager names principal, action and scope in the message of AuthorizationFailed only
 * (https://learn.microsoft.com/azure/role-based-access-control/troubleshooting). They are shown;
 * nothing is decided by them.
 */
function readAuthorizationMessage(message: string): {
  readonly action?: string;
  readonly scope?: string;
  readonly principal?: string;
} {
  const action = /perform action '([^']+)'/.exec(message)?.[1];
  const scope = /over scope '([^']+)'/.exec(message)?.[1];
  const principal = /object id '([^']+)'/.exec(message)?.[1];
  return {
    ...(action === undefined ? {} : { action }),
    ...(scope === undefined ? {} : { scope }),
    ...(principal === undefined ? {} : { principal }),
  };
}

const certificateProblems = new Set([
  "SELF_SIGNED_CERT_IN_CHAIN",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

const networkProblems: Readonly<Record<string, readonly [why: string, fix: string]>> = {
  ENOTFOUND: [
    "its name cannot be resolved",
    "Check the network, DNS, and HTTPS_PROXY if there is a proxy.",
  ],
  EAI_AGAIN: ["DNS does not answer", "Check the network, then run the command again."],
  ECONNREFUSED: [
    "nothing listens there",
    "Check the network and HTTPS_PROXY; with --sandbox, that the sandbox still runs (runnerctl sandbox up).",
  ],
  ECONNRESET: ["the connection was cut", "Run the command again."],
  EPIPE: ["the connection was cut", "Run the command again."],
  EHOSTUNREACH: ["there is no route to it", "Check the network and HTTPS_PROXY."],
  ENETUNREACH: ["there is no network", "Check the network."],
};

function translateNetworkFailure(
  errno: string,
  facts: AzureErrorFacts,
  what: AzureCall,
  cause: unknown,
): unknown {
  const base = { doing: what.doing, host: facts.host, errno, cause };
  if (certificateProblems.has(errno)) {
    return azureUnreachable({
      ...base,
      why: "its certificate is not trusted",
      fix: "Behind a proxy that re-signs traffic, set NODE_EXTRA_CA_CERTS to its certificate (PEM).",
    });
  }
  const known = networkProblems[errno];
  if (known !== undefined) return azureUnreachable({ ...base, why: known[0], fix: known[1] });
  if (errno === "REQUEST_SEND_ERROR" || errno.startsWith("ERR_TLS") || errno.startsWith("EPROTO")) {
    return azureUnreachable({
      ...base,
      why: "the request could not be sent",
      fix: "Check the network and HTTPS_PROXY, then run the command again.",
    });
  }
  return cause;
}
