import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

/** What was being done when a call failed, in words that follow "while": "starting the job caj-x". */
export interface AzureAttempt {
  readonly doing: string;
  readonly cause?: unknown;
  readonly details?: Readonly<Record<string, unknown>>;
}

function details(attempt: AzureAttempt, more: Readonly<Record<string, unknown>>) {
  return { ...attempt.details, ...more };
}

export function azureForbidden(
  attempt: AzureAttempt & {
    readonly action?: string | undefined;
    readonly scope?: string | undefined;
    readonly role?: string | undefined;
    /** Object id of the caller, when Azure names it. */
    readonly principal?: string | undefined;
  },
): RunnerctlError {
  const { action, scope, role, principal } = attempt;
  const missing = action === undefined ? "a permission" : `the permission ${action}`;
  const where = scope === undefined ? "" : ` on ${scope}`;
  const assign =
    role === undefined
      ? "Ask an owner of the subscription for the missing role."
      : `Have an owner run: az role assignment create --role "${role}" --assignee ${principal ?? "OBJECT_ID"} --scope ${scope ?? "SCOPE"}. A new assignment can take ten minutes to work.`;
  return new RunnerctlError({
    code: "azure.forbidden",
    message: `Azure refused ${attempt.doing}: the signed-in identity lacks ${missing}${where}.`,
    exitCode: ExitCode.credentials,
    hint: assign,
    docs: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    cause: attempt.cause,
    details: details(attempt, {
      ...(action === undefined ? {} : { action }),
      ...(scope === undefined ? {} : { scope }),
      ...(role === undefined ? {} : { role }),
    }),
  });
}

/** A firewall or a private endpoint, not a role, keeps the caller out. */
export function azureNetworkForbidden(attempt: AzureAttempt): RunnerctlError {
  return new RunnerctlError({
    code: "azure.networkForbidden",
    message: `Azure refused ${attempt.doing}: the resource's firewall does not let this network in.`,
    exitCode: ExitCode.credentials,
    hint: "Run the command from inside the network, or add this machine's address to the resource's firewall.",
    cause: attempt.cause,
    details: details(attempt, {}),
  });
}

export function azureUnauthorized(attempt: AzureAttempt): RunnerctlError {
  return new RunnerctlError({
    code: "azure.unauthorized",
    message: `Azure did not accept the credential while ${attempt.doing}: the token is expired, revoked, or for another tenant.`,
    exitCode: ExitCode.credentials,
    hint: "Sign in again (az login), and check that the subscription belongs to that tenant (az account show).",
    cause: attempt.cause,
    details: details(attempt, {}),
  });
}

export function azureNotFound(
  attempt: AzureAttempt & { readonly resource?: string | undefined },
): RunnerctlError {
  const { resource } = attempt;
  return new RunnerctlError({
    code: "azure.notFound",
    message: `${resource ?? "The resource"} does not exist in Azure (while ${attempt.doing}).`,
    exitCode: ExitCode.notFound,
    hint: "Deploy first: runnerctl deploy. If it is deployed, check name and subscription in runnerctl.yaml.",
    cause: attempt.cause,
    details: details(attempt, resource === undefined ? {} : { resource }),
  });
}

export function azureConflict(attempt: AzureAttempt & { readonly reason: string }): RunnerctlError {
  return new RunnerctlError({
    code: "azure.conflict",
    message: `Azure refused ${attempt.doing} because of the resource's present state: ${attempt.reason}`,
    exitCode: ExitCode.remote,
    hint: "Another operation is probably under way on it. Wait for that to end, then run the command again.",
    cause: attempt.cause,
    details: details(attempt, {}),
  });
}

export function azureThrottled(
  attempt: AzureAttempt & { readonly retryAfterSeconds?: number | undefined },
): RunnerctlError {
  const wait =
    attempt.retryAfterSeconds === undefined ? "a minute" : `${attempt.retryAfterSeconds} s`;
  return new RunnerctlError({
    code: "azure.throttled",
    message: `Azure kept refusing ${attempt.doing} because of too many requests.`,
    exitCode: ExitCode.remote,
    hint: `Wait ${wait}, then run the command again.`,
    docs: "https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling",
    cause: attempt.cause,
    details: details(
      attempt,
      attempt.retryAfterSeconds === undefined
        ? {}
        : { retryAfterSeconds: attempt.retryAfterSeconds },
    ),
  });
}

