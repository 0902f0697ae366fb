import type { GithubConclusion, GithubJobMessage, GithubRunner } from "../ports.js";

/*
 * The private protocol between the sandbox and the stand-in for the runner application, in place of
 * GitHub's own. Paths are below `/_runner/`; `Authorization: Bearer` carries the credential of the
 * JIT configuration for POST sessions and the session for everything else.
 */

/** POST sessions */
export interface OpenSessionRequest {
  readonly version: string;
  readonly os: string;
  readonly architecture: string;
}
export interface OpenSessionReply {
  readonly session: string;
  readonly runner: GithubRunner;
}

/** GET job: 200 with one, or 204 when there is none yet. */
export type JobReply = GithubJobMessage;

/** GET cancellation: 200 `{cancelled: true}`, or 204 when not yet. Also the session's sign of life. */
export interface CancellationReply {
  readonly cancelled: boolean;
}

/** POST job/start, POST steps, POST log, POST job/finish, DELETE sessions */
export interface StepRequest {
  readonly number: number;
  readonly name: string;
  /** Absent: the step starts. */
  readonly conclusion?: GithubConclusion;
}
export interface LogRequest {
  readonly lines: readonly string[];
}
export interface FinishRequest {
  readonly conclusion: GithubConclusion;
}
