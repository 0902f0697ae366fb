import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, posix } from "node:path";

/** What COPY and ADD say about owner and mode. */
export interface CopyAttributes {
  readonly chown: string | undefined;
  readonly chmod: number | undefined;
}

/**
 * The files of an image as a folder. Owners cannot be applied without privilege, so they are kept
 * beside the files and go into the image's layer.
 */
export class Rootfs {
  /** Absolute image path → `user[:group]` as written. */
  readonly owners: Map<string, string>;

  constructor(
    readonly directory: string,
    owners: Iterable<[string, string]> = [],
  ) {
    this.owners = new Map(owners);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  }

  /** Another image's or stage's files, copied. */
  static from(base: Rootfs, directory: string): Rootfs {
    const copy = new Rootfs(directory, base.owners);
    copy.copyEntries(base.directory, "/", { chown: undefined, chmod: undefined });
    return copy;
  }

  exists(path: string): boolean {
    return existsSync(this.hostPath(path));
  }

  isDirectory(path: string): boolean {
    const host = this.hostPath(path);
    return existsSync(host) && statSync(host).isDirectory();
  }

  makeDirectory(path: string, mode?: number): void {
    const host = this.hostPath(path);
    mkdirSync(host, { recursive: true });
    // A folder that its owner cannot enter would only hinder the build itself.
    if (mode !== undefined) chmodSync(host, (mode & 0o7777) | 0o700);
  }

  remove(path: string): void {
    rmSync(this.hostPath(path, { followLast: false }), { recursive: true, force: true });
  }

  link(path: string, target: string): void {
    const host = this.hostPath(path, { followLast: false });
    mkdirSync(dirname(host), { recursive: true });
    rmSync(host, { recursive: true, force: true });
    symlinkSync(target, host);
  }

  copyWithin(source: string, target: string): void {
    const host = this.hostPath(source);
    if (existsSync(host)) this.copyFile(host, target, { chown: undefined, chmod: undefined });
  }

  writeFile(path: string, content: string | Buffer, attributes: CopyAttributes): void {
    const host = this.hostPath(path, { followLast: false });
    mkdirSync(dirname(host), { recursive: true });
    rmSync(host, { force: true, recursive: true });
    writeFileSync(host, content);
    chmodSync(host, attributes.chmod ?? 0o644);
    this.remember(path, attributes);
  }

  /** One file or link, to exactly `target`. */
  copyFile(source: string, target: string, attributes: CopyAttributes): void {
    const host = this.hostPath(target, { followLast: false });
    mkdirSync(dirname(host), { recursive: true });
    rmSync(host, { force: true, recursive: true });
    const stats = lstatSync(source);
    if (stats.isSymbolicLink()) {
      symlinkSync(readlinkSync(source), host);
    } else {
      copyFileSync(source, host);
      chmodSync(host, attributes.chmod ?? stats.mode & 0o7777);
    }
    this.remember(target, attributes);
  }

  /** The entries of a folder into `target`, as COPY does with a folder. */
  copyEntries(source: string, target: string, attributes: CopyAttributes): void {
    const host = this.hostPath(target);
    mkdirSync(host, { recursive: true });
    for (const entry of readdirSync(source, { withFileTypes: true })) {
      const from = join(source, entry.name);
      const to = posix.join(target, entry.name);
      if (entry.isDirectory()) {
        const isNew = !this.exists(to);
        this.copyEntries(from, to, attributes);
        if (isNew) {
          chmodSync(this.hostPath(to), attributes.chmod ?? statSync(from).mode & 0o7777);
          this.remember(to, attributes);
        }
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        this.copyFile(from, to, attributes);
      }
    }
  }

  private remember(path: string, attributes: CopyAttributes): void {
    if (attributes.chown !== undefined) this.owners.set(posix.normalize(path), attributes.chown);
  }

  /**
   * Where an image path lies on this machine. Links are followed inside the image's own root, so
   * that an image with a link to `/etc` cannot make a build write there.
   */
  hostPath(path: string, options: { followLast: boolean } = { followLast: true }): string {
    let pending = posix.normalize(`/${path}`).split("/").filter(Boolean);
    let resolved = "/";
    for (let hops = 0; pending.length > 0;) {
      const [name = "", ...rest] = pending;
      pending = rest;
      if (name === "..") {
        resolved = posix.dirname(resolved);
        continue;
      }
      const next = posix.join(resolved, name);
      const host = join(this.directory, next);
      const isLink = lstatSync(host, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
      if (isLink && (rest.length > 0 || options.followLast) && hops < 40) {
        hops += 1;
        const target = readlinkSync(host);
        if (posix.isAbsolute(target)) resolved = "/";
        pending = [...target.split("/").filter((part) => part !== "" && part !== "."), ...rest];
        continue;
      }
      resolved = next;
    }
    return join(this.directory, resolved);
  }
}