export function azureUnavailable(
  attempt: AzureAttempt & { readonly status: number },
): RunnerctlError {
  return new RunnerctlError({
    code: "azure.unavailable",
    message: `Azure answered with an error of its own (HTTP ${attempt.status}) while ${attempt.doing}.`,
    exitCode: ExitCode.remote,
    hint: "Run the command again; if it stays so, look at https://azure.status.microsoft.",
    cause: attempt.cause,
    details: details(attempt, { status: attempt.status }),
  });
}

export function azureRejected(
  attempt: AzureAttempt & {
    readonly status?: number | undefined;
    readonly azureCode?: string | undefined;
    readonly reason: string;
  },
): RunnerctlError {
  const code = attempt.azureCode === undefined ? "" : ` (${attempt.azureCode})`;
  return new RunnerctlError({
    code: "azure.rejected",
    message: `Azure rejected the request while ${attempt.doing}${code}: ${attempt.reason}`,
    exitCode: ExitCode.remote,
    hint: "Check runnerctl.yaml against what Azure says, then run the command again.",
    cause: attempt.cause,
    details: details(attempt, {
      ...(attempt.status === undefined ? {} : { status: attempt.status }),
      ...(attempt.azureCode === undefined ? {} : { azureCode: attempt.azureCode }),
    }),
  });
}

export function azureUnreachable(
  attempt: AzureAttempt & {
    readonly host?: string | undefined;
    readonly errno: string;
    readonly why: string;
    readonly fix: string;
  },
): RunnerctlError {
  return new RunnerctlError({
    code: "azure.unreachable",
    message: `${attempt.host ?? "Azure"} could not be reached while ${attempt.doing}: ${attempt.why} (${attempt.errno}).`,
    exitCode: ExitCode.remote,
    hint: attempt.fix,
    cause: attempt.cause,
    details: details(attempt, { errno: attempt.errno }),
  });
}

export function azureTimedOut(attempt: AzureAttempt): RunnerctlError {
  return new RunnerctlError({
    code: "azure.timedOut",
    message: `Azure did not answer in time while ${attempt.doing}.`,
    exitCode: ExitCode.timeout,
    hint: "Run the command again.",
    cause: attempt.cause,
    details: details(attempt, {}),
  });
}

export function cloudUnknown(name: string, known: readonly string[]): RunnerctlError {
  return new RunnerctlError({
    code: "azure.cloudUnknown",
    message: `There is no Azure cloud named ${JSON.stringify(name)}.`,
    exitCode: ExitCode.usage,
    hint: `Set AZURE_CLOUD (or ARM_ENVIRONMENT) to one of ${known.join(", ")}, or unset it.`,
  });
}

export function cloudMetadataUnusable(host: string, what: string, cause?: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "azure.cloudMetadata",
    message: `The cloud's description at https://${host}/metadata/endpoints cannot be used: ${what}.`,
    exitCode: ExitCode.remote,
    hint: "Check ARM_METADATA_HOSTNAME; unset it for the public cloud.",
    cause,
  });
}

export function poolNotDeployed(pool: string, job: string, resourceGroup: string): RunnerctlError {
  return new RunnerctlError({
    code: "azure.poolNotDeployed",
    message: `The pool ${pool} is not deployed: there is no job ${job} in ${resourceGroup}.`,
    exitCode: ExitCode.notFound,
    hint: "Deploy first: runnerctl deploy",
    details: { pool, job, resourceGroup },
  });
}

export function workspaceNotDeployed(workspace: string, resourceGroup: string): RunnerctlError {
  return new RunnerctlError({
    code: "azure.workspaceNotDeployed",
    message: `There are no logs yet: the Log Analytics workspace ${workspace} does not exist in ${resourceGroup}.`,
    exitCode: ExitCode.notFound,
    hint: "Deploy first: runnerctl deploy",
    details: { workspace, resourceGroup },
  });
}

