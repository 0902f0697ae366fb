import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

export function contextMissing(context: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextMissing",
    message: `The image's build context does not exist: ${context}.`,
    exitCode: ExitCode.usage,
    hint: "Correct --context or image.context in runnerctl.yaml, or leave it out to build the image that comes with runnerctl.",
    details: { context },
  });
}

export function dockerfileMissing(dockerfile: string, context: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.dockerfileMissing",
    message: `There is no Dockerfile ${dockerfile} in ${context}.`,
    exitCode: ExitCode.usage,
    hint: "Correct --file and --context, or image.dockerfile and image.context in runnerctl.yaml.",
    details: { dockerfile, context },
  });
}

export function dockerfileOutside(dockerfile: string, context: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.dockerfileOutside",
    message: `The Dockerfile ${dockerfile} lies outside the build context ${context}, and only the context is uploaded.`,
    exitCode: ExitCode.usage,
    hint: "Move it into the context, or name a folder that holds both: --context, or image.context in runnerctl.yaml.",
    details: { dockerfile, context },
  });
}

export function ignoreFileInvalid(
  file: string,
  problems: readonly { readonly line: number; readonly text: string; readonly why: string }[],
): RunnerctlError {
  return new RunnerctlError({
    code: "image.ignoreFileInvalid",
    message: `Docker would not accept ${file}.`,
    exitCode: ExitCode.usage,
    problems: problems.map(({ line, text, why }) => ({
      where: `${file}:${line}`,
      what: `${text}: ${why}`,
    })),
    hint: "Correct the pattern, or put a backslash before a character that stands for itself.",
    details: { file },
  });
}

export function contextEntryUnsupported(entry: string, kind: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextEntryUnsupported",
    message: `The build context holds ${kind}, which no image build can take: ${entry}.`,
    exitCode: ExitCode.usage,
    hint: `Remove it, or add it to .dockerignore: ${entry}`,
    details: { entry, kind },
  });
}

export function contextEntryUnreadable(entry: string, cause: unknown): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextEntryUnreadable",
    message: `A file of the build context cannot be read: ${entry}.`,
    exitCode: ExitCode.usage,
    hint: `Make it readable, or add it to .dockerignore: ${entry}`,
    cause,
    details: { entry },
  });
}

export function contextEntryChanged(entry: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextChanged",
    message: `A file of the build context changed while it was being packed: ${entry}.`,
    exitCode: ExitCode.usage,
    hint: "Run the command again when nothing writes into the folder.",
    details: { entry },
  });
}

export function contextTooLarge(
  context: string,
  bytes: number,
  limit: number,
  largest: readonly { readonly path: string; readonly bytes: number }[],
): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextTooLarge",
    message: `The build context ${context} has over ${megabytes(limit)} MB (at least ${megabytes(bytes)} MB), more than an ACR Task can take.`,
    exitCode: ExitCode.usage,
    problems: largest.map((file) => ({
      where: file.path,
      what: `${megabytes(file.bytes)} MB`,
    })),
    hint: "List what the build does not need in .dockerignore.",
    details: { bytes, limit },
  });
}

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}

export interface BuildFailureFacts {
  readonly runId: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly step?: string | undefined;
  readonly lastLines: readonly string[];
}

export function buildFailed(facts: BuildFailureFacts): RunnerctlError {
  const step = facts.step === undefined ? "" : ` in the step ${JSON.stringify(facts.step)}`;
  const reason = facts.reason === undefined ? "" : ` ${facts.reason}`;
  return new RunnerctlError({
    code: "image.buildFailed",
    message: `The image build ${facts.runId} ended as ${facts.status}${step}.${reason}`,
    exitCode: ExitCode.remote,
    problems: facts.lastLines.map((line, index) => ({
      where: index === 0 ? "log" : "",
      what: line,
    })),
    hint: "Mend the Dockerfile or the build arguments, then run the same command again.",
    details: { runId: facts.runId, status: facts.status, lastLines: facts.lastLines },
  });
}

export function buildTimedOut(runId: string, seconds: number): RunnerctlError {
  return new RunnerctlError({
    code: "image.buildTimedOut",
    message: `The image build ${runId} took longer than the ${seconds} s it is given.`,
    exitCode: ExitCode.timeout,
    hint: "Raise image.timeout in runnerctl.yaml, or make the build smaller.",
    details: { runId, timeoutSeconds: seconds },
  });
}

/** Somebody else, or Azure, cancelled it. */
export function buildCancelled(runId: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.buildCancelled",
    message: `The image build ${runId} was cancelled in Azure.`,
    exitCode: ExitCode.remote,
    hint: "Start it again: runnerctl build-image",
    details: { runId },
  });
}

export function buildWithoutDigest(runId: string, image: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.digestMissing",
    message: `The image build ${runId} succeeded, but the registry has no digest for ${image}.`,
    exitCode: ExitCode.remote,
    hint: "Build again: runnerctl build-image --force",
    details: { runId, image },
  });
}

export function registryNotDeployed(registry: string, resourceGroup: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.registryNotDeployed",
    message: `There is no registry ${registry} in ${resourceGroup} to build the image in.`,
    exitCode: ExitCode.notFound,
    hint: "Deploy first: runnerctl deploy",
    details: { registry, resourceGroup },
  });
}
