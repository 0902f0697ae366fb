import { Readable } from "node:stream";
import type { ContextListing } from "./context-entries.js";
import { gzipMembers } from "./gzip-members.js";
import { PiecePool } from "./piece-pool.js";
import { packContext } from "./tar-stream.js";

/** The archive as it is uploaded: the same content gives the same bytes. */
export function createContextArchive(listing: ContextListing, signal?: AbortSignal): Readable {
  const pool = new PiecePool();
  return Readable.from(gzipMembers(packContext(listing, { signal, pool }), pool), {
    objectMode: false,
  });
}
