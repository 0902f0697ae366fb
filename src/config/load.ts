import { readFile as readFileFromDisk } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";

import { findPastedSecrets, maskSecrets } from "../domain/pasted-secrets.js";
import { configInvalid, configMissing, configUnreadable } from "../errors/catalogue/config.js";
import type { Problem } from "../errors/runnerctl-error.js";
import { checkConfigValue } from "./check.js";
import { parseConfigDocument } from "./document.js";
import type { RunnerctlConfig } from "./types.js";

export const defaultConfigFile = "runnerctl.yaml";

export interface LoadedConfig {
  readonly config: RunnerctlConfig;
  /** Absolute. */
  readonly path: string;
  readonly directory: string;
  /** The text of the file. */
  readonly source: string;
  /** What works but is probably not meant. */
  readonly warnings: readonly Problem[];
}

export interface LoadRequest {
  /** Relative to `cwd`; default runnerctl.yaml. */
  readonly path?: string | undefined;
  readonly cwd: string;
  readonly readFile?: (path: string) => Promise<string>;
}

export async function loadConfig(request: LoadRequest): Promise<LoadedConfig> {
  const path = resolve(request.cwd, request.path ?? defaultConfigFile);
  const read = request.readFile ?? ((file: string) => readFileFromDisk(file, "utf8"));
  let source: string;
  try {
    source = await read(path);
  } catch (cause) {
    throw describeReadError(path, cause);
  }
  const directory = dirname(path);
  const parsed = parseConfig(source, { file: nameForPeople(path, request.cwd), directory });
  return { ...parsed, path, directory, source };
}

/**
 * The text of a configuration, checked whole: every problem is thrown at once. `file` is how the
 * problems call it; `directory` is what its relative paths start from.
 */
export function parseConfig(
  source: string,
  { file, directory }: { readonly file: string; readonly directory: string },
): Pick<LoadedConfig, "config" | "warnings"> {
  // A byte order mark is no text; without it columns count from the first character.
  const text = source.replace(/^\uFEFF/, "");
  const secrets = findPastedSecrets(text);
  // From here on nobody sees a secret, so that no message can repeat one.
  const document = parseConfigDocument(maskSecrets(text, secrets), file);
  const pasted = secrets.map(({ kind, start }) => ({
    where: `${file}:${placeOf(text, start)}`,
    what: `The file holds ${kind}`,
    fix: "Remove it, and revoke it if the file was ever shared or committed. Secrets live in Key Vault: put them there with `runnerctl secret set`.",
  }));
  if (document.problems.length > 0) throw invalid(file, [...pasted, ...document.problems]);
  if (document.value === undefined || document.value === null) {
    throw invalid(file, [
      {
        where: `${file}:1:1`,
        what: "The file is empty",
        fix: "Write one with: runnerctl init --force",
      },
    ]);
  }
  if (typeof document.value !== "object" || Array.isArray(document.value)) {
    throw invalid(file, [
      ...pasted,
      {
        where: document.locate([]),
        what: `The file holds ${Array.isArray(document.value) ? "a list" : "a single value"} where keys are expected`,
        fix: "Start with name: …, location: … and github: …; runnerctl init writes an example.",
      },
    ]);
  }
  const checked = checkConfigValue(document.value, document, directory);
  if (checked.config === undefined || pasted.length > 0) {
    throw invalid(file, [...pasted, ...checked.errors]);
  }
  return { config: checked.config, warnings: inOrder(checked.warnings) };
}

function invalid(file: string, problems: readonly Problem[]): Error {
  return configInvalid(file, inOrder(problems));
}

/** By line and column: the order in which somebody goes through the file. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const key = ({ where }: Problem): number[] => where.split(":").slice(-2).map(Number);
  return [...problems].sort((a, b) => {
    const [lineA = 0, columnA = 0] = key(a);
    const [lineB = 0, columnB = 0] = key(b);
    return lineA - lineB || columnA - columnB;
  });
}

function placeOf(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}

/** Short when it lies in or below the current folder, else absolute. */
function nameForPeople(path: string, cwd: string): string {
  const short = relative(cwd, path);
  return short === "" || short.startsWith("..") || isAbsolute(short) ? path : short;
}

function describeReadError(path: string, cause: unknown): Error {
  const code = (cause as NodeJS.ErrnoException).code;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return configMissing(path);
    case "EISDIR":
      return configUnreadable(path, "it is a folder", cause);
    case "EACCES":
    case "EPERM":
      return configUnreadable(path, "permission denied", cause);
    default:
      return configUnreadable(path, code ?? `reading ${basename(path)} failed`, cause);
  }
}
