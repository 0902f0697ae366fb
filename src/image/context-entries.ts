import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { isAbsolute, join, posix, relative, sep } from "node:path";
import dockerignoreModule from "@balena/dockerignore";
import {
  contextEntryUnreadable,
  contextEntryUnsupported,
  contextMissing,
  contextTooLarge,
  dockerfileMissing,
  dockerfileOutside,
} from "../errors/catalogue/image.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";

// The package is CommonJS whose types describe an ES module.
const dockerignore = dockerignoreModule as unknown as typeof dockerignoreModule.default;

interface EntryBase {
  /** Inside the context, with `/`, no leading `./`. */
  readonly path: string;
}

export type ContextEntry = EntryBase &
  (
    | { readonly type: "directory" }
    | { readonly type: "file"; readonly size: number; readonly executable: boolean }
    | { readonly type: "symlink"; readonly target: string }
  );

export interface ContextListing {
  readonly folder: string;
  /** Inside the context, with `/`. */
  readonly dockerfile: string;
  /** Sorted by path, byte by byte: the order in every archive of the same content. */
  readonly entries: readonly ContextEntry[];
  readonly bytes: number;
}

/** More than any runner image needs, and what an upload can be waited for. */
export const contextSizeLimit = 500_000_000;

/**
 * What of a folder belongs to its build context, by Docker's rules:
 * https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export async function listContext(
  folder: string,
  dockerfile: string,
  limit = contextSizeLimit,
): Promise<ContextListing> {
  const stats = await lstat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true && !(await isLinkToDirectory(folder))) {
    throw contextMissing(folder);
  }
  const path = await locateDockerfile(folder, dockerfile);
  const ignore = await loadIgnoreRules(folder, path);
  const walk = new Walk(folder, ignore, limit);
  await walk.visit("");
  return {
    folder,
    dockerfile: path,
    entries: walk.entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path))),
    bytes: walk.bytes,
  };
}

async function isLinkToDirectory(folder: string): Promise<boolean> {
  return readdir(folder).then(
    () => true,
    () => false,
  );
}

async function locateDockerfile(folder: string, dockerfile: string): Promise<string> {
  const absolute = isAbsolute(dockerfile) ? dockerfile : join(folder, dockerfile);
  const path = relative(folder, absolute);
  if (path === "" || path.startsWith("..") || isAbsolute(path)) {
    throw dockerfileOutside(dockerfile, folder);
  }
  const stats = await lstat(absolute).catch(() => undefined);
  if (stats === undefined || stats.isDirectory()) throw dockerfileMissing(dockerfile, folder);
  return toPosix(path);
}

interface IgnoreRules {
  ignores(path: string): boolean;
  /** Whether something below an ignored folder may be included again by a `!` rule. */
  readonly hasExceptions: boolean;
}

/** The Dockerfile's own ignore file replaces the general one; the files that the build reads always go along. */
async function loadIgnoreRules(folder: string, dockerfile: string): Promise<IgnoreRules> {
  const own = `${dockerfile}.dockerignore`;
  const candidates = [own, ".dockerignore"];
  for (const candidate of candidates) {
    const text = await readFile(join(folder, candidate), "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    const rules = dockerignore({ ignorecase: false }).add(lines);
    const always = new Set([dockerfile, candidate]);
    // Unpacked at the other end, the general file would be applied once more: it stays behind.
    const replaced = candidate === own ? ".dockerignore" : undefined;
    return {
      ignores: (path) => path === replaced || (!always.has(path) && rules.ignores(path)),
      hasExceptions:
        lines.some((line) => line.trim().startsWith("!")) ||
        // The Dockerfile may itself lie below an ignored folder.
        [...always].some((path) => path.includes("/")),
    };
  }
  return { ignores: () => false, hasExceptions: false };
}

class Walk {
  readonly entries: ContextEntry[] = [];
  bytes = 0;
  private readonly directories = new Set<string>();
  private readonly largest: { path: string; bytes: number }[] = [];

  constructor(
    private readonly folder: string,
    private readonly rules: IgnoreRules,
    private readonly limit: number,
  ) {}

  async visit(directory: string): Promise<void> {
    const names = await this.read(directory, () => readdir(join(this.folder, directory)));
    for (const name of names) {
      const path = directory === "" ? name : `${directory}/${name}`;
      await this.visitEntry(path);
    }
  }

  private async visitEntry(path: string): Promise<void> {
    const absolute = join(this.folder, path);
    const ignored = this.rules.ignores(path);
    const stats = await this.read(path, () => lstat(absolute));
    if (stats.isDirectory()) {
      if (!ignored) this.addDirectory(path);
      // An ignored folder is opened only if a later rule may bring back something inside it.
      if (!ignored || this.rules.hasExceptions) await this.visit(path);
      return;
    }
    if (ignored) return;
    this.addDirectory(posix.dirname(path));
    if (stats.isSymbolicLink()) {
      const target = await this.read(path, () => readlink(absolute));
      this.entries.push({ path, type: "symlink", target: toPosix(target) });
      return;
    }
    if (!stats.isFile()) throw contextEntryUnsupported(path, describeKind(stats));
    this.addFile(path, stats.size, (stats.mode & 0o111) !== 0);
  }

  private addFile(path: string, size: number, executable: boolean): void {
    this.entries.push({ path, type: "file", size, executable });
    this.bytes += size;
    this.largest.push({ path, bytes: size });
    this.largest.sort((a, b) => b.bytes - a.bytes).splice(5);
    if (this.bytes > this.limit) {
      throw contextTooLarge(this.folder, this.bytes, this.limit, this.largest);
    }
  }

  /** A folder comes into the archive with its first included file, or by itself when it is not ignored. */
  private addDirectory(path: string): void {
    if (path === "." || path === "" || this.directories.has(path)) return;
    this.addDirectory(posix.dirname(path));
    this.directories.add(path);
    this.entries.push({ path, type: "directory" });
  }

  private async read<T>(path: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof RunnerctlError) throw error;
      throw contextEntryUnreadable(path === "" ? this.folder : path, error);
    }
  }
}

function describeKind(stats: {
  isSocket(): boolean;
  isFIFO(): boolean;
  isBlockDevice(): boolean;
  isCharacterDevice(): boolean;
}): string {
  if (stats.isSocket()) return "a socket";
  if (stats.isFIFO()) return "a named pipe";
  return "a device file";
}

function toPosix(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
