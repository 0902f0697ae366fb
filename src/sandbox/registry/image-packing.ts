import { createHash } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar/fs";
import type { Stage } from "./build-stage.js";
import { configDocument } from "./image-config.js";

export const manifestMediaType = "application/vnd.oci.image.manifest.v1+json";
const configMediaType = "application/vnd.oci.image.config.v1+json";
const layerMediaType = "application/vnd.oci.image.layer.v1.tar+gzip";

export interface PackedBlob {
  readonly digest: string;
  readonly content: Buffer;
}

export interface PackedImage {
  readonly manifest: PackedBlob;
  readonly config: PackedBlob;
  readonly layers: readonly PackedBlob[];
}

/**
 * A stage as an OCI image of one layer: everything under its root.
 * https://github.com/opencontainers/image-spec/blob/main/manifest.md
 */
export async function packImage(stage: Stage, created: Date): Promise<PackedImage> {
  const tar = await buffer(
    packTar(stage.rootfs.directory, {
      map: (header) => {
        const owner = parseOwner(stage.rootfs.owners.get(`/${header.name.replace(/\/$/, "")}`));
        return { ...header, ...owner, mtime: created };
      },
    }),
  );
  const layer = blobOf(gzipSync(tar));
  const at = created.toISOString();
  const config = blobOf(
    Buffer.from(
      JSON.stringify(
        configDocument(stage.config, {
          created: at,
          architecture: "amd64",
          os: "linux",
          diffIds: [digestOf(tar)],
          history: [
            ...stage.history.map((entry) => ({
              created: at,
              created_by: entry.created_by,
              empty_layer: true,
            })),
            { created: at, created_by: "files of every step, as one layer" },
          ],
        }),
      ),
    ),
  );
  const manifest = blobOf(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestMediaType,
        config: { mediaType: configMediaType, digest: config.digest, size: config.content.length },
        layers: [{ mediaType: layerMediaType, digest: layer.digest, size: layer.content.length }],
      }),
    ),
  );
  return { manifest, config, layers: [layer] };
}

export function digestOf(content: Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

function blobOf(content: Buffer): PackedBlob {
  return { digest: digestOf(content), content };
}

function parseOwner(owner: string | undefined): {
  uid: number;
  gid: number;
  uname: string;
  gname: string;
} {
  const [user = "root", group = user] = (owner ?? "0:0").split(":");
  const id = (text: string) => (/^\d+$/.test(text) ? Number(text) : 0);
  const name = (text: string) => (/^\d+$/.test(text) ? "" : text);
  return { uid: id(user), gid: id(group), uname: name(user), gname: name(group) };
}
