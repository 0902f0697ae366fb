import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContextFile } from "../domain/build-arguments.js";
import { contextEntryUnreadable, ignoreFileInvalid } from "../errors/catalogue/image.js";
import { IgnoreRules } from "./ignore-rules.js";

export interface IgnoreFile {
  readonly rules: IgnoreRules;
  /** Paths that go along whatever the rules say: what the build itself reads. */
  readonly always: ReadonlySet<string>;
  /** Files that stand in for others of the context. */
  readonly files: readonly ContextFile[];
}

/**
 * The rules for a Dockerfile: a file named after it and lying beside it, or else the context's
 * general one. https://docs.docker.com/build/concepts/context/#filename-and-location
 */
export async function readIgnoreFile(
  folder: string,
  dockerfile: string,
  realDockerfile: string,
): Promise<IgnoreFile> {
  const own = `${dockerfile}.dockerignore`;
  for (const candidate of [own, general]) {
    const text = await readFile(join(folder, candidate), "utf8").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw contextEntryUnreadable(candidate, error);
    });
    if (text === undefined) continue;
    const { rules, problems } = IgnoreRules.parse(text);
    if (problems.length > 0) throw ignoreFileInvalid(join(folder, candidate), problems);
    return {
      rules,
      always: new Set([dockerfile, realDockerfile, candidate]),
      // Unpacked at the other end, the rules are applied once more, by a builder that may know the
      // general file only: it gets the rules under that name.
      files: candidate === own ? [{ path: general, source: join(folder, own) }] : [],
    };
  }
  return { rules: IgnoreRules.none, always: new Set(), files: [] };
}

const general = ".dockerignore";

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === "ENOENT" || code === "ENOTDIR";
}
