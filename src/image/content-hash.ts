import { createHash } from "node:crypto";
import type { BuildContext } from "./build-context.js";

/** Everything beside the context that decides what a build makes. */
export interface BuildParameters {
  readonly buildArgs: Readonly<Record<string, string>>;
  /** Values of secrets are left out: a token that is renewed makes no other image. */
  readonly secretNames: readonly string[];
  readonly platform: string;
  readonly target: string | undefined;
}

/** Raised when the way of building changes, so that old tags are not taken for new ones. */
const scheme = "runnerctl-image-2";

/** Identifies what a build would make, by its context and its parameters. */
export async function hashContext(
  context: Pick<BuildContext, "kind" | "dockerfile" | "identify">,
  parameters: BuildParameters,
): Promise<string> {
  const hash = createHash("sha256");
  const args = Object.entries(parameters.buildArgs).sort(([a], [b]) => (a < b ? -1 : 1));
  hash.update(
    JSON.stringify([
      scheme,
      context.kind,
      context.dockerfile,
      parameters.platform,
      parameters.target ?? "",
      args,
      [...parameters.secretNames].sort(),
    ]),
  );
  hash.update("\0");
  await context.identify(hash);
  return hash.digest("hex");
}
