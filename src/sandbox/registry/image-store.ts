import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import type { Clock, Collection, StateStore } from "../ports.js";
import { digestOf } from "./image-packing.js";

export interface ChangeableAttributes {
  deleteEnabled: boolean;
  writeEnabled: boolean;
  listEnabled: boolean;
  readEnabled: boolean;
}

export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly configMediaType?: string;
  readonly size: number;
  /** Sum of the manifest's own size, its config's and its layers'. */
  readonly imageSize: number;
  readonly architecture?: string;
  readonly os?: string;
  readonly createdTime: string;
  lastUpdateTime: string;
  changeableAttributes: ChangeableAttributes;
  /** Digests of config and layers, or of the manifests of an index. */
  readonly references: readonly string[];
}

export interface StoredTag {
  readonly name: string;
  digest: string;
  readonly createdTime: string;
  lastUpdateTime: string;
  changeableAttributes: ChangeableAttributes;
}

export interface Repository {
  readonly name: string;
  readonly createdTime: string;
  lastUpdateTime: string;
  changeableAttributes: ChangeableAttributes;
  readonly manifests: Record<string, StoredManifest>;
  readonly tags: Record<string, StoredTag>;
}

/** Repositories, manifests, tags and blobs of one registry; they survive a restart. */
export class ImageStore {
  private readonly repositories: Collection<Repository>;

  constructor(
    private readonly state: StateStore,
    private readonly clock: Clock,
    /** The registry's name, lower case. */
    private readonly registry: string,
    private readonly onTagged: (image: {
      readonly repository: string;
      readonly tag: string;
      readonly digest: string;
    }) => void = () => {},
  ) {
    this.repositories = state.collection<Repository>("registry-images");
  }

