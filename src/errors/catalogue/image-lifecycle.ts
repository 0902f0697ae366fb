import { ExitCode } from "../exit-codes.js";
import { RunnerctlError } from "../runnerctl-error.js";

export function imageUnknown(
  wanted: string,
  place: string,
  tags: { readonly nearest: string | undefined; readonly newest: readonly string[] },
): RunnerctlError {
  const meant = tags.nearest === undefined ? "" : ` Did you mean ${tags.nearest}?`;
  return new RunnerctlError({
    code: "image.unknown",
    message: `${place} has no image ${JSON.stringify(wanted)}.${meant}`,
    exitCode: ExitCode.notFound,
    hint:
      tags.newest.length === 0
        ? "Build one first: runnerctl build-image"
        : `The newest are ${tags.newest.join(", ")}; all: runnerctl images list`,
    details: { wanted, nearest: tags.nearest, newest: tags.newest },
  });
}

export function rollbackImpossible(place: string, current: string | undefined): RunnerctlError {
  return new RunnerctlError({
    code: "image.rollbackImpossible",
    message:
      current === undefined
        ? `${place} has no current image to go back from.`
        : `${place} has no image older than the current one (${current}) to go back to.`,
    exitCode: ExitCode.notFound,
    hint:
      current === undefined
        ? "Name the image to use: runnerctl images list, then runnerctl images promote TAG"
        : "A newer one is reached by its name: runnerctl images promote TAG. Keep more with image.keep.",
    details: { current },
  });
}
