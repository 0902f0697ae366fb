import { createHash, randomUUID } from "node:crypto";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Clock, StateStore } from "../ports.js";

export interface BlobProperties {
  readonly type: "BlockBlob" | "AppendBlob";
  readonly contentType: string;
  /** Keys spelled as they go out in `x-ms-meta-…` headers. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly etag: string;
  readonly lastModified: string;
  readonly length: number;
}

type StoredProperties = Omit<BlobProperties, "length">;

/** Blobs as files: content beside a small JSON file of properties. */
export class BlobStore {
  constructor(
    private readonly state: StateStore,
    private readonly clock: Clock,
  ) {}

  put(
    container: string,
    blob: string,
    content: Buffer,
    init: {
      type: BlobProperties["type"];
      contentType?: string;
      metadata?: Record<string, string>;
    },
  ): BlobProperties {
    const file = this.file(container, blob);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // A reader must never see half a blob.
    const temporary = `${file}.${randomUUID()}`;
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, file);
    return this.writeProperties(file, {
      type: init.type,
      contentType: init.contentType ?? "application/octet-stream",
      metadata: init.metadata ?? {},
    });
  }

  append(container: string, blob: string, content: Buffer): void {
    const file = this.file(container, blob);
    appendFileSync(file, content);
    const before = this.readProperties(file);
    if (before !== undefined) this.writeProperties(file, before);
  }

  setMetadata(container: string, blob: string, metadata: Record<string, string>): void {
    const file = this.file(container, blob);
    const before = this.readProperties(file);
    if (before !== undefined) this.writeProperties(file, { ...before, metadata });
  }

  properties(container: string, blob: string): BlobProperties | undefined {
    const file = this.file(container, blob);
    const stored = this.readProperties(file);
    return stored === undefined ? undefined : { ...stored, length: statSync(file).size };
  }

  read(container: string, blob: string): Buffer | undefined {
    const file = this.file(container, blob);
    return existsSync(file) ? readFileSync(file) : undefined;
  }

  delete(container: string, blob: string): void {
    const file = this.file(container, blob);
    rmSync(file, { force: true });
    rmSync(`${file}.properties`, { force: true });
  }

  deleteContainer(container: string): void {
    rmSync(this.containerDirectory(container), { recursive: true, force: true });
  }

  private writeProperties(
    file: string,
    init: Pick<StoredProperties, "type" | "contentType" | "metadata">,
  ): BlobProperties {
    const stored: StoredProperties = {
      type: init.type,
      contentType: init.contentType,
      metadata: init.metadata,
      etag: `"0x${randomUUID().replaceAll("-", "").slice(0, 15).toUpperCase()}"`,
      lastModified: this.clock.now().toUTCString(),
    };
    writeFileSync(`${file}.properties`, JSON.stringify(stored), { mode: 0o600 });
    return { ...stored, length: statSync(file).size };
  }

  private readProperties(file: string): StoredProperties | undefined {
    const path = `${file}.properties`;
    if (!existsSync(path) || !existsSync(file)) return undefined;
    return JSON.parse(readFileSync(path, "utf8")) as StoredProperties;
  }

  private containerDirectory(container: string): string {
    return this.state.directory("registry", "storage", encodeURIComponent(container));
  }

  /** Blob names are any text, slashes included: a digest makes a file name of each. */
  private file(container: string, blob: string): string {
    const digest = createHash("sha256").update(blob).digest("hex");
    return join(this.containerDirectory(container), digest);
  }
}
