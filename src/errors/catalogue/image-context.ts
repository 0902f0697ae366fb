import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

export function archiveInvalid(
  archive: string,
  why: string,
  hint = "Make it anew: tar -czf context.tar.gz -C FOLDER .",
  cause?: unknown,
): RunnerctlError {
  return new RunnerctlError({
    code: "image.archiveInvalid",
    message: `The build context ${archive} cannot be used: ${why}.`,
    exitCode: ExitCode.usage,
    hint,
    cause,
    details: { archive },
  });
}

export function archiveEntryUnsupported(
  archive: string,
  entry: string,
  kind: string,
): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextEntryUnsupported",
    message: `The build context ${archive} holds ${kind}, which no image build can take: ${entry}.`,
    exitCode: ExitCode.usage,
    hint: "Make the archive without it: tar --exclude=PATTERN …",
    details: { archive, entry, kind },
  });
}

export function archiveTooLarge(archive: string, limit: number): RunnerctlError {
  return new RunnerctlError({
    code: "image.contextTooLarge",
    message: `The build context ${archive} holds over ${Math.ceil(limit / 1_000_000)} MB of files.`,
    exitCode: ExitCode.usage,
    hint: "Leave out of the archive what the build does not need.",
    details: { archive, limit },
  });
}

export function stdinIsTerminal(): RunnerctlError {
  return new RunnerctlError({
    code: "image.stdinMissing",
    message: "--context - reads an archive from standard input, and nothing is piped into it.",
    exitCode: ExitCode.usage,
    hint: "tar -c -C FOLDER . | runnerctl build-image --context -",
  });
}

export function gitAddressUnsupported(address: string, why: string, hint: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.gitAddressUnsupported",
    message: `The build context ${address} cannot be fetched: ${why}.`,
    exitCode: ExitCode.usage,
    hint,
    details: { address },
  });
}

/** `address` without the credential. */
export function gitAddressWithCredentials(address: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.gitCredentials",
    message: `The build context ${address} carries a credential, which would end up in the logs of the registry's tasks and stays in your shell's history.`,
    exitCode: ExitCode.usage,
    hint: "Revoke it if it is in use. For a private repository, check it out and give the folder: --context FOLDER",
    details: { address },
  });
}

export function targetMissing(
  target: string,
  dockerfile: string,
  stages: readonly string[],
  meant: string | undefined,
): RunnerctlError {
  const known = stages.length === 0 ? "It names no stages." : `Stages: ${stages.join(", ")}.`;
  return new RunnerctlError({
    code: "image.targetMissing",
    message: `The Dockerfile ${dockerfile} has no stage ${JSON.stringify(target)}.`,
    exitCode: ExitCode.usage,
    hint: meant === undefined ? known : `Did you mean ${meant}? ${known}`,
    details: { target, stages },
  });
}

export function platformUnsupported(
  platform: string,
  why: string,
  hint = "Leave --platform out: linux/amd64 is what is built.",
): RunnerctlError {
  return new RunnerctlError({
    code: "image.platformUnsupported",
    message: `No image is built for ${platform}: ${why}.`,
    exitCode: ExitCode.usage,
    hint,
    details: { platform },
  });
}

export function tagInvalid(tag: string, why: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.tagInvalid",
    message: `${JSON.stringify(tag)} cannot be a tag: ${why}.`,
    exitCode: ExitCode.usage,
    hint: "A tag has up to 128 letters, digits, dots, dashes and underscores; --tag REPOSITORY:TAG names another repository of the same registry.",
    details: { tag },
  });
}

export function buildArgInvalid(message: string, hint: string): RunnerctlError {
  return new RunnerctlError({
    code: "image.buildArgInvalid",
    message,
    exitCode: ExitCode.usage,
    hint,
  });
}
