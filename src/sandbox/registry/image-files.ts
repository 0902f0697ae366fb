import { existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { unpackArchive } from "./archive.js";
import type { ImageStore, StoredManifest } from "./image-store.js";
import { Rootfs } from "./rootfs.js";

/**
 * Lays out the files of an image that came by a push, layer on layer, so that a job can run from
 * it. Layers that are no (gzipped) tar are left out: such an artifact is stored, but holds no files.
 */
export async function layOutImage(images: ImageStore, manifest: StoredManifest): Promise<void> {
  const directory = images.rootfsDirectory(manifest.digest);
  if (existsSync(directory) || manifest.configMediaType === undefined) return;
  mkdirSync(dirname(directory), { recursive: true });
  const rootfs = new Rootfs(directory);
  const [, ...layers] = manifest.references;
  for (const digest of layers) {
    const content = images.readBlob(digest);
    try {
      if (content !== undefined) await unpackArchive(content, rootfs, "/");
    } catch {
      rmSync(directory, { recursive: true, force: true });
      return;
    }
  }
}
