import { lstatSync, readdirSync, readlinkSync, type Stats, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join, posix, sep } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ContextFile } from "../domain/build-arguments.js";
import {
  contextEntryUnreadable,
  contextEntryUnsupported,
  contextMissing,
  contextTooLarge,
} from "../errors/catalogue/image.js";
import { type IgnoreFile, readIgnoreFile } from "./ignore-file.js";
import type { IgnoreMatch } from "./ignore-rules.js";
import { locateDockerfile } from "./locate-dockerfile.js";

interface EntryBase {
  /** Inside the context, with `/`, no leading `./`. */
  readonly path: string;
  readonly mode: number;
}

/** A file as it was when it was listed: packed later, it must still be the same. */
export interface FileEntry extends EntryBase {
  readonly type: "file";
  /** Where its content is read. */
  readonly source: string;
  readonly size: number;
  readonly modifiedMs: number;
  /** Identifies the file among its other names, if it has any. */
  readonly inode?: string;
  /** The path of an earlier entry that is the same file under another name. */
  readonly sameAs?: string;
}

export type ContextEntry =
  | FileEntry
  | (EntryBase & { readonly type: "directory" })
  | (EntryBase & { readonly type: "symlink"; readonly target: string });

export interface ContextListing {
  readonly folder: string;
  /** Inside the context, with `/`. */
  readonly dockerfile: string;
  /** Sorted by path, byte by byte: the order in every archive of the same content. */
  readonly entries: readonly ContextEntry[];
  readonly bytes: number;
}

export interface ContextOptions {
  /** Bytes of all files together. */
  readonly limit?: number;
  /** Files from elsewhere, in their places beside or instead of those in the folder. */
  readonly files?: readonly ContextFile[];
  /** A Dockerfile that is not in the context may be named relative to this folder. */
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Azure publishes no limit. The address of an upload is good for an hour, and the agent holds the
 * archive, what it unpacks and the image on one disk: more than this does not end well there.
 */
export const contextSizeLimit = 5_000_000_000;

/** What of a folder belongs to its build context, by Docker's rules. */
export async function listContext(
  folder: string,
  dockerfile: string,
  options: ContextOptions = {},
): Promise<ContextListing> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true) throw contextMissing(folder);
  const located = await locateDockerfile(folder, dockerfile, options.cwd);
  const ignore = await readIgnoreFile(folder, located.path, located.realPath);
  const walk = new Walk(folder, ignore, options);
  await walk.visit("", ignore.rules.top);
  for (const file of [...ignore.files, ...(options.files ?? [])]) walk.place(file);
  return { folder, dockerfile: located.path, entries: walk.conclude(), bytes: walk.bytes };
}

/** Turns between which other work (a signal, the terminal) gets its chance. */
const entriesPerTurn = 200;

class Walk {
  bytes = 0;
  private readonly entries = new Map<string, ContextEntry>();
  private readonly largest: { path: string; bytes: number }[] = [];
  private seen = 0;

  constructor(
    private readonly folder: string,
    private readonly ignore: IgnoreFile,
    private readonly options: ContextOptions,
  ) {}

  // Synchronous calls: for tens of thousands of small files they are several times as fast.
  async visit(directory: string, match: IgnoreMatch): Promise<void> {
    const names = this.read(directory, () => readdirSync(join(this.folder, directory)));
    for (const name of names) {
      this.seen += 1;
      if (this.seen % entriesPerTurn === 0) {
        await nextTurn();
        this.options.signal?.throwIfAborted();
      }
      const path = directory === "" ? name : `${directory}/${name}`;
      await this.visitEntry(path, match);
    }
  }

