import { lstat, realpath } from "node:fs/promises";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { dockerfileMissing, dockerfileOutside } from "../errors/catalogue/image.js";

export interface LocatedDockerfile {
  /** Inside the context, with `/`. */
  readonly path: string;
  /** The same with links followed. */
  readonly realPath: string;
}

/**
 * Finds the Dockerfile in its context. It is named relative to the context, or, as Docker has it,
 * relative to the working folder; either way it has to lie inside, for nothing else is uploaded.
 */
export async function locateDockerfile(
  folder: string,
  dockerfile: string,
  cwd?: string,
): Promise<LocatedDockerfile> {
  const inContext = isAbsolute(dockerfile) ? dockerfile : join(folder, dockerfile);
  const candidates = [inContext, ...(cwd === undefined ? [] : [resolve(cwd, dockerfile)])];
  let outside = false;
  for (const absolute of candidates) {
    const path = pathInside(folder, absolute);
    if (path === undefined) {
      outside = true;
      continue;
    }
    const stats = await lstat(absolute).catch(() => undefined);
    if (stats === undefined || stats.isDirectory()) continue;
    const [realFolder, realFile] = await Promise.all([
      realpath(folder),
      realpath(absolute).catch(() => undefined),
    ]);
    if (realFile === undefined) throw dockerfileMissing(dockerfile, folder);
    const realPath = pathInside(realFolder, realFile);
    if (realPath === undefined) throw dockerfileOutside(dockerfile, folder);
    return { path, realPath };
  }
  // A name that leads out of the context is the likelier mistake only when nothing else was meant.
  const meantOutside = outside && pathInside(folder, inContext) === undefined;
  throw meantOutside
    ? dockerfileOutside(dockerfile, folder)
    : await describeMiss(folder, dockerfile, candidates);
}

async function describeMiss(folder: string, dockerfile: string, candidates: readonly string[]) {
  for (const absolute of candidates) {
    if (pathInside(folder, absolute) !== undefined) continue;
    const stats = await lstat(absolute).catch(() => undefined);
    if (stats?.isFile() === true) return dockerfileOutside(dockerfile, folder);
  }
  return dockerfileMissing(dockerfile, folder);
}

function pathInside(folder: string, absolute: string): string | undefined {
  const path = relative(folder, absolute);
  if (path === "" || path === ".." || path.startsWith(`..${sep}`) || isAbsolute(path)) {
    return undefined;
  }
  return sep === "/" ? path : path.replaceAll(sep, "/");
}
