import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { Readable } from "node:stream";
import { setImmediate as nextTurn } from "node:timers/promises";
import { contextEntryChanged, contextEntryUnreadable } from "../errors/catalogue/image.js";
import type { ContextEntry, ContextListing, FileEntry } from "./context-entries.js";
import { PiecePool, pieceSize } from "./piece-pool.js";
import { encodeTarHeader, paddingOf, tarEnd, type TarEntryHeader } from "./tar-header.js";

export interface TarOptions {
  /**
   * What stands for the content rather than for this copy of it: hard links written out (a checkout
   * has none), and without the write bits that differ from umask to umask.
   */
  readonly forIdentity?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Where pieces come from, and the reader puts them back. */
  readonly pool?: PiecePool;
}

/** The context as a tar archive that depends on its content alone: fixed order, owner and times. */
export function createTarStream(listing: ContextListing, options: TarOptions = {}): Readable {
  return Readable.from(packContext(listing, options), { objectMode: false });
}

/** Files stream through; of each, one piece at a time is in memory. */
export async function* packContext(
  listing: ContextListing,
  options: TarOptions = {},
): AsyncGenerator<Buffer> {
  const pieces = new Pieces(options.pool ?? new PiecePool());
  for (const entry of listing.entries) {
    pieces.add(encodeTarHeader(toHeader(entry, options)));
    if (entry.type === "file" && hasContent(entry, options)) {
      for (const chunk of readContent(entry, pieces)) {
        yield chunk;
        await giveWay(options.signal);
      }
      pieces.add(Buffer.alloc(paddingOf(entry.size)));
    }
    while (pieces.full !== undefined) {
      yield pieces.take();
      await giveWay(options.signal);
    }
  }
  pieces.add(tarEnd);
  while (pieces.full !== undefined) yield pieces.take();
  yield pieces.rest();
}

/** Reading is synchronous: without this, an interrupt would not be noticed before the end. */
async function giveWay(signal: AbortSignal | undefined): Promise<void> {
  await nextTurn();
  signal?.throwIfAborted();
}

/** Fills pieces of equal size, so that tens of thousands of small files do not make as many chunks. */
class Pieces {
  full: Buffer | undefined;
  private waiting: Buffer[] = [];
  private current: Buffer;
  private used = 0;

  constructor(private readonly pool: PiecePool) {
    this.current = pool.take();
  }

  /** Room in the present piece, to be read into. */
  get room(): Buffer {
    return this.current.subarray(this.used);
  }

  advance(bytes: number): void {
    this.used += bytes;
    if (this.used < pieceSize) return;
    this.waiting.push(this.current);
    this.full = this.waiting[0];
    this.current = this.pool.take();
    this.used = 0;
  }

  add(bytes: Buffer): void {
    for (let offset = 0; offset < bytes.length;) {
      const copied = bytes.copy(this.room, 0, offset);
      offset += copied;
      this.advance(copied);
    }
  }

  take(): Buffer {
    const [piece = Buffer.alloc(0), ...others] = this.waiting;
    this.waiting = others;
    this.full = others[0];
    return piece;
  }

  rest(): Buffer {
    return this.current.subarray(0, this.used);
  }
}

function* readContent(entry: FileEntry, pieces: Pieces): Generator<Buffer> {
  const descriptor = openEntry(entry);
  try {
    let left = entry.size;
    while (left > 0) {
      const room = pieces.room;
      const bytes = readSync(descriptor, room, 0, Math.min(room.length, left), null);
      if (bytes === 0) throw contextEntryChanged(entry.path);
      left -= bytes;
      pieces.advance(bytes);
      while (pieces.full !== undefined) yield pieces.take();
    }
    // Written to since it was listed, or grown: the archive would hold a mixture.
    const stats = fstatSync(descriptor);
    if (stats.size !== entry.size || stats.mtimeMs !== entry.modifiedMs) {
      throw contextEntryChanged(entry.path);
    }
  } finally {
    closeSync(descriptor);
  }
}

function openEntry(entry: FileEntry): number {
  try {
    return openSync(entry.source, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw contextEntryChanged(entry.path);
    throw contextEntryUnreadable(entry.path, error);
  }
}

function hasContent(entry: FileEntry, options: TarOptions): boolean {
  return options.forIdentity === true || entry.sameAs === undefined;
}

function toHeader(entry: ContextEntry, options: TarOptions): TarEntryHeader {
  const mode = options.forIdentity === true ? entry.mode & ~0o022 : entry.mode;
  switch (entry.type) {
    case "directory":
      return { path: `${entry.path}/`, type: "directory", mode, size: 0 };
    case "symlink":
      return { path: entry.path, type: "symlink", mode, size: 0, linkTarget: entry.target };
    case "file":
      return hasContent(entry, options)
        ? { path: entry.path, type: "file", mode, size: entry.size }
        : { path: entry.path, type: "hardlink", mode, size: 0, linkTarget: entry.sameAs ?? "" };
  }
}
