import type { ContextListing } from "./context-entries.js";
import { packContext } from "./tar-stream.js";

/**
 * The context as text that can be part of a task: a tar archive in base64, or undefined when that
 * would be longer than `limit`. Not compressed: compressors differ from one Node.js to the next, and
 * the same context must be the same task wherever it is deployed from.
 */
export async function encodeContext(
  listing: ContextListing,
  limit: number,
): Promise<string | undefined> {
  // Files and their headers alone: nothing that is far too large is read.
  if ((listing.bytes + listing.entries.length * 512) * (4 / 3) > limit) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of packContext(listing, { forIdentity: true })) pieces.push(piece);
  const encoded = Buffer.concat(pieces).toString("base64");
  return encoded.length > limit ? undefined : encoded;
}