  private async visitEntry(path: string, parent: IgnoreMatch): Promise<void> {
    const match = this.ignore.rules.match(path, parent);
    const ignored = match.ignored && !this.ignore.always.has(path);
    const absolute = join(this.folder, path);
    const stats = this.read(path, () => lstatSync(absolute));
    if (stats.isDirectory()) {
      if (!ignored) this.addDirectory(path, stats);
      // An ignored folder is opened only if something inside it may be included all the same.
      if (!ignored || this.mayHoldIncluded(path)) await this.visit(path, match);
      return;
    }
    if (ignored) return;
    this.addDirectory(posix.dirname(path));
    if (stats.isSymbolicLink()) {
      const target = this.read(path, () => readlinkSync(absolute));
      this.entries.set(path, { path, type: "symlink", mode: 0o777, target: toPosix(target) });
    } else if (stats.isFile()) {
      this.addFile(path, absolute, stats);
    } else {
      throw contextEntryUnsupported(path, describeKind(stats));
    }
  }

  private mayHoldIncluded(folder: string): boolean {
    if (this.ignore.rules.mayReinclude(folder)) return true;
    return [...this.ignore.always].some((path) => path.startsWith(`${folder}/`));
  }

  /** A file of elsewhere takes its place. */
  place(file: ContextFile): void {
    const stats = this.read(file.source, () => statSync(file.source));
    if (!stats.isFile()) throw contextEntryUnsupported(file.source, describeKind(stats));
    const replaced = this.entries.get(file.path);
    if (replaced?.type === "file") this.bytes -= replaced.size;
    this.addDirectory(posix.dirname(file.path));
    this.addFile(file.path, file.source, stats);
  }

  conclude(): ContextEntry[] {
    const keyed = [...this.entries.values()].map((entry) => ({
      entry,
      key: Buffer.from(entry.path),
    }));
    keyed.sort((a, b) => Buffer.compare(a.key, b.key));
    return markHardLinks(keyed.map(({ entry }) => entry));
  }

  private addFile(path: string, source: string, stats: Stats): void {
    this.entries.set(path, {
      path,
      type: "file",
      source,
      mode: modeOf(stats),
      size: stats.size,
      modifiedMs: stats.mtimeMs,
      ...(stats.nlink > 1 && stats.ino !== 0 ? { inode: `${stats.dev}:${stats.ino}` } : {}),
    });
    this.bytes += stats.size;
    const smallest = this.largest.at(-1);
    if (this.largest.length < 5 || smallest === undefined || stats.size > smallest.bytes) {
      this.largest.push({ path, bytes: stats.size });
      this.largest.sort((a, b) => b.bytes - a.bytes).splice(5);
    }
    const limit = this.options.limit ?? contextSizeLimit;
    if (this.bytes > limit) {
      throw contextTooLarge(this.folder, this.bytes, limit, this.largest);
    }
  }

  /** A folder comes into the archive with its first included file, or by itself when it is not ignored. */
  private addDirectory(path: string, known?: Stats): void {
    if (path === "." || path === "" || this.entries.has(path)) return;
    this.addDirectory(posix.dirname(path));
    const absolute = join(this.folder, path);
    const stats = known ?? lstatSync(absolute, { throwIfNoEntry: false });
    this.entries.set(path, {
      path,
      type: "directory",
      mode: stats === undefined ? 0o755 : modeOf(stats),
    });
  }

  private read<T>(path: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      // A name that is no UTF-8 comes back from the system with marks in it, and is not found again.
      if (path.includes("\uFFFD")) {
        throw contextEntryUnsupported(path, "a file whose name is not UTF-8");
      }
      throw contextEntryUnreadable(path === "" ? this.folder : path, error);
    }
  }
}

/** Names of one file within the context: the first, by path, carries the content. */
function markHardLinks(entries: readonly ContextEntry[]): ContextEntry[] {
  const first = new Map<string, string>();
  return entries.map((entry) => {
    if (entry.type !== "file" || entry.inode === undefined) return entry;
    const sameAs = first.get(entry.inode);
    if (sameAs === undefined) first.set(entry.inode, entry.path);
    return sameAs === undefined ? entry : { ...entry, sameAs };
  });
}

/** Windows has no such bits; Docker gives files from there all of these too. */
function modeOf(stats: Stats): number {
  return sep === "/" ? stats.mode & 0o7777 : 0o755;
}

function describeKind(stats: Stats): string {
  if (stats.isSocket()) return "a socket";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isDirectory()) return "a folder where a file is meant";
  return "a device file";
}

function toPosix(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