export function poolUnknown(
  pool: string,
  pools: readonly string[],
  nearest: string | undefined,
): RunnerctlError {
  return new RunnerctlError({
    code: "config.poolUnknown",
    message: `There is no pool ${JSON.stringify(pool)} in runnerctl.yaml.`,
    exitCode: ExitCode.usage,
    hint:
      nearest === undefined
        ? `The pools are: ${pools.join(", ")}.`
        : `Did you mean ${nearest}? The pools are: ${pools.join(", ")}.`,
    details: { pool, pools },
  });
}

export function poolNotNamed(pools: readonly string[]): RunnerctlError {
  return new RunnerctlError({
    code: "usage.poolNotNamed",
    message: "There are several pools, and none was named.",
    exitCode: ExitCode.usage,
    hint: `Name one of ${pools.join(", ")}.`,
    details: { pools },
  });
}

export function executionOfNoPool(execution: string, pools: readonly string[]): RunnerctlError {
  return new RunnerctlError({
    code: "execution.ofNoPool",
    message: `The execution ${execution} belongs to no pool of runnerctl.yaml (${pools.join(", ")}).`,
    exitCode: ExitCode.notFound,
    hint: "List the executions: runnerctl status",
    details: { execution, pools },
  });
}

export interface ExecutionFailure {
  readonly execution: string;
  readonly status: string;
  /** Phrases such as `mint: exit code 3`. */
  readonly evidence: readonly string[];
}

export function executionsFailed(
  pool: string,
  failures: readonly ExecutionFailure[],
  total: number,
  executions: unknown,
): RunnerctlError {
  const one = failures[0];
  const many = total > 1 ? `${failures.length} of ${total} executions` : `the execution`;
  const minted = failures.some(({ evidence }) => evidence.some((text) => text.startsWith("mint:")));
  return new RunnerctlError({
    code: minted ? "execution.neverRegistered" : "execution.failed",
    message: minted
      ? `In pool ${pool}, ${many} ended before a runner registered with GitHub.`
      : `In pool ${pool}, ${many} did not succeed.`,
    exitCode: ExitCode.checkFailed,
    problems: failures.map((failure) => ({
      where: failure.execution,
      what: [failure.status, ...failure.evidence].join("; "),
    })),
    hint: `Read what it printed (logs take a few minutes to arrive): runnerctl logs ${one?.execution ?? "NAME"}`,
    details: { pool, executions },
  });
}

export function executionsTimedOut(
  pool: string,
  seconds: number,
  hanging: readonly ExecutionFailure[],
  executions: unknown,
): RunnerctlError {
  return new RunnerctlError({
    code: "execution.timedOut",
    message: `In pool ${pool}, ${hanging.length === 1 ? "an execution was" : `${hanging.length} executions were`} still not over after ${seconds} s. Nothing was stopped: it goes on in Azure.`,
    exitCode: ExitCode.timeout,
    problems: hanging.map((one) => ({
      where: one.execution,
      what: [`hangs in ${one.status}`, ...one.evidence].join("; "),
    })),
    hint: `A runner waits until a job with its labels is queued. Look at: runnerctl status; runnerctl logs ${hanging[0]?.execution ?? "NAME"}`,
    details: { pool, timeoutSeconds: seconds, executions },
  });
}

export interface StartFailure {
  readonly error: RunnerctlError;
  /** The answer was lost, so Azure may have started it all the same. */
  readonly uncertain: boolean;
}

export function executionsNotStarted(
  pool: string,
  wanted: number,
  started: readonly { readonly name: string }[],
  failures: readonly StartFailure[],
): RunnerctlError {
  const first = failures[0];
  const uncertain = failures.filter((failure) => failure.uncertain).length;
  const doubt =
    uncertain === 0
      ? ""
      : ` For ${uncertain} of the others the answer was lost, so Azure may have started them.`;
  return new RunnerctlError({
    code: "execution.partlyStarted",
    message: `${started.length} of ${wanted} executions of pool ${pool} were started.${doubt}`,
    exitCode: first?.error.exitCode ?? ExitCode.remote,
    problems: failures.map((failure) => ({
      where: "start",
      what: failure.error.message,
      ...(failure.error.hint === undefined ? {} : { fix: failure.error.hint }),
    })),
    hint: "Look at what runs before starting the rest: runnerctl status",
    cause: first?.error,
    details: { pool, wanted, started, uncertain },
  });
}
