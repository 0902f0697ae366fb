import { request as requestHttp, type IncomingHttpHeaders } from "node:http";
import { request as requestHttps } from "node:https";

export interface HttpAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; undefined when there is none. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly json: any;
}

/** One request on a connection of its own, trusting the sandbox's CA alone. */
export async function send(
  url: string,
  options: {
    readonly method?: string;
    readonly headers?: Record<string, string>;
    readonly body?: unknown;
    readonly ca?: string;
    readonly signal?: AbortSignal;
  } = {},
): Promise<HttpAnswer> {
  const { body } = options;
  const text =
    body === undefined || typeof body === "string" || body instanceof URLSearchParams
      ? body?.toString()
      : JSON.stringify(body);
  const type =
    body instanceof URLSearchParams ? "application/x-www-form-urlencoded" : "application/json";
  const open = url.startsWith("https:") ? requestHttps : requestHttp;
  return await new Promise((resolve, reject) => {
    const sent = open(
      url,
      {
        method: options.method ?? "GET",
        agent: false,
        headers: { ...(text === undefined ? {} : { "content-type": type }), ...options.headers },
        ...(options.ca === undefined ? {} : { ca: options.ca }),
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      },
      (response) => {
        let received = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (received += chunk));
        response.on("error", reject);
        response.on("end", () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text: received,
            json: received.startsWith("{") ? JSON.parse(received) : undefined,
          }),
        );
      },
    );
    sent.on("error", reject);
    sent.end(text);
  });
}

/** A token of the client-credentials grant. */
export async function fetchToken(
  origin: string,
  environment: Readonly<Record<string, string>>,
  options: {
    readonly scope?: string;
    readonly clientId?: string;
    readonly clientSecret?: string;
    readonly ca?: string;
  } = {},
): Promise<string> {
  const answer = await send(`${origin}/${environment["ARM_TENANT_ID"]}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: options.clientId ?? environment["ARM_CLIENT_ID"] ?? "",
      client_secret: options.clientSecret ?? environment["ARM_CLIENT_SECRET"] ?? "",
      scope: options.scope ?? "https://management.azure.com/.default",
    }),
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  });
  if (answer.status !== 200) throw new Error(`No token: ${answer.status} ${answer.text}`);
  return String(answer.json.access_token);
}
