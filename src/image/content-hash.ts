import { createHash } from "node:crypto";
import type { ContextListing } from "./context-entries.js";
import { createTarStream } from "./tar-stream.js";

/** Everything beside the context's files that decides what a build makes. */
export interface BuildParameters {
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly platform: string;
}

/**
 * Identifies what a build would make: a digest of the archive before compression, and of the
 * parameters. Raised when the way of building changes, so that old tags are not taken for new ones.
 */
const scheme = "runnerctl-image-1";

export async function hashContext(
  listing: ContextListing,
  parameters: BuildParameters,
): Promise<string> {
  const hash = createHash("sha256");
  const args = Object.entries(parameters.buildArgs).sort(([a], [b]) => (a < b ? -1 : 1));
  hash.update(JSON.stringify([scheme, parameters.dockerfile, parameters.platform, args]));
  hash.update("\0");
  for await (const chunk of createTarStream(listing)) hash.update(chunk as Uint8Array);
  return hash.digest("hex");
}
