import type { z } from "zod";

import { findNearestWord } from "../domain/nearest-word.js";
import { resolveGithub, resolveImage, resolvePool } from "./defaults.js";
import type { Path } from "./document.js";
import { imageSchema } from "./image-schema.js";
import { configSchema, githubSchema, poolSchema } from "./schema.js";
import type { GithubConfig, ImageConfig, PoolConfig } from "./types.js";

/**
 * A part of the file, with defaults, that may have had keys which do not fit. Those are left out
 * and named in `unsure`, so that a rule does not complain of a default that nobody chose.
 */
export interface DraftPart<T> {
  readonly path: Path;
  readonly config: T;
  /** The keys that the file sets. */
  readonly written: ReadonlySet<string>;
  readonly unsure: ReadonlySet<string>;
}

/** What of a file can be judged by the rules across keys, even when other parts of it do not fit. */
export interface Draft {
  readonly name: string | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly github: DraftPart<GithubConfig> | undefined;
  readonly image: DraftPart<ImageConfig> | undefined;
  readonly pools: readonly DraftPart<PoolConfig>[];
}

export function createDraft(value: unknown, directory: string): Draft {
  const root = isRecord(value) ? value : {};
  const written: unknown[] | undefined = Array.isArray(root.pools) ? root.pools : undefined;
  const pools = (written ?? [{ name: "default" }])
    .map((pool, index) => salvage(poolSchema, pool, ["pools", index], resolvePool))
    .filter((pool) => pool !== undefined);
  return {
    name: keep(configSchema.shape.name, root.name),
    tags: isRecord(root.tags) ? textsOf(root.tags) : {},
    github: salvage(githubSchema, root.github, ["github"], resolveGithub),
    image: salvage(imageSchema, root.image, ["image"], (image) => resolveImage(image, directory)),
    pools,
  };
}

/** A tag whose value does not fit still has a name that can be judged. */
function textsOf(record: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, String(value)]));
}

function keep<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

function salvage<S extends z.ZodObject, T>(
  schema: S,
  value: unknown,
  path: Path,
  resolve: (input: z.output<S>) => T,
): DraftPart<T> | undefined {
  if (!isRecord(value)) return undefined;
  const unsure = new Set<string>();
  let parsed = schema.safeParse(value);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const keys =
        issue.code === "unrecognized_keys" && issue.path.length === 0
          ? issue.keys
          : [String(issue.path[0])];
      for (const key of keys) {
        unsure.add(key);
        // A misspelt key was meant to set the one it resembles.
        const meant = findNearestWord(key, Object.keys(schema.shape));
        if (meant !== undefined && !(meant in value)) unsure.add(meant);
      }
    }
    parsed = schema.safeParse(
      Object.fromEntries(Object.entries(value).filter(([key]) => !unsure.has(key))),
    );
    if (!parsed.success) return undefined;
  }
  return { path, config: resolve(parsed.data), written: new Set(Object.keys(value)), unsure };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
