import type { SandboxReply, SandboxRequest } from "../ports.js";
import type { Need, Target } from "./access.js";
import type { Operation } from "./contract.js";
import type { RateLimiter } from "./rate-limit.js";
import type { GithubStore } from "./store.js";
import type { Caller } from "./tokens.js";
import type { Actions } from "./actions/actions.js";
import type { RunnerSessions } from "./actions/sessions.js";

/** A request that has passed authentication, permission and the description's checks. */
export interface Call {
  readonly request: SandboxRequest;
  readonly operation: Operation;
  readonly path: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  readonly target: Target;
  readonly docs: string;
}

export interface Route {
  readonly need: Need;
  readonly handle: (call: Call) => SandboxReply | Promise<SandboxReply>;
}

/** By operationId. */
export type RouteTable = Readonly<Record<string, Route>>;

/** What the routes work with. */
export interface GithubParts {
  readonly store: GithubStore;
  readonly limiter: RateLimiter;
  readonly actions: Actions;
  readonly sessions: RunnerSessions;
}
