import { open } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { createTarPacker, type TarHeader } from "modern-tar";
import { contextEntryChanged, contextEntryUnreadable } from "../errors/catalogue/image.js";
import type { ContextEntry, ContextListing } from "./context-entries.js";

/**
 * The context as a tar archive that depends on its content alone: fixed order, owner and times, and
 * no permission but the executable bit. Files stream through; none is held whole.
 */
export function createTarStream(listing: ContextListing): Readable {
  const { readable, controller } = createTarPacker();
  // Errors reach the reader of the stream.
  packAll(listing, controller).then(
    () => controller.finalize(),
    (error: unknown) => controller.error(error),
  );
  return Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0]);
}

type Controller = ReturnType<typeof createTarPacker>["controller"];

async function packAll(listing: ContextListing, controller: Controller): Promise<void> {
  for (const entry of listing.entries) {
    const body = controller.add(toHeader(entry)).getWriter();
    if (entry.type === "file" && entry.size > 0) {
      await pipeFile(join(listing.folder, entry.path), entry, (chunk) => body.write(chunk));
    }
    await body.close();
  }
}

async function pipeFile(
  file: string,
  entry: { readonly path: string; readonly size: number },
  write: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const handle = await open(file, "r").catch((error: unknown) => {
    throw contextEntryUnreadable(entry.path, error);
  });
  try {
    let written = 0;
    while (written < entry.size) {
      // A buffer of its own for each piece: the archive keeps it until it has been read.
      const buffer = new Uint8Array(Math.min(256 * 1024, entry.size - written));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, written);
      if (bytesRead === 0) throw contextEntryChanged(entry.path);
      await write(buffer.subarray(0, bytesRead));
      written += bytesRead;
    }
    const { bytesRead } = await handle.read(new Uint8Array(1), 0, 1, written);
    if (bytesRead !== 0) throw contextEntryChanged(entry.path);
  } finally {
    await handle.close();
  }
}

function toHeader(entry: ContextEntry): TarHeader {
  const fixed = { mtime: new Date(0), uid: 0, gid: 0, uname: "", gname: "" };
  switch (entry.type) {
    case "directory":
      return { ...fixed, name: `${entry.path}/`, type: "directory", size: 0, mode: 0o755 };
    case "symlink":
      return {
        ...fixed,
        name: entry.path,
        type: "symlink",
        size: 0,
        mode: 0o777,
        linkname: entry.target,
      };
    case "file":
      return {
        ...fixed,
        name: entry.path,
        type: "file",
        size: entry.size,
        mode: entry.executable ? 0o755 : 0o644,
      };
  }
}