  listRepositories(): Repository[] {
    return this.repositories
      .entries(`${this.registry}/`)
      .map(([, repository]) => repository)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  repository(name: string): Repository | undefined {
    return this.repositories.get(this.key(name));
  }

  /** A digest, or a tag's digest. */
  resolve(repository: string, reference: string): StoredManifest | undefined {
    const found = this.repository(repository);
    const digest = reference.startsWith("sha256:") ? reference : found?.tags[reference]?.digest;
    return digest === undefined ? undefined : found?.manifests[digest];
  }

  tagsOf(repository: Repository, digest: string): string[] {
    return Object.values(repository.tags)
      .filter((tag) => tag.digest === digest)
      .map((tag) => tag.name)
      .sort();
  }

  putBlob(content: Buffer): string {
    const digest = digestOf(content);
    const path = this.blobPath(digest);
    if (!existsSync(path)) {
      const temporary = `${path}.${randomUUID()}`;
      writeFileSync(temporary, content, { mode: 0o600 });
      renameSync(temporary, path);
    }
    return digest;
  }

  readBlob(digest: string): Buffer | undefined {
    if (!/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
    const path = this.blobPath(digest);
    return existsSync(path) ? readFileSync(path) : undefined;
  }

  /** Stores a manifest whose blobs are there, and moves a tag to it. */
  putManifest(name: string, content: Buffer, mediaType: string, tag?: string): StoredManifest {
    const digest = this.putBlob(content);
    const now = this.clock.now().toISOString();
    const repository: Repository = structuredClone(
      this.repository(name) ?? {
        name,
        createdTime: now,
        lastUpdateTime: now,
        changeableAttributes: unlocked(),
        manifests: {},
        tags: {},
      },
    );
    const known = repository.manifests[digest];
    let moved = false;
    const manifest = known ?? this.describeManifest(content, digest, mediaType, now);
    repository.manifests[digest] = manifest;
    if (tag !== undefined) {
      const before = repository.tags[tag];
      moved = before?.digest !== digest;
      repository.tags[tag] = {
        name: tag,
        digest,
        createdTime: before?.createdTime ?? now,
        lastUpdateTime: now,
        changeableAttributes: before?.changeableAttributes ?? unlocked(),
      };
    }
    repository.lastUpdateTime = now;
    this.repositories.set(this.key(name), repository);
    if (tag !== undefined && moved) this.onTagged({ repository: name, tag, digest });
    return manifest;
  }

  update(repository: Repository): void {
    this.repositories.set(this.key(repository.name), repository);
  }

  deleteTag(name: string, tag: string): boolean {
    const repository = structuredClone(this.repository(name));
    if (repository?.tags[tag] === undefined) return false;
    delete repository.tags[tag];
    this.saveOrForget(repository);
    return true;
  }

  /** Takes the manifest's tags with it, as a registry does. */
  deleteManifest(name: string, digest: string): boolean {
    const repository = structuredClone(this.repository(name));
    const removed = repository?.manifests[digest];
    if (repository === undefined || removed === undefined) return false;
    delete repository.manifests[digest];
    for (const tag of Object.values(repository.tags)) {
      if (tag.digest === digest) delete repository.tags[tag.name];
    }
    this.saveOrForget(repository);
    this.collectGarbage([removed]);
    return true;
  }

  deleteRepository(name: string): { manifests: string[]; tags: string[] } | undefined {
    const repository = this.repository(name);
    if (repository === undefined) return undefined;
    this.repositories.delete(this.key(name));
    this.collectGarbage(Object.values(repository.manifests));
    return { manifests: Object.keys(repository.manifests), tags: Object.keys(repository.tags) };
  }

  /** Everything, when the registry itself is deleted. */
  clear(): void {
    for (const [key] of this.repositories.entries(`${this.registry}/`)) {
      this.repositories.delete(key);
    }
    rmSync(this.state.directory("registry", "images", this.registry), {
      recursive: true,
      force: true,
    });
  }

  /** Where an image's files lie; the folder is made by whoever stores the image. */
  rootfsDirectory(digest: string): string {
    const parent = this.state.directory("registry", "images", this.registry, "rootfs");
    return join(parent, digest.replace("sha256:", ""));
  }

  private describeManifest(
    content: Buffer,
    digest: string,
    mediaType: string,
    now: string,
  ): StoredManifest {
    const document = JSON.parse(content.toString("utf8")) as {
      config?: { mediaType?: string; digest?: string; size?: number };
      layers?: { digest: string; size: number }[];
      manifests?: { digest: string; size: number }[];
    };
    const config =
      document.config?.digest === undefined ? undefined : this.readBlob(document.config.digest);
    const platform = config === undefined ? {} : parsePlatform(config);
    const parts = [...(document.layers ?? []), ...(document.manifests ?? [])];
    return {
      digest,
      mediaType,
      ...(document.config?.mediaType === undefined
        ? {}
        : { configMediaType: document.config.mediaType }),
      size: content.length,
      imageSize: parts.reduce(
        (sum, part) => sum + part.size,
        content.length + (document.config?.size ?? 0),
      ),
      ...platform,
      createdTime: now,
      lastUpdateTime: now,
      changeableAttributes: unlocked(),
      references: [
        ...(document.config?.digest === undefined ? [] : [document.config.digest]),
        ...parts.map((part) => part.digest),
      ],
    };
  }

  private saveOrForget(repository: Repository): void {
    const empty = Object.keys(repository.manifests).length === 0;
    if (empty) this.repositories.delete(this.key(repository.name));
    else {
      repository.lastUpdateTime = this.clock.now().toISOString();
      this.update(repository);
    }
  }

  /** Of the removed manifests' blobs and files, those that nothing else in the registry needs. */
  private collectGarbage(removed: readonly StoredManifest[]): void {
    const left = this.listRepositories().flatMap((one) => Object.values(one.manifests));
    const needed = new Set(left.flatMap((one) => [one.digest, ...one.references]));
    for (const digest of removed.flatMap((one) => [one.digest, ...one.references])) {
      if (needed.has(digest)) continue;
      rmSync(this.blobPath(digest), { force: true });
      rmSync(this.rootfsDirectory(digest), { recursive: true, force: true });
    }
  }

  private blobPath(digest: string): string {
    const folder = this.state.directory("registry", "images", this.registry, "blobs");
    return join(folder, digest.replace("sha256:", ""));
  }

  private key(repository: string): string {
    return `${this.registry}/${repository}`;
  }
}

export function unlocked(): ChangeableAttributes {
  return { deleteEnabled: true, writeEnabled: true, listEnabled: true, readEnabled: true };
}

function parsePlatform(config: Buffer): { architecture?: string; os?: string } {
  try {
    const { architecture, os } = JSON.parse(config.toString("utf8")) as Record<string, unknown>;
    return {
      ...(typeof architecture === "string" ? { architecture } : {}),
      ...(typeof os === "string" ? { os } : {}),
    };
  } catch {
    return {};
  }
}
