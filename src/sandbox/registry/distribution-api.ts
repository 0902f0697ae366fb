import { randomUUID } from "node:crypto";
import type { SandboxReply, SandboxRequest } from "../ports.js";
import { layOutImage } from "./image-files.js";
import { digestOf } from "./image-packing.js";
import { isRepository, isTag } from "./image-reference.js";
import type { ImageStore } from "./image-store.js";
import { pageOf } from "./registry-paging.js";
import { manifestUnknown, nameUnknown, registryError } from "./registry-errors.js";
import type { AccessEntry } from "./registry-tokens.js";

export interface DistributionDeps {
  readonly images: ImageStore;
  readonly request: SandboxRequest;
  authorize(wanted: AccessEntry | undefined): void;
  /** Uploads under way: id → what arrived so far. */
  readonly uploads: Map<string, Buffer>;
}

const common = { "Docker-Distribution-Api-Version": "registry/2.0" };

const manifestTypes = new Set([
  "application/vnd.docker.distribution.manifest.v2+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.oci.image.index.v1+json",
]);

/** https://distribution.github.io/distribution/spec/api/ */
export async function handleDistribution(deps: DistributionDeps): Promise<SandboxReply> {
  const { request, authorize } = deps;
  const path = decodeURIComponent(request.path).replace(/^\/v2\/?/, "");
  if (path === "") {
    authorize(undefined);
    return { status: 200, headers: common, body: {} };
  }
  if (path === "_catalog") {
    authorize({ type: "registry", name: "catalog", actions: ["*"] });
    const { items, link } = pageOf(
      request,
      deps.images.listRepositories().map((one) => one.name),
      (name) => name,
    );
    return { status: 200, headers: { ...common, ...link }, body: { repositories: items } };
  }
  const match =
    /^(.+)\/(?:(tags)\/list|(manifests|blobs)\/([^/]+)|blobs\/(uploads)\/?([^/]*))$/.exec(path);
  if (match === null) throw registryError(404, "UNSUPPORTED", `Nothing is served at ${path}.`);
  const [, repository = "", tags, kind, reference = "", uploads, uploadId = ""] = match;
  if (!isRepository(repository)) {
    throw registryError(400, "NAME_INVALID", "invalid repository name", {
      detail: { name: repository },
    });
  }
  const scope = (...actions: string[]): AccessEntry => ({
    type: "repository",
    name: repository,
    actions,
  });
  if (uploads !== undefined || (kind === "blobs" && reference === "uploads")) {
    authorize(scope("pull", "push"));
    return await handleUpload(deps, repository, uploadId);
  }
  const reads = request.method === "GET" || request.method === "HEAD";
  if (tags !== undefined && reads) {
    authorize(scope("metadata_read"));
    const found = deps.images.repository(repository);
    if (found === undefined) throw nameUnknown(repository);
    const { items, link } = pageOf(request, Object.keys(found.tags).sort(), (name) => name);
    return {
      status: 200,
      headers: { ...common, ...link },
      body: { name: repository, tags: items },
    };
  }
  if (kind === "manifests") {
    if (reads) authorize(scope("pull"));
    else authorize(request.method === "PUT" ? scope("pull", "push") : scope("delete"));
    return await handleManifest(deps, repository, reference);
  }
  if (kind === "blobs") {
    authorize(reads ? scope("pull") : scope("delete"));
    if (reads) return readBlob(deps, reference);
  }
  throw registryError(405, "UNSUPPORTED", `${request.method} is not served at ${path}.`);
}

async function handleManifest(
  deps: DistributionDeps,
  repository: string,
  reference: string,
): Promise<SandboxReply> {
  const { images, request } = deps;
  if (request.method === "PUT") return await putManifest(deps, repository, reference);
  const manifest = images.resolve(repository, reference);
  if (manifest === undefined) {
    if (request.method === "DELETE" && images.repository(repository) === undefined) {
      throw nameUnknown(repository);
    }
    throw manifestUnknown(reference);
  }
  if (request.method === "DELETE") {
    if (!reference.startsWith("sha256:")) {
      throw registryError(405, "UNSUPPORTED", "A manifest is deleted by its digest.");
    }
    if (!manifest.changeableAttributes.deleteEnabled) {
      throw registryError(
        405,
        "DENIED",
        "The operation is disallowed on this manifest: it is locked.",
      );
    }
    images.deleteManifest(repository, reference);
    return { status: 202, headers: common };
  }
  const content = images.readBlob(manifest.digest) ?? Buffer.alloc(0);
  return {
    status: 200,
    headers: {
      ...common,
      "Content-Type": manifest.mediaType,
      "Content-Length": String(content.length),
      "Docker-Content-Digest": manifest.digest,
      ETag: `"${manifest.digest}"`,
    },
    body: content,
  };
}

