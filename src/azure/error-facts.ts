/** What an SDK's error says, in one shape: the SDKs put it in several places. */
export interface AzureErrorFacts {
  readonly status: number | undefined;
  /** `AuthorizationFailed`, `ResourceNotFound`. */
  readonly code: string | undefined;
  /** Codes of nested errors, outermost first: `ForbiddenByRbac`. */
  readonly innerCodes: readonly string[];
  /** The service's own words, for display only. */
  readonly message: string;
  readonly retryAfterSeconds: number | undefined;
  /** `ENOTFOUND`, `ECONNREFUSED`, `SELF_SIGNED_CERT_IN_CHAIN`: the request never got an answer. */
  readonly errno: string | undefined;
  readonly host: string | undefined;
  readonly aborted: boolean;
  readonly timedOut: boolean;
}

export function readAzureError(error: unknown): AzureErrorFacts {
  const status = numberAt(error, "statusCode") ?? numberAt(error, "status");
  const body = readErrorBody(error);
  const name = textAt(error, "name");
  const ownCode = textAt(error, "code");
  return {
    status,
    code: textAt(body, "code") ?? (status === undefined ? undefined : ownCode),
    innerCodes: innerCodes(body),
    message: firstLine(textAt(body, "message") ?? textAt(error, "message") ?? String(error)),
    retryAfterSeconds: readRetryAfter(error),
    errno: status === undefined ? (ownCode ?? textAt(at(error, "cause"), "code")) : undefined,
    host: readHost(error),
    aborted: name === "AbortError",
    timedOut: name === "TimeoutError" || ownCode === "ETIMEDOUT",
  };
}

/** The `error` object of the answer: parsed by the SDK, or still text. */
function readErrorBody(error: unknown): unknown {
  const details = at(error, "details");
  const parsed = at(details, "error") ?? details;
  if (textAt(parsed, "code") !== undefined) return parsed;
  const text = textAt(at(error, "response"), "bodyAsText");
  if (text === undefined) return undefined;
  try {
    const body: unknown = JSON.parse(text);
    // Registries answer with a list of errors, everything else with one.
    return at(body, "error") ?? at(at(body, "errors"), "0") ?? body;
  } catch {
    return undefined;
  }
}

function innerCodes(body: unknown): string[] {
  const codes: string[] = [];
  let inner: unknown = at(body, "innererror") ?? at(body, "innerError");
  for (let depth = 0; depth < 5 && inner !== undefined; depth += 1) {
    const code = textAt(inner, "code");
    if (code !== undefined) codes.push(code);
    inner = at(inner, "innererror") ?? at(inner, "innerError");
  }
  return codes;
}

function readRetryAfter(error: unknown): number | undefined {
  const headers = at(at(error, "response"), "headers");
  const get = at(headers, "get");
  if (typeof get !== "function") return undefined;
  const value: unknown = get.call(headers, "retry-after");
  const seconds = typeof value === "string" ? Number(value) : Number.NaN;
  return Number.isFinite(seconds) ? seconds : undefined;
}

function readHost(error: unknown): string | undefined {
  const url = textAt(at(error, "request"), "url");
  if (url === undefined || !URL.canParse(url)) return undefined;
  return new URL(url).host;
}

function at(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

function textAt(value: unknown, key: string): string | undefined {
  const found = at(value, key);
  return typeof found === "string" && found !== "" ? found : undefined;
}

function numberAt(value: unknown, key: string): number | undefined {
  const found = at(value, key);
  return typeof found === "number" ? found : undefined;
}

function firstLine(text: string): string {
  return (text.split("\n")[0] ?? "").trim();
}
