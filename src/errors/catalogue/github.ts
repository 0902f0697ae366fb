import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

export interface GithubAttempt {
  readonly doing: string;
  readonly cause?: unknown;
}

export function githubUnauthorized(attempt: GithubAttempt): RunnerctlError {
  return new RunnerctlError({
    code: "github.unauthorized",
    message: `GitHub did not accept the credential while ${attempt.doing}: it is wrong, expired or revoked.`,
    exitCode: ExitCode.credentials,
    hint: "Store a valid one: runnerctl secret set < FILE",
    cause: attempt.cause,
  });
}

export function githubForbidden(
  attempt: GithubAttempt & { readonly permissions?: string | undefined },
): RunnerctlError {
  const { permissions } = attempt;
  return new RunnerctlError({
    code: "github.forbidden",
    message:
      permissions === undefined
        ? `GitHub refused ${attempt.doing}: the credential lacks a permission.`
        : `GitHub refused ${attempt.doing}: the credential lacks the permission ${permissions}.`,
    exitCode: ExitCode.credentials,
    hint: "Give it to the App or token on GitHub (repository: administration write; organization: self-hosted runners write); an App's installation must accept the change.",
    docs: "https://docs.github.com/rest/authentication/permissions-required-for-github-apps",
    cause: attempt.cause,
    details: permissions === undefined ? {} : { permissions },
  });
}

export function githubNotFound(
  attempt: GithubAttempt & { readonly resource?: string | undefined },
): RunnerctlError {
  return new RunnerctlError({
    code: "github.notFound",
    message: `GitHub does not know ${attempt.resource ?? "the resource"}, or does not show it to this credential (while ${attempt.doing}).`,
    exitCode: ExitCode.notFound,
    hint: "Check github.owner, github.repositories and github.auth in runnerctl.yaml, and that the App is installed there or the token has access.",
    cause: attempt.cause,
  });
}

export function githubRunnerBusy(runner: string, cause?: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "github.runnerBusy",
    message: `The runner ${runner} is running a job and was left alone.`,
    exitCode: ExitCode.remote,
    hint: "Wait until its job has ended, or cancel that job on GitHub.",
    cause,
  });
}

export function githubConflict(
  attempt: GithubAttempt & { readonly reason: string },
): RunnerctlError {
  return new RunnerctlError({
    code: "github.conflict",
    message: `GitHub refused ${attempt.doing}: ${attempt.reason}`,
    exitCode: ExitCode.remote,
    hint: "Run the command again; a name that is taken is given up by GitHub when its runner goes.",
    cause: attempt.cause,
  });
}

export function githubRejected(
  attempt: GithubAttempt & { readonly status?: number | undefined; readonly reason: string },
): RunnerctlError {
  return new RunnerctlError({
    code: "github.rejected",
    message: `GitHub rejected the request while ${attempt.doing}: ${attempt.reason}`,
    exitCode: ExitCode.remote,
    hint: "Check the github section of runnerctl.yaml.",
    cause: attempt.cause,
    details: attempt.status === undefined ? {} : { status: attempt.status },
  });
}

export function githubRateLimited(
  attempt: GithubAttempt & { readonly retryAfterSeconds?: number | undefined },
): RunnerctlError {
  const wait =
    attempt.retryAfterSeconds === undefined ? "a few minutes" : `${attempt.retryAfterSeconds} s`;
  return new RunnerctlError({
    code: "github.rateLimited",
    message: `GitHub's rate limit is spent (while ${attempt.doing}).`,
    exitCode: ExitCode.remote,
    hint: `Wait ${wait}, then run the command again. A GitHub App has a higher limit than a token.`,
    docs: "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api",
    cause: attempt.cause,
    details:
      attempt.retryAfterSeconds === undefined
        ? {}
        : { retryAfterSeconds: attempt.retryAfterSeconds },
  });
}

export function githubUnavailable(
  attempt: GithubAttempt & { readonly status: number },
): RunnerctlError {
  return new RunnerctlError({
    code: "github.unavailable",
    message: `GitHub answered with an error of its own (HTTP ${attempt.status}) while ${attempt.doing}.`,
    exitCode: ExitCode.remote,
    hint: "Run the command again; if it stays so, look at https://www.githubstatus.com.",
    cause: attempt.cause,
    details: { status: attempt.status },
  });
}

export function githubUnreachable(
  attempt: GithubAttempt & {
    readonly host: string;
    readonly errno: string;
  },
): RunnerctlError {
  return new RunnerctlError({
    code: "github.unreachable",
    message: `${attempt.host} could not be reached while ${attempt.doing} (${attempt.errno}).`,
    exitCode: ExitCode.remote,
    hint: "Check github.url in runnerctl.yaml, the network and HTTPS_PROXY; for a certificate of your own set NODE_EXTRA_CA_CERTS.",
    cause: attempt.cause,
    details: { errno: attempt.errno },
  });
}

/** A credential that was to be stored, and that GitHub does not know. */
export function githubSecretRefused(what: string, fix: string): RunnerctlError {
  return new RunnerctlError({
    code: "github.unauthorized",
    message: `${what} Nothing was stored.`,
    exitCode: ExitCode.credentials,
    hint: fix,
  });
}

export function githubSecretLacksPermission(
  what: string,
  fix: string,
  details: Readonly<Record<string, unknown>>,
): RunnerctlError {
  return new RunnerctlError({
    code: "github.permissionMissing",
    message: `${what} Nothing was stored.`,
    exitCode: ExitCode.credentials,
    hint: fix,
    details,
  });
}
