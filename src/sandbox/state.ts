import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import type { Collection, StateStore } from "./ports.js";

/** How long a change may stay in memory alone. */
const writeBehindMs = 50;

class FileCollection<T> implements Collection<T> {
  private readonly records: Map<string, T>;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly file: string) {
    this.records = new Map(
      existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as [string, T][]) : [],
    );
  }

  get(key: string): T | undefined {
    return this.records.get(key);
  }

  set(key: string, value: T): void {
    this.records.set(key, value);
    this.schedule();
  }

  delete(key: string): boolean {
    const had = this.records.delete(key);
    if (had) this.schedule();
    return had;
  }

  entries(prefix?: string): [string, T][] {
    const all = [...this.records];
    return prefix === undefined ? all : all.filter(([key]) => key.startsWith(prefix));
  }

  clear(): void {
    this.records.clear();
    this.schedule();
  }

  /** Whole file beside the old one, then a rename: a reader sees the old records or the new ones. */
  flush(): void {
    if (this.timer === undefined) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    const next = `${this.file}.next`;
    writeFileSync(next, JSON.stringify([...this.records]), { mode: 0o600 });
    renameSync(next, this.file);
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => this.flush(), writeBehindMs);
  }
}

/** Records are handed out as they are kept: change a copy, then `set` it. */
export class FileStateStore implements StateStore {
  private readonly collections = new Map<string, FileCollection<unknown>>();

  constructor(private readonly root: string) {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  collection<T>(name: string): Collection<T> {
    let found = this.collections.get(name);
    if (found === undefined) {
      found = new FileCollection<unknown>(join(this.root, `${name}.json`));
      this.collections.set(name, found);
    }
    return found as Collection<unknown> as Collection<T>;
  }

  directory(...segments: string[]): string {
    const path = join(this.root, ...segments);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  flush(): void {
    for (const collection of this.collections.values()) collection.flush();
  }

  /** Forgets everything but the named collections; services must be closed first. */
  wipe(keep: readonly string[]): void {
    for (const [name, collection] of this.collections) {
      if (keep.includes(name)) continue;
      collection.clear();
      collection.flush();
      this.collections.delete(name);
    }
    const kept = new Set(keep.map((name) => `${name}.json`));
    for (const entry of readdirSync(this.root)) {
      if (!kept.has(entry)) rmSync(join(this.root, entry), { recursive: true, force: true });
    }
  }
}
