import { Octokit } from "@octokit/rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import type { Emit } from "../output/events.js";
import { authOptions, type GithubCredential } from "./auth.js";
import { createFetch } from "./fetch.js";

export interface GithubClientOptions {
  /** REST base without a trailing slash. */
  readonly apiUrl: string;
  readonly credential: GithubCredential;
  readonly ca?: string | undefined;
  readonly version?: string | undefined;
  readonly emit: Emit;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds in a second of waiting between tries; tests shorten it. */
  readonly retrySecond?: number;
}

export interface GithubClient {
  readonly octokit: Octokit;
  readonly apiUrl: string;
  readonly signal: AbortSignal | undefined;
}

/** Longer waits are not waited for: the user is told instead. */
const longestWaitSeconds = 60;

const ThrottledOctokit = Octokit.plugin(retry, throttling);

export function createGithubClient(options: GithubClientOptions): GithubClient {
  const { emit, retrySecond = 1000 } = options;
  const waitIfShort =
    (limit: string) =>
    (retryAfter: number, _request: unknown, _octokit: unknown, retries: number): boolean => {
      const willWait = retryAfter <= longestWaitSeconds && retries < 2;
      emit({
        name: "github.rateLimited",
        level: willWait ? "info" : "warn",
        message: `GitHub's ${limit} rate limit is reached${willWait ? `; going on in ${retryAfter} s` : ""}.`,
        data: { limit, retryAfterSeconds: retryAfter },
      });
      return willWait;
    };
  const octokit = new ThrottledOctokit({
    ...authOptions(options.credential),
    baseUrl: options.apiUrl,
    userAgent: `runnerctl/${options.version ?? "0.0.0"}`,
    request: {
      fetch: createFetch({ ca: options.ca }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
    // 409 is an answer (a runner's name is taken), not a passing fault; 429 is the throttle's.
    retry: {
      doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451],
      retryAfterBaseValue: retrySecond,
    },
    throttle: {
      onRateLimit: waitIfShort("primary"),
      onSecondaryRateLimit: waitIfShort("secondary"),
      retryAfterBaseValue: retrySecond,
    },
    // Octokit's own chatter; what matters arrives as errors and events.
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  octokit.hook.after("request", (response) => {
    // A redirect that leads to another host is not followed; Octokit would take it for an answer.
    const { status } = response;
    if (status >= 300) throw Object.assign(new Error(`HTTP ${status}`), { status, response });
  });
  return { octokit, apiUrl: options.apiUrl, signal: options.signal };
}

function silent(): void {
  // Nothing.
}