async function putManifest(
  deps: DistributionDeps,
  repository: string,
  reference: string,
): Promise<SandboxReply> {
  const { images, request } = deps;
  const content = await request.body();
  const mediaType = (request.headers["content-type"] ?? "").split(";")[0] ?? "";
  const byDigest = reference.startsWith("sha256:");
  if (!byDigest && !isTag(reference)) {
    throw registryError(400, "TAG_INVALID", "manifest tag did not match URI");
  }
  if (byDigest && digestOf(content) !== reference) {
    throw registryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  if (!manifestTypes.has(mediaType)) {
    throw registryError(400, "MANIFEST_INVALID", `manifest of type '${mediaType}' is not served`);
  }
  for (const digest of referencesOf(content)) {
    if (images.readBlob(digest) === undefined) {
      throw registryError(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", {
        detail: { digest },
      });
    }
  }
  const tag = byDigest ? undefined : reference;
  if (tag !== undefined) {
    const locked = images.repository(repository)?.tags[tag]?.changeableAttributes.writeEnabled;
    if (locked === false) {
      throw registryError(
        405,
        "DENIED",
        `The operation is disallowed on the tag '${tag}': it is locked.`,
      );
    }
  }
  const manifest = images.putManifest(repository, content, mediaType, tag);
  await layOutImage(images, manifest);
  return {
    status: 201,
    headers: {
      ...common,
      Location: `/v2/${repository}/manifests/${manifest.digest}`,
      "Docker-Content-Digest": manifest.digest,
    },
  };
}

function referencesOf(content: Buffer): string[] {
  try {
    const document = JSON.parse(content.toString("utf8")) as {
      config?: { digest?: string };
      layers?: { digest: string }[];
      manifests?: { digest: string }[];
    };
    const parts = [...(document.layers ?? []), ...(document.manifests ?? [])];
    const digests = parts.map((part) => part.digest);
    return document.config?.digest === undefined ? digests : [document.config.digest, ...digests];
  } catch {
    throw registryError(400, "MANIFEST_INVALID", "manifest invalid: it is not JSON");
  }
}

function readBlob(deps: DistributionDeps, digest: string): SandboxReply {
  const content = deps.images.readBlob(digest);
  if (content === undefined) {
    throw registryError(404, "BLOB_UNKNOWN", "blob unknown to registry", { detail: { digest } });
  }
  const headers = {
    ...common,
    "Content-Type": "application/octet-stream",
    "Docker-Content-Digest": digest,
    "Accept-Ranges": "bytes",
    ETag: `"${digest}"`,
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(deps.request.headers.range ?? "");
  if (range !== null && deps.request.method === "GET") {
    const start = Number(range[1]);
    const end = Math.min(range[2] === "" ? Infinity : Number(range[2]), content.length - 1);
    if (start > end) throw registryError(416, "UNSUPPORTED", "range not satisfiable");
    return {
      status: 206,
      headers: { ...headers, "Content-Range": `bytes ${start}-${end}/${content.length}` },
      body: content.subarray(start, end + 1),
    };
  }
  return {
    status: 200,
    headers: { ...headers, "Content-Length": String(content.length) },
    body: content,
  };
}

async function handleUpload(
  deps: DistributionDeps,
  repository: string,
  uploadId: string,
): Promise<SandboxReply> {
  const { images, request, uploads } = deps;
  const at = (id: string) => `/v2/${repository}/blobs/uploads/${id}`;
  if (request.method === "POST") {
    const mount = request.query.get("mount");
    if (mount !== null && images.readBlob(mount) !== undefined) return created(repository, mount);
    const digest = request.query.get("digest");
    if (digest !== null) return finishUpload(images, repository, await request.body(), digest);
    const id = randomUUID();
    uploads.set(id, Buffer.alloc(0));
    return {
      status: 202,
      headers: { ...common, Location: at(id), Range: "0-0", "Docker-Upload-UUID": id },
    };
  }
  const before = uploads.get(uploadId);
  if (before === undefined) {
    throw registryError(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
  }
  const progress = (length: number) => ({
    ...common,
    Location: at(uploadId),
    Range: `0-${Math.max(length - 1, 0)}`,
    "Docker-Upload-UUID": uploadId,
  });
  switch (request.method) {
    case "PATCH": {
      const content = Buffer.concat([before, await request.body()]);
      uploads.set(uploadId, content);
      return { status: 202, headers: progress(content.length) };
    }
    case "PUT": {
      const content = Buffer.concat([before, await request.body()]);
      const digest = request.query.get("digest") ?? "";
      uploads.delete(uploadId);
      return finishUpload(images, repository, content, digest);
    }
    case "GET":
      return { status: 204, headers: progress(before.length) };
    case "DELETE":
      uploads.delete(uploadId);
      return { status: 204, headers: common };
    default:
      throw registryError(405, "UNSUPPORTED", `${request.method} is not served for uploads.`);
  }
}

function finishUpload(
  images: ImageStore,
  repository: string,
  content: Buffer,
  digest: string,
): SandboxReply {
  if (digestOf(content) !== digest) {
    throw registryError(400, "DIGEST_INVALID", "provided digest did not match uploaded content", {
      detail: { digest },
    });
  }
  images.putBlob(content);
  return created(repository, digest);
}

function created(repository: string, digest: string): SandboxReply {
  return {
    status: 201,
    headers: {
      ...common,
      Location: `/v2/${repository}/blobs/${digest}`,
      "Docker-Content-Digest": digest,
    },
  };
}
