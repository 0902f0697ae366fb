import { readFileSync } from "node:fs";
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { DiagnosticError } from "../engine/diagnostics.js";
import { pause, type Life } from "../engine/pause.js";

export interface HttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const requestMilliseconds = 60_000;
const tries = 5;
const firstPauseMilliseconds = 500;
/** A server that asks for more than this is not waited for. */
const longestPauseMilliseconds = 300_000;

/** HTTP to the sandbox and nowhere else, with the retries that the real providers do. */
export class HttpClient {
  private readonly https: HttpsAgent;
  private readonly http = new HttpAgent({ keepAlive: true });

  constructor(private readonly life: Life) {
    const file = process.env["SSL_CERT_FILE"];
    this.https = new HttpsAgent({
      keepAlive: true,
      ...(file === undefined || file === "" ? {} : { ca: readFileSync(file) }),
    });
  }

  /** Retries 429, 5xx and broken connections; other statuses are the caller's to judge. */
  async send(request: HttpRequest): Promise<HttpReply> {
    refuseOtherHosts(request.url);
    for (let attempt = 1; ; attempt += 1) {
      const reply = await this.sendOnce(request).catch((error: unknown) => {
        if (attempt >= tries || !isPassing(error)) throw unreachable(request, error);
        return undefined;
      });
      if (reply !== undefined && (!isRetryable(reply.status) || attempt >= tries)) return reply;
      const wanted = reply === undefined ? undefined : retryAfterMilliseconds(reply.headers);
      if (wanted !== undefined && wanted > longestPauseMilliseconds && reply !== undefined) {
        return reply;
      }
      await this.pause(wanted ?? firstPauseMilliseconds * 2 ** (attempt - 1));
    }
  }

  async pause(milliseconds: number): Promise<void> {
    return pause(milliseconds, this.life.stop);
  }

  private async sendOnce(request: HttpRequest): Promise<HttpReply> {
    const url = new URL(request.url);
    const secure = url.protocol === "https:";
    return new Promise((resolve, reject) => {
      const body = request.body === undefined ? undefined : Buffer.from(request.body);
      const outgoing = (secure ? httpsRequest : httpRequest)(
        url,
        {
          method: request.method,
          signal: this.life.end,
          agent: secure ? this.https : this.http,
          timeout: requestMilliseconds,
          headers: {
            accept: "application/json",
            ...request.headers,
            ...(body === undefined ? {} : { "content-length": String(body.length) }),
          },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () =>
            resolve({
              status: incoming.statusCode ?? 0,
              headers: incoming.headers,
              text: Buffer.concat(chunks).toString("utf8"),
            }),
          );
        },
      );
      outgoing.on("timeout", () =>
        outgoing.destroy(Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" })),
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }
}

/** `Retry-After` in seconds or as a date; undefined when absent or unreadable. */
export function retryAfterMilliseconds(headers: IncomingHttpHeaders): number | undefined {
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function isRetryable(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

function isPassing(error: unknown): boolean {
  const code = (error as { code?: string }).code ?? "";
  return ["ECONNRESET", "EPIPE", "ETIMEDOUT", "EAI_AGAIN"].includes(code);
}

/** Whatever the environment says: a stand-in for a provider must never reach a real cloud. */
function refuseOtherHosts(address: string): void {
  const { hostname } = new URL(address);
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return;
  throw new DiagnosticError(`the sandbox's provider does not talk to ${hostname}`, {
    detail:
      "It stands in for the real provider and only reaches a sandbox on this machine. Remove the " +
      "sandbox's TF_CLI_CONFIG_FILE from the environment to use the real provider.",
  });
}

function unreachable(request: HttpRequest, error: unknown): DiagnosticError {
  const { host } = new URL(request.url);
  const reason =
    error instanceof Error ? error.message || (error as { code?: string }).code : error;
  return new DiagnosticError(`${request.method} ${host} failed: ${String(reason)}`, {
    detail: "Is the sandbox running? `runnerctl sandbox up` starts it.",
  });
}
