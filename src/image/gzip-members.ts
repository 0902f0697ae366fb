import { availableParallelism } from "node:os";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { PiecePool } from "./piece-pool.js";

const compress = promisify(gzip);

/** The default of gzip, named so that a change of the library's does not change archives. */
const level = 6;
/** Of the buffers that take what is compressed: most members fit into one. */
const chunkSize = 256 * 1024;

/**
 * Gzips each piece for itself, several at a time: gzip's files may be joined end to end, and every
 * reader takes them as one (https://www.rfc-editor.org/rfc/rfc1952#page-5). The same pieces give the
 * same bytes; neither name nor time is in the headers.
 */
export async function* gzipMembers(
  pieces: AsyncIterable<Buffer>,
  pool?: PiecePool,
): AsyncGenerator<Buffer> {
  const atOnce = Math.min(8, availableParallelism()) + 1;
  const running: Promise<Buffer>[] = [];
  try {
    for await (const piece of pieces) {
      const member = compress(piece, { level, chunkSize });
      running.push(member.finally(() => pool?.give(piece)));
      if (running.length >= atOnce) yield await (running.shift() as Promise<Buffer>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<Buffer>);
  } finally {
    // Left early, by an error or a reader that has gone: nobody waits for these any more.
    await Promise.allSettled(running);
  }
}
