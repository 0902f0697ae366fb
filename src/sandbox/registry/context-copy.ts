import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join, posix, sep } from "node:path";
import { BuildError } from "./dockerfile-parser.js";
import type { CopyAttributes, Rootfs } from "./rootfs.js";

export interface CopyRequest {
  readonly keyword: "COPY" | "ADD";
  /** Folder the sources are taken from: the context, or another stage's files. */
  readonly from: string;
  /** A source that is missing here may have been made by a RUN, which is not executed. */
  readonly toleratesMissing: boolean;
  readonly sources: readonly string[];
  readonly destination: string;
  readonly attributes: CopyAttributes;
}

export interface CopyResult {
  /** Sources that were not there and were tolerated. */
  readonly missing: readonly string[];
  /** Archives that ADD must unpack: path on this machine → folder in the image. */
  readonly archives: readonly { file: string; target: string }[];
}

/** https://docs.docker.com/reference/dockerfile/#copy */
export function copyIntoImage(rootfs: Rootfs, request: CopyRequest): CopyResult {
  const missing: string[] = [];
  const archives: { file: string; target: string }[] = [];
  const found: string[] = [];
  for (const source of request.sources) {
    const paths = findSources(request, source);
    if (paths.length === 0) missing.push(source);
    found.push(...paths);
  }
  const toFolder = request.destination.endsWith("/");
  if (found.length > 1 && !toFolder) {
    throw new BuildError(
      `When using ${request.keyword} with more than one source file, the destination must be a directory and end with a /`,
    );
  }
  for (const path of found) {
    const target = posix.normalize(request.destination);
    if (statSync(path).isDirectory()) {
      const isNew = !rootfs.exists(target);
      rootfs.copyEntries(path, target, request.attributes);
      if (isNew && request.attributes.chown !== undefined) {
        rootfs.owners.set(
          posix.join("/", target).replace(/(.)\/$/, "$1"),
          request.attributes.chown,
        );
      }
    } else if (request.keyword === "ADD" && /\.(tar|tar\.gz|tgz)$/.test(path)) {
      archives.push({ file: path, target });
    } else {
      const intoFolder = toFolder || rootfs.isDirectory(target);
      const file = intoFolder ? posix.join(target, basename(path)) : target;
      rootfs.copyFile(followLink(path), file, request.attributes);
    }
  }
  return { missing, archives };
}

function findSources(request: CopyRequest, source: string): string[] {
  const relative = posix.normalize(source.replaceAll("\\", "/")).replace(/^\/+/, "");
  if (relative === ".." || relative.startsWith("../")) {
    throw new BuildError(
      `${request.keyword} failed: forbidden path outside the build context: ${source} ()`,
    );
  }
  const matches = /[*?[]/.test(relative)
    ? glob(request.from, relative.split("/"))
    : [join(request.from, relative)].filter((path) => existsSync(path) || isDanglingLink(path));
  const root = realpathSync(request.from);
  for (const path of matches) {
    const real = isDanglingLink(path) ? undefined : realpathSync(path);
    if (real === undefined || (real !== root && !real.startsWith(root + sep))) {
      if (request.toleratesMissing) continue;
      throw new BuildError(
        `${request.keyword} failed: forbidden path outside the build context: ${source} ()`,
      );
    }
  }
  const usable = matches.filter((path) => !isDanglingLink(path));
  if (usable.length > 0 || request.toleratesMissing) return usable;
  if (/[*?[]/.test(relative)) {
    throw new BuildError(`${request.keyword} failed: no source files were specified`);
  }
  throw new BuildError(
    `${request.keyword} failed: file not found in build context or excluded by .dockerignore: stat ${relative}: file does not exist`,
  );
}

function isDanglingLink(path: string): boolean {
  return (
    (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false) && !existsSync(path)
  );
}

function followLink(path: string): string {
  return lstatSync(path).isSymbolicLink() ? realpathSync(path) : path;
}

function glob(directory: string, segments: readonly string[]): string[] {
  const [segment, ...rest] = segments;
  if (segment === undefined || !existsSync(directory)) return [];
  const pattern = segmentPattern(segment);
  const matches = readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => join(directory, name));
  if (rest.length === 0) return matches;
  return matches
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false)
    .flatMap((path) => glob(path, rest));
}

/** Go's filepath.Match for one segment: `*`, `?` and classes. */
function segmentPattern(segment: string): RegExp {
  let pattern = "";
  for (let index = 0; index < segment.length; index += 1) {
    const char = segment[index] ?? "";
    const close = char === "[" ? segment.indexOf("]", index + 1) : -1;
    if (char === "*") pattern += "[^/]*";
    else if (char === "?") pattern += "[^/]";
    else if (close > index) {
      pattern += segment.slice(index, close + 1).replaceAll("\\", "\\\\");
      index = close;
    } else pattern += char.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  }
  return new RegExp(`^${pattern}$`);
}
