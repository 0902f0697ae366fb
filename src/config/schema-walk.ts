import * as z from "zod";

import { configSchema } from "./schema.js";
import type { Path } from "./document.js";

/*
 * What the schema says of a place in the file: which keys belong there and what a key is for. Used
 * only to word problems; validation itself is zod's.
 */

/** The keys that a mapping at this place may have; `value` picks among alternatives by its `type`. */
export function knownKeys(path: Path, value: unknown): string[] {
  const keys = schemasAt(path)
    .filter((schema) => schema instanceof z.ZodObject)
    .filter((schema) => fitsDiscriminator(schema, value))
    .flatMap((schema) => Object.keys(schema.shape));
  return [...new Set(keys)];
}

/** The description of the key at this place. */
export function describeKey(path: Path): string | undefined {
  return schemasAt(path.slice(0, -1))
    .filter((schema) => schema instanceof z.ZodObject)
    .map((schema) => (schema.shape as Record<string, z.ZodType>)[String(path.at(-1))])
    .find((schema) => schema !== undefined)?.description;
}

/** Where else in the file a key of this name belongs: `github.repositories`, `pools[].cpu`. */
export function findHomes(key: string): string[] {
  const homes = new Set<string>();
  const visit = (schema: z.ZodType, at: string): void => {
    for (const branch of unwrap(schema)) {
      if (branch instanceof z.ZodArray) visit(branch.element as z.ZodType, `${at}[]`);
      if (!(branch instanceof z.ZodObject)) continue;
      for (const [name, child] of Object.entries(branch.shape as Record<string, z.ZodType>)) {
        const here = at === "" ? name : `${at}.${name}`;
        if (name === key) homes.add(here);
        visit(child, here);
      }
    }
  };
  visit(configSchema, "");
  return [...homes];
}

function schemasAt(path: Path): z.ZodType[] {
  let schemas = unwrap(configSchema);
  for (const key of path) {
    schemas = schemas.flatMap((schema) => {
      if (schema instanceof z.ZodArray) return unwrap(schema.element as z.ZodType);
      if (schema instanceof z.ZodRecord) return unwrap(schema.valueType as z.ZodType);
      if (!(schema instanceof z.ZodObject)) return [];
      const child = (schema.shape as Record<string, z.ZodType>)[String(key)];
      return child === undefined ? [] : unwrap(child);
    });
  }
  return schemas;
}

/** A schema without `optional`, and a union as its alternatives. */
function unwrap(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodOptional) return unwrap(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodUnion) {
    return (schema.options as z.ZodType[]).flatMap((option) => unwrap(option));
  }
  return [schema];
}

const discriminators = ["type", "backend"];

function fitsDiscriminator(schema: z.ZodObject, value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  return discriminators.every((name) => {
    const expected: unknown = schema.shape[name];
    const given = (value as Record<string, unknown>)[name];
    return (
      !(expected instanceof z.ZodLiteral) || typeof given !== "string" || expected.values.has(given)
    );
  });
}
