import type { Problem } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";

/* Checks of single attributes; a value that is not known yet passes. */

export function checkPattern(
  config: Reader,
  name: string,
  pattern: RegExp,
  rule: string,
): Problem[] {
  const value = config.text(name);
  if (value === undefined || pattern.test(value)) return [];
  return [{ path: [name], message: `${JSON.stringify(name)} ${rule}: ${JSON.stringify(value)}` }];
}

export function checkOneOf(config: Reader, name: string, allowed: readonly string[]): Problem[] {
  const value = config.text(name);
  if (value === undefined || allowed.includes(value)) return [];
  const listed = allowed.map((item) => JSON.stringify(item)).join(" ");
  return [{ path: [name], message: `expected ${name} to be one of [${listed}], got ${value}` }];
}

export function checkRange(
  config: Reader,
  name: string,
  lowest: number,
  highest: number,
): Problem[] {
  const value = config.number(name);
  if (value === undefined || (value >= lowest && value <= highest)) return [];
  return [
    {
      path: [name],
      message: `expected ${name} to be in the range (${lowest} - ${highest}), got ${value}`,
    },
  ];
}

/** Exactly one of several blocks or attributes. */
export function checkExactlyOne(config: Reader, names: readonly string[]): Problem[] {
  const given = names.filter((name) => config.has(name));
  if (given.length === 1) return [];
  const listed = names.join(",");
  return [
    {
      path: [names[0] ?? ""],
      message:
        given.length === 0
          ? `one of \`${listed}\` must be specified`
          : `only one of \`${listed}\` can be specified, but \`${given.join(",")}\` were specified`,
    },
  ];
}

/** The same checks for each element of a block. */
export function checkEach(
  config: Reader,
  name: string,
  check: (element: Reader) => readonly Problem[],
): Problem[] {
  return config
    .blocks(name)
    .flatMap((element, index) =>
      check(element).map((problem) => ({ ...problem, path: [name, index, ...problem.path] })),
    );
}
