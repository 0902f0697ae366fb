import { ExitCode } from "../exit-codes.js";
import { RunnerctlError, type Problem } from "../runnerctl-error.js";

/** A diagnostic as Terraform gives it in its JSON stream. */
export interface TerraformDiagnostic {
  readonly severity: "error" | "warning";
  readonly summary: string;
  readonly detail: string;
  /** Resource address, where the diagnostic has one. */
  readonly address?: string;
}

/** Who holds a state lock, as Terraform tells it. */
export interface StateLock {
  readonly id: string;
  /** `user@host`. */
  readonly who?: string;
  readonly operation?: string;
  readonly created?: string;
  readonly path?: string;
  readonly version?: string;
}

const installDocs = "https://developer.hashicorp.com/terraform/install";

export function terraformMissing(tried: readonly string[]): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.missing",
    message: `Neither Terraform nor OpenTofu was found (looked for ${tried.join(", ")}).`,
    hint: "Install Terraform 1.5 or later, or OpenTofu, or set TERRAFORM_BINARY_NAME to its path.",
    docs: installDocs,
    exitCode: ExitCode.terraform,
    details: { tried },
  });
}

export function terraformTooOld(path: string, version: string, minimum: string): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.tooOld",
    message: `${path} is version ${version}; runnerctl needs ${minimum} or later.`,
    hint: "Install a newer Terraform or OpenTofu, or set TERRAFORM_BINARY_NAME to the path of one.",
    docs: installDocs,
    exitCode: ExitCode.terraform,
    details: { path, version, minimum },
  });
}

export function terraformUnusable(path: string, reason: string): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.unusable",
    message: `${path} could not be run: ${reason}`,
    hint: `Run \`${path} version\` to see what is wrong with it.`,
    exitCode: ExitCode.terraform,
    details: { path },
  });
}

export function stateLocked(request: {
  readonly stack: string;
  readonly directory: string;
  readonly binary: string;
  readonly lock: StateLock;
  /** The holder was a run of ours on this machine that is no longer alive. */
  readonly abandoned: boolean;
}): RunnerctlError {
  const { stack, lock, abandoned } = request;
  const unlock = `${request.binary} -chdir=${request.directory} force-unlock ${lock.id}`;
  const holder = [
    lock.who === undefined ? "someone" : lock.who,
    lock.operation === undefined ? undefined : `for ${lock.operation}`,
    lock.created === undefined ? undefined : `since ${lock.created}`,
  ].filter((part) => part !== undefined);
  return new RunnerctlError({
    code: "terraform.stateLocked",
    message: `The state of stack ${stack} is locked by ${holder.join(" ")} (lock ${lock.id}).`,
    hint: abandoned
      ? `The run that took it, on this machine, is dead. Release it: ${unlock}`
      : `Wait until that run ends. Only if you are sure that it is dead, release it: ${unlock}`,
    exitCode: ExitCode.terraform,
    details: { stack, lock, abandoned, unlock },
  });
}

export function terraformFailed(request: {
  readonly stack: string;
  /** `plan`, `apply`, `init`, … */
  readonly operation: string;
  readonly diagnostics: readonly TerraformDiagnostic[];
  readonly applied?: readonly string[];
  /** Where the whole of Terraform's own output can be read. */
  readonly exit?: string;
}): RunnerctlError {
  const errors = request.diagnostics.filter(({ severity }) => severity === "error");
  const first = errors[0];
  const done = request.applied?.length ?? 0;
  return new RunnerctlError({
    code: `terraform.${request.operation}Failed`,
    message:
      first === undefined
        ? `Terraform ${request.operation} of stack ${request.stack} ended with ${request.exit ?? "an error"} and gave no reason.`
        : `Terraform ${request.operation} of stack ${request.stack} failed: ${first.summary}`,
    hint:
      request.operation === "apply" || request.operation === "destroy"
        ? `${done} resource${done === 1 ? " was" : "s were"} done and recorded; run the same command again after mending the cause, and it goes on from there.`
        : "Nothing was changed. Mend the cause and run the same command again; --verbose shows all that Terraform said.",
    // The message has the summary of the first.
    problems: errors.map((error) => ({
      ...toProblem(error),
      ...(error === first && error.detail !== "" ? { what: error.detail } : {}),
    })),
    exitCode: ExitCode.terraform,
    details: { stack: request.stack, operation: request.operation, applied: request.applied ?? [] },
  });
}

