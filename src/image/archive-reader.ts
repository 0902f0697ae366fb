import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { posix } from "node:path";
import { pipeline } from "node:stream/promises";
import { PassThrough, Readable } from "node:stream";
import type { ReadableWritablePair } from "node:stream/web";
import { createGunzip } from "node:zlib";
import { createTarDecoder, type TarHeader } from "modern-tar";
import {
  archiveEntryUnsupported,
  archiveInvalid,
  archiveTooLarge,
} from "../errors/catalogue/image-context.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";

export interface ArchiveContent {
  readonly compressed: boolean;
  readonly files: number;
  readonly bytes: number;
  /** Of every path: what is there, and a digest of it. Sorted by path; times and owners left out. */
  readonly entries: readonly (readonly [path: string, what: string])[];
  has(path: string): boolean;
}

/** Reads an archive through, and refuses one that a build could not take. */
export async function readArchive(
  file: string,
  name: string,
  limit: number,
  signal?: AbortSignal,
): Promise<ArchiveContent> {
  const compressed = await detectGzip(file, name);
  const plain = new PassThrough();
  const reading = pipeline(
    [createReadStream(file), ...(compressed ? [createGunzip()] : []), plain],
    signal === undefined ? {} : { signal },
  );
  const entries = new Map<string, string>();
  let files = 0;
  let bytes = 0;
  try {
    const decoder = createTarDecoder({ strict: true });
    const decoded = Readable.toWeb(plain).pipeThrough(
      decoder as unknown as ReadableWritablePair<DecodedEntry, Uint8Array>,
    );
    for await (const { header, body } of decoded) {
      const path = checkEntry(header, name);
      const hash = createHash("sha256");
      for await (const chunk of body) {
        hash.update(chunk);
        bytes += chunk.length;
        if (bytes > limit) throw archiveTooLarge(name, limit);
      }
      if (header.type === "file") files += 1;
      if (path === ".") continue;
      const mode = ((header.mode ?? 0) & 0o7755).toString(8);
      entries.set(
        path,
        [header.type ?? "file", mode, header.linkname ?? "", hash.digest("hex")].join(" "),
      );
    }
    await reading;
  } catch (error) {
    plain.destroy();
    await reading.catch(() => undefined);
    signal?.throwIfAborted();
    if (error instanceof RunnerctlError) throw error;
    throw archiveInvalid(name, "it is damaged or cut short", undefined, error);
  }
  if (entries.size === 0) throw archiveInvalid(name, "it is empty");
  return {
    compressed,
    files,
    bytes,
    entries: [...entries].sort(([a], [b]) => (a < b ? -1 : 1)),
    has: (path) => entries.has(posix.normalize(path)),
  };
}

interface DecodedEntry {
  readonly header: TarHeader;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Other kinds of compression, by their first bytes, with the program that undoes them. */
const foreign: readonly (readonly [bytes: string, kind: string, program: string])[] = [
  ["425a68", "bzip2", "bzip2 -dc"],
  ["fd377a585a00", "xz", "xz -dc"],
  ["28b52ffd", "zstd", "zstd -dc"],
  ["504b0304", "zip", "unzip"],
];

async function detectGzip(file: string, name: string): Promise<boolean> {
  const handle = await open(file, "r");
  const head = Buffer.alloc(512);
  const { bytesRead } = await handle.read(head, 0, head.length, 0).finally(() => handle.close());
  if (bytesRead === 0) throw archiveInvalid(name, "it is empty");
  const start = head.toString("hex");
  if (start.startsWith("1f8b")) return true;
  const found = foreign.find(([bytes]) => start.startsWith(bytes));
  if (found !== undefined) {
    const [, kind, program] = found;
    throw archiveInvalid(
      name,
      `it is compressed with ${kind}`,
      kind === "zip"
        ? "Unpack it and give the folder."
        : `Give the plain archive: ${program} FILE | runnerctl build-image --context -`,
    );
  }
  if (bytesRead === 512 && isTarHeader(head)) return false;
  const isText = !head.subarray(0, bytesRead).includes(0);
  throw archiveInvalid(
    name,
    "it is not a tar archive",
    isText ? "A Dockerfile alone goes into a folder of its own: --context FOLDER" : undefined,
  );
}

/** By the checksum: archives older than ustar have no other mark. */
function isTarHeader(block: Buffer): boolean {
  let sum = 8 * 0x20;
  block.forEach((byte, index) => {
    if (index < 148 || index >= 156) sum += byte;
  });
  return Number.parseInt(block.toString("latin1", 148, 156).replace(/[\0 ]+$/, ""), 8) === sum;
}

function checkEntry(header: TarHeader, name: string): string {
  const path = posix.normalize(header.name).replace(/(?<=.)\/$/, "");
  if (path.startsWith("/") || path === ".." || path.startsWith("../")) {
    throw archiveEntryUnsupported(name, header.name, "a path that leads out of the context");
  }
  switch (header.type) {
    case "character-device":
    case "block-device":
      throw archiveEntryUnsupported(name, header.name, "a device file");
    case "fifo":
      throw archiveEntryUnsupported(name, header.name, "a named pipe");
    default:
      return path;
  }
}
