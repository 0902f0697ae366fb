import type { Hash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, posix, resolve } from "node:path";
import type { Readable } from "node:stream";
import { Readable as ReadableStream } from "node:stream";
import { pipeline } from "node:stream/promises";
import { contextMissing, dockerfileMissing } from "../errors/catalogue/image.js";
import { stdinIsTerminal } from "../errors/catalogue/image-context.js";
import { readArchive } from "./archive-reader.js";
import { createContextArchive } from "./context-archive.js";
import { type ContextOptions, contextSizeLimit, listContext } from "./context-entries.js";
import { findStages } from "./dockerfile-stages.js";
import { gzipMembers } from "./gzip-members.js";
import { isAddress, parseGitAddress } from "./git-address.js";
import { PiecePool } from "./piece-pool.js";
import { packContext } from "./tar-stream.js";

/** What a build is made from, wherever it comes from. */
export interface BuildContext {
  readonly kind: "folder" | "archive" | "git";
  /** Inside the context, with `/`. */
  readonly dockerfile: string;
  readonly files: number;
  readonly bytes: number;
  /** Whether its identity stands for its content; that of a branch stands for its name only. */
  readonly isPinned: boolean;
  /** Names of the Dockerfile's stages, in order; undefined where it cannot be read beforehand. */
  readonly stages: readonly (string | undefined)[] | undefined;
  readonly transport:
    | { readonly kind: "upload"; readonly open: () => Readable }
    /** The registry fetches it. */
    | { readonly kind: "address"; readonly location: string };
  /** Adds to the hash what tells this content from any other. */
  identify(hash: Hash): Promise<void>;
  /** Removes what was kept for it. */
  close(): Promise<void>;
}

export interface ContextRequest extends ContextOptions {
  /** A folder, an archive, `-` for one on standard input, or the address of a repository. */
  readonly context: string;
  readonly dockerfile: string;
  readonly stdin?: Readable & { readonly isTTY?: boolean };
}

export async function openBuildContext(request: ContextRequest): Promise<BuildContext> {
  const { context, dockerfile, stdin } = request;
  if (context === "-") {
    if (stdin === undefined || stdin.isTTY === true) throw stdinIsTerminal();
    return openSpooledArchive(stdin, request);
  }
  if (isAddress(context)) return describeRepository(context, dockerfile);
  const path = request.cwd === undefined ? context : resolve(request.cwd, context);
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() === true) return openArchive(path, path, request);
  if (stats === undefined) throw contextMissing(path);
  return openFolder(path, request);
}

async function openFolder(folder: string, request: ContextRequest): Promise<BuildContext> {
  const { signal } = request;
  const listing = await listContext(folder, request.dockerfile, request);
  return {
    kind: "folder",
    dockerfile: listing.dockerfile,
    files: listing.entries.filter(({ type }) => type === "file").length,
    bytes: listing.bytes,
    isPinned: true,
    stages: await findStages(join(folder, listing.dockerfile)),
    transport: { kind: "upload", open: () => createContextArchive(listing, signal) },
    identify: async (hash) => {
      const pool = new PiecePool();
      for await (const piece of packContext(listing, { forIdentity: true, signal, pool })) {
        hash.update(piece);
        pool.give(piece);
      }
    },
    close: async () => {},
  };
}

/** Standard input can be read once only, and is needed twice: to know it, and to send it. */
async function openSpooledArchive(stdin: Readable, request: ContextRequest): Promise<BuildContext> {
  // mkdtemp makes a folder that nobody else may enter.
  const folder = await mkdtemp(join(tmpdir(), "runnerctl-context-"));
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    const file = join(folder, "context.tar");
    const options = request.signal === undefined ? {} : { signal: request.signal };
    await pipeline(stdin, createWriteStream(file, { mode: 0o600 }), options);
    const opened = await openArchive(file, "standard input", request);
    return { ...opened, close: remove };
  } catch (error) {
    await remove();
    request.signal?.throwIfAborted();
    throw error;
  }
}

async function openArchive(
  file: string,
  name: string,
  request: ContextRequest,
): Promise<BuildContext> {
  const limit = request.limit ?? contextSizeLimit;
  const content = await readArchive(file, name, limit, request.signal);
  const dockerfile = posix.normalize(request.dockerfile);
  if (!content.has(dockerfile)) throw dockerfileMissing(dockerfile, name);
  return {
    kind: "archive",
    dockerfile,
    files: content.files,
    bytes: content.bytes,
    isPinned: true,
    stages: undefined,
    transport: {
      kind: "upload",
      open: () =>
        content.compressed
          ? createReadStream(file)
          : ReadableStream.from(gzipMembers(createReadStream(file, { highWaterMark: 1 << 20 })), {
              objectMode: false,
            }),
    },
    identify: async (hash) => {
      hash.update(JSON.stringify(content.entries));
    },
    close: async () => {},
  };
}

function describeRepository(context: string, dockerfile: string): BuildContext {
  const address = parseGitAddress(context);
  return {
    kind: "git",
    dockerfile: posix.normalize(dockerfile),
    files: 0,
    bytes: 0,
    isPinned: address.isPinned,
    stages: undefined,
    transport: { kind: "address", location: address.location },
    identify: async (hash) => {
      hash.update(JSON.stringify([address.repository, address.ref ?? "", address.folder ?? ""]));
    },
    close: async () => {},
  };
}