export function providerInstallFailed(stack: string, reason: string): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.providerInstallFailed",
    message: `Terraform could not install the providers of stack ${stack}.`,
    problems: [{ where: `stack ${stack}`, what: reason }],
    hint: "Check the network, HTTPS_PROXY and the Terraform CLI configuration (TF_CLI_CONFIG_FILE), then run the same command again.",
    docs: "https://developer.hashicorp.com/terraform/cli/config/config-file#provider-installation",
    exitCode: ExitCode.terraform,
    details: { stack },
  });
}

/** The same version of a provider came with other bytes than the first time. */
export function providerChanged(request: {
  readonly stack: string;
  readonly reason: string;
  readonly lockFile: string;
}): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.providerChanged",
    message: `A provider of stack ${request.stack} is not the one that was installed before: its checksum differs.`,
    problems: [{ where: request.lockFile, what: request.reason }],
    hint: `If you know why (another mirror, another installation of runnerctl), remove ${request.lockFile} and run the same command again. Otherwise somebody may have tampered with it.`,
    docs: "https://developer.hashicorp.com/terraform/language/files/dependency-lock",
    exitCode: ExitCode.terraform,
    details: { stack: request.stack, lockFile: request.lockFile },
  });
}

export function azureLoginFailed(stack: string, diagnostic: TerraformDiagnostic): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.loginFailed",
    message: `Terraform could not log in to Azure for stack ${stack}.`,
    problems: [toProblem(diagnostic)],
    hint: "Run `az login`, or renew the credential in ARM_CLIENT_ID, ARM_CLIENT_SECRET or ARM_OIDC_TOKEN, then run the same command again.",
    docs: "https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs#authenticating-to-azure",
    exitCode: ExitCode.credentials,
    details: { stack },
  });
}

export function azurePermissionMissing(request: {
  readonly stack: string;
  readonly address: string | undefined;
  readonly principal: string | undefined;
  readonly action: string;
  readonly scope: string;
}): RunnerctlError {
  const { principal, action, scope } = request;
  const who = principal === undefined ? "The identity you deploy with" : `Principal ${principal}`;
  const role = action.startsWith("Microsoft.Authorization/")
    ? "Role Based Access Control Administrator (or Owner)"
    : "Contributor";
  return new RunnerctlError({
    code: "terraform.permissionMissing",
    message: `${who} may not perform ${action} on ${scope}.`,
    hint: `Ask an owner of the subscription for the role ${role}, wait a few minutes for it to take effect, then run the same command again.`,
    docs: "https://learn.microsoft.com/azure/role-based-access-control/troubleshooting",
    exitCode: ExitCode.credentials,
    details: { ...request },
  });
}

export function globalNameTaken(request: {
  readonly stack: string;
  readonly kind: "registry" | "key vault";
  readonly name: string;
}): RunnerctlError {
  return new RunnerctlError({
    code: request.kind === "registry" ? "terraform.registryNameTaken" : "terraform.vaultNameTaken",
    message: `The ${request.kind} name ${request.name} is taken: such names are unique in all of Azure, and somebody else has it.`,
    hint: "Change `name` in runnerctl.yaml; the names of all resources follow from it. Then run the same command again.",
    exitCode: ExitCode.usage,
    details: { ...request },
  });
}

