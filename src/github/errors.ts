import { interrupted } from "../errors/catalogue/command.js";
import {
  githubConflict,
  githubForbidden,
  githubNotFound,
  githubRateLimited,
  githubRejected,
  githubUnauthorized,
  githubUnavailable,
  githubUnreachable,
} from "../errors/catalogue/github.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";

export interface GithubCall {
  /** Follows "while": "listing the runners of the organization acme". */
  readonly doing: string;
  readonly resource?: string;
  /** The permission that the call needs, when the answer does not name it. */
  readonly permission?: string;
  readonly apiUrl: string;
}

export async function callGithub<T>(what: GithubCall, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw translateGithubError(error, what);
  }
}

/** By status and headers: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api */
export function translateGithubError(error: unknown, what: GithubCall): unknown {
  if (error instanceof RunnerctlError || !(error instanceof Error)) return error;
  if (error.name === "AbortError") return interrupted(`It happened while ${what.doing}.`);
  const status = numberAt(error, "status");
  const headers = field(field(error, "response"), "headers");
  const attempt = { doing: what.doing, cause: error };
  // Octokit gives failures of the network the status 500, but no response.
  if (status === undefined || headers === undefined) {
    if (isAborted(error.cause)) return interrupted(`It happened while ${what.doing}.`);
    const errno = findErrno(error);
    if (errno === undefined) return error;
    return githubUnreachable({ ...attempt, host: new URL(what.apiUrl).host, errno });
  }
  const reason = textAt(field(field(error, "response"), "data"), "message") ?? `HTTP ${status}`;
  const retryAfterSeconds = readWait(headers);
  switch (status) {
    case 401:
      return githubUnauthorized(attempt);
    case 403:
      if (isRateLimit(headers)) return githubRateLimited({ ...attempt, retryAfterSeconds });
      return githubForbidden({
        ...attempt,
        permissions: textAt(headers, "x-accepted-github-permissions") ?? what.permission,
      });
    case 404:
      return githubNotFound({ ...attempt, resource: what.resource });
    case 409:
      return githubConflict({ ...attempt, reason });
    case 429:
      return githubRateLimited({ ...attempt, retryAfterSeconds });
    default:
      return status >= 500
        ? githubUnavailable({ ...attempt, status })
        : githubRejected({ ...attempt, status, reason });
  }
}

export function statusOf(error: unknown): number | undefined {
  return field(error, "response") === undefined ? undefined : numberAt(error, "status");
}

/** Both limits also answer 403; only then are these headers so. */
function isRateLimit(headers: unknown): boolean {
  return (
    textAt(headers, "retry-after") !== undefined || textAt(headers, "x-ratelimit-remaining") === "0"
  );
}

function readWait(headers: unknown): number | undefined {
  const after = Number(textAt(headers, "retry-after") ?? Number.NaN);
  if (Number.isFinite(after)) return after;
  const reset = Number(textAt(headers, "x-ratelimit-reset") ?? Number.NaN);
  return Number.isFinite(reset) ? Math.max(0, Math.ceil(reset - Date.now() / 1000)) : undefined;
}

/** System errors, and OpenSSL's words on certificates. */
const networkCode =
  /^(E[A-Z]+|[A-Z_]*CERT[A-Z_]*|UNABLE_TO_[A-Z_]+|ERR_TLS_[A-Z_]+|REQUEST_SEND_ERROR)$/;

/** `ECONNREFUSED` and the like: on the error or on what caused it. */
function findErrno(error: unknown): string | undefined {
  let current: unknown = error;
  for (let depth = 0; depth < 4 && current !== undefined; depth += 1) {
    const code = textAt(current, "code");
    if (code !== undefined && networkCode.test(code)) return code;
    current = field(current, "cause");
  }
  return undefined;
}

function isAborted(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const found = field(value, key);
  if (typeof found === "number") return String(found);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function numberAt(value: unknown, key: string): number | undefined {
  const found = field(value, key);
  return typeof found === "number" ? found : undefined;
}
