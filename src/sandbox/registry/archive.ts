import { posix } from "node:path";
import { gunzipSync } from "node:zlib";
import { unpackTar } from "modern-tar";
import type { Rootfs } from "./rootfs.js";

/**
 * Unpacks a tar, gzipped or not, below a folder of an image. Entry by entry through `Rootfs`:
 * absolute links are common in archives, harmless in an image, and must not lead out of it here.
 */
export async function unpackArchive(
  archive: Buffer,
  rootfs: Rootfs,
  target: string,
): Promise<void> {
  const gzipped = archive[0] === 0x1f && archive[1] === 0x8b;
  const entries = await unpackTar(gzipped ? gunzipSync(archive) : archive, { strict: true });
  rootfs.makeDirectory(target);
  for (const { header, data } of entries) {
    // Nothing climbs out: the path is resolved below the target first.
    const path = posix.join(target, posix.join("/", header.name));
    const name = posix.basename(path);
    if (name.startsWith(".wh.")) {
      rootfs.remove(posix.join(posix.dirname(path), name.slice(".wh.".length)));
      continue;
    }
    switch (header.type ?? "file") {
      case "directory":
        rootfs.makeDirectory(path, header.mode);
        break;
      case "symlink":
        rootfs.link(path, header.linkname ?? "");
        break;
      case "link":
        rootfs.copyWithin(posix.join(target, posix.join("/", header.linkname ?? "")), path);
        break;
      case "file":
        rootfs.writeFile(path, Buffer.from(data ?? []), { chown: undefined, chmod: header.mode });
        break;
      default:
        // Devices and pipes cannot be made without privilege.
        break;
    }
  }
}