/** A resource stands where ours should be created, and it does not carry our tags. */
export function resourceNotOurs(request: {
  readonly stack: string;
  readonly address: string;
  readonly id: string;
}): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.resourceExists",
    message: `${request.id} exists already and was not made by this deployment.`,
    hint: "Change `name` in runnerctl.yaml to deploy beside it, or remove it if nobody needs it. Then run the same command again.",
    exitCode: ExitCode.terraform,
    details: { ...request },
  });
}

/** A Terraform that a killed run left behind does not come to its end. */
export function terraformStillRunning(request: {
  readonly stack: string;
  readonly pid: number;
  readonly operation: string;
}): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.stillRunning",
    message: `A Terraform ${request.operation} of stack ${request.stack} from an earlier run is still at work (process ${request.pid}).`,
    hint: `Wait until it ends, or interrupt it gently with \`kill -INT ${request.pid}\`; then run the same command again.`,
    exitCode: ExitCode.terraform,
    details: { ...request },
  });
}

/** Going on would begin with an empty state and create everything a second time. */
export function backendChanged(request: {
  readonly stack: string;
  readonly previous: string;
  readonly command: string;
}): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.backendChanged",
    message: `The state of stack ${request.stack} is kept elsewhere (${request.previous}) than runnerctl.yaml now says.`,
    hint: `Move it: ${request.command}`,
    docs: "https://developer.hashicorp.com/terraform/cli/commands/init#backend-initialization",
    exitCode: ExitCode.terraform,
    details: { ...request },
  });
}

export function stalePlan(stack: string): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.planStale",
    message: `The state of stack ${stack} changed between plan and apply: somebody else deployed in between.`,
    hint: "Nothing was changed. Run the same command again to plan anew.",
    exitCode: ExitCode.terraform,
    details: { stack },
  });
}

export function terraformInterrupted(request: {
  readonly stack: string;
  readonly operation: string;
  readonly done: readonly string[];
  /** Started but not reported done when Terraform ended. */
  readonly inFlight: readonly string[];
}): RunnerctlError {
  const { done, inFlight, operation } = request;
  const changes = operation === "apply" || operation === "destroy";
  const left = !changes
    ? "Nothing was changed by this step."
    : `${done.length} resource${done.length === 1 ? " was" : "s were"} done and recorded` +
      (inFlight.length > 0 ? `; not known to be finished: ${inFlight.join(", ")}.` : ".");
  return new RunnerctlError({
    code: "terraform.interrupted",
    message: `Terraform ${operation} of stack ${request.stack} was interrupted. ${left}`,
    hint: "Run the same command again: it goes on from there.",
    exitCode: ExitCode.interrupted,
    details: { ...request },
  });
}

/** Azure still lists resources after everything we know of was destroyed. */
export function destroyIncomplete(
  resourceGroup: string,
  remaining: readonly string[],
): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.destroyIncomplete",
    message: `Resource group ${resourceGroup} still exists after destroy.`,
    problems: remaining.map((id) => ({ where: id, what: "was not made by this deployment" })),
    hint: `Remove what is left yourself, then run \`runnerctl destroy\` again.`,
    exitCode: ExitCode.terraform,
    details: { resourceGroup, remaining },
  });
}

/** The summary names the trouble and the detail explains it; a provider may say all in either. */
function toProblem({ address, summary, detail }: TerraformDiagnostic): Problem {
  const what =
    detail === "" || detail.includes(summary) ? detail || summary : `${summary}: ${detail}`;
  return { where: address ?? "terraform", what };
}

/** The runners need what the platform provides. */
export function platformNotDeployed(name: string): RunnerctlError {
  return new RunnerctlError({
    code: "terraform.platformNotDeployed",
    message: `Stack platform of deployment ${name} has not been applied yet; stack runners needs it.`,
    hint: "Run `runnerctl deploy` without --stack, or `runnerctl deploy --stack platform` first.",
    exitCode: ExitCode.notFound,
    details: { deployment: name },
  });
}
