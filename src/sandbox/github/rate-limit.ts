import type { Clock } from "../ports.js";
import { makeGithubError } from "./errors.js";
import type { Caller } from "./tokens.js";

export interface RateWindow {
  readonly limit: number;
  readonly used: number;
  readonly remaining: number;
  /** Seconds since 1970. */
  readonly reset: number;
  readonly resource: "core";
}

const hourSeconds = 3600;

/** Requests an hour: https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api */
function limitOf(caller: Caller): number {
  if (caller.kind === "anonymous") return 60;
  if (caller.kind === "token" && caller.token.kind === "installation") return 15_000;
  if (caller.kind === "token" && caller.token.kind === "job") return 1_000;
  return 5_000;
}

function keyOf(caller: Caller): string {
  if (caller.kind === "anonymous") return "anonymous";
  if (caller.kind === "app") return `app:${caller.app.id}`;
  const { token } = caller;
  if (token.kind === "installation") return `installation:${token.installationId}`;
  if (token.kind === "job") return `job:${token.jobId}`;
  return `user:${token.owner.toLowerCase()}`;
}

/** The primary limit: a window an hour long that begins with the first request in it. */
export class RateLimiter {
  private readonly windows = new Map<string, { used: number; reset: number }>();

  constructor(private readonly clock: Clock) {}

  /** Counts a request; throws 403 when the window is spent. */
  take(caller: Caller): RateWindow {
    const before = this.look(caller);
    if (before.remaining === 0) {
      const who = caller.kind === "token" ? `user ID ${caller.token.id}` : "127.0.0.1";
      throw makeGithubError(403, `API rate limit exceeded for ${who}.`, {
        docs: "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
        headers: describeWindow(before),
      });
    }
    this.windows.set(keyOf(caller), { used: before.used + 1, reset: before.reset });
    return this.look(caller);
  }

  /** A conditional request that was answered 304 does not count. */
  giveBack(caller: Caller): RateWindow {
    const now = this.look(caller);
    this.windows.set(keyOf(caller), { used: Math.max(0, now.used - 1), reset: now.reset });
    return this.look(caller);
  }

  look(caller: Caller): RateWindow {
    const nowSeconds = Math.floor(this.clock.now().getTime() / 1000);
    const known = this.windows.get(keyOf(caller));
    const open = known !== undefined && known.reset > nowSeconds;
    const limit = limitOf(caller);
    const used = open ? known.used : 0;
    const reset = open ? known.reset : nowSeconds + hourSeconds;
    return { limit, used, remaining: Math.max(0, limit - used), reset, resource: "core" };
  }

  /** For the control endpoint: leaves so many requests in the current window. */
  setRemaining(caller: Caller, remaining: number): void {
    const { limit, reset } = this.look(caller);
    this.windows.set(keyOf(caller), { used: Math.max(0, limit - remaining), reset });
  }
}

export function describeWindow(window: RateWindow): Record<string, string> {
  return {
    "x-ratelimit-limit": String(window.limit),
    "x-ratelimit-remaining": String(window.remaining),
    "x-ratelimit-used": String(window.used),
    "x-ratelimit-reset": String(window.reset),
    "x-ratelimit-resource": window.resource,
  };
}
