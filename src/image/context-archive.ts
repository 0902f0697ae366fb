import { pipeline, type Readable } from "node:stream";
import { createGzip } from "node:zlib";
import type { ContextListing } from "./context-entries.js";
import { createTarStream } from "./tar-stream.js";

/** The archive as it is uploaded. zlib writes no name and no time into its header. */
export function createContextArchive(listing: ContextListing): Readable {
  const gzip = createGzip({ level: 6 });
  pipeline(createTarStream(listing), gzip, () => {
    // The error is the gzip stream's own by now, and its reader gets it.
  });
  return gzip;
}
