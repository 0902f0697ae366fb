import type { z } from "zod";

import { findNearestWord } from "../domain/nearest-word.js";
import { findPastedSecrets, maskSecrets } from "../domain/pasted-secrets.js";
import type { Problem } from "../errors/runnerctl-error.js";
import type { ConfigDocument, Path } from "./document.js";
import { describeKey, findHomes, knownKeys } from "./schema-walk.js";
import { findSpecialFix } from "./special-fixes.js";

type Issue = z.core.$ZodIssue;

/** What zod found, in words, each at its place in the file; several when keys are unknown. */
export function describeIssues(
  issues: readonly Issue[],
  value: unknown,
  document: Pick<ConfigDocument, "locate" | "sourceOf">,
): Problem[] {
  return issues.flatMap((issue) => describeIssue(issue, issue.path, value, document));
}

function describeIssue(
  issue: Issue,
  path: Path,
  root: unknown,
  document: Pick<ConfigDocument, "locate" | "sourceOf">,
): Problem[] {
  const given = valueAt(root, path);
  const name = formatPath(path);
  const at = (
    what: string,
    fix: string | undefined,
    place: "key" | "value" = "value",
  ): Problem[] => [
    { where: document.locate(path, place), what, ...(fix === undefined ? {} : { fix }) },
  ];

  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => ({
      where: document.locate([...path, key], "key"),
      ...describeUnknownKey(key, path, given),
    }));
  }
  if (issue.code === "invalid_union") {
    const branches = issue.errors.filter((branch) => !isWrongKind(branch));
    if (issue.discriminator === undefined && branches.length > 0) {
      const best = branches.reduce((a, b) => (depthOf(b) > depthOf(a) ? b : a));
      return best.flatMap((inner) =>
        describeIssue(inner, [...path, ...inner.path], root, document),
      );
    }
  }
  const options = optionsOf(issue);
  if (given === undefined) {
    if (options.length > 0) {
      return at(`\`${name}\` is missing`, `Add ${lastKey(path)}: ${listOr(options)}.`);
    }
    const about = describeKey(path);
    return at(
      `\`${name}\` is missing`,
      `Add ${lastKey(path)}${about ? `: ${lowerFirst(about)}` : "."}`,
    );
  }
  if (given === null) {
    return at(`\`${name}\` is empty`, "Give it a value, or remove the line.", "key");
  }
  const special = findSpecialFix(path, given);
  switch (issue.code) {
    case "invalid_type":
      return at(
        `\`${name}\` must be ${kindNames[issue.expected] ?? issue.expected}, not ${describeValue(given)}`,
        special ?? fixKind(issue.expected, given, document.sourceOf(path)),
      );
    case "invalid_value": {
      const values = issue.values.map(String);
      return at(
        `\`${name}\` must be ${listOr(values)}, not ${describeValue(given)}`,
        special ?? suggest(given, values) ?? aboutFix(path),
      );
    }
    case "invalid_union":
      return options.length > 0
        ? at(
            `\`${name}\` must be ${listOr(options)}, not ${describeValue(given)}`,
            special ?? suggest(given, options) ?? aboutFix(path),
          )
        : at(`\`${name}\` cannot be ${describeValue(given)}`, special ?? aboutFix(path));
    case "invalid_key":
      return at(
        `\`${String(path.at(-1))}\` cannot be a key here: it must be ${issue.issues[0]?.message ?? "a name"}`,
        special ?? "Rename it.",
        "key",
      );
    case "too_small":
    case "too_big":
      return at(describeBound(issue, name, given), special ?? aboutFix(path));
    case "invalid_format":
      return at(
        `\`${name}\` is ${describeValue(given)}; it must be ${formatNames[issue.format] ?? issue.message}`,
        special ?? aboutFix(path),
      );
    default:
      return at(`\`${name}\` does not fit: ${issue.message}`, special ?? aboutFix(path));
  }
}

function describeUnknownKey(
  key: string,
  path: Path,
  parent: unknown,
): Pick<Problem, "what" | "fix"> {
  const known = knownKeys(path, parent);
  const place = path.length === 0 ? "at the top level" : `in \`${formatPath(path)}\``;
  const what = `Unknown key \`${key}\` ${place}`;
  const near = findNearestWord(key, known);
  if (near !== undefined) return { what, fix: `Did you mean \`${near}\`?` };
  const homes = findHomes(key);
  if (homes.includes(formatPath([...path, key]).replace(/\[\d+\]/g, "[]"))) {
    const chooser = known.includes("backend") ? "backend" : "type";
    return { what, fix: `It goes with another \`${chooser}\`.` };
  }
  if (homes.length > 0) return { what, fix: `It belongs at ${listOr(homes)}.` };
  return { what, fix: `Remove it. Known here: ${known.join(", ")}.` };
}

/** The values that a union would have taken, when its alternatives are told apart by values. */
function optionsOf(issue: Issue): string[] {
  if (issue.code !== "invalid_union") return [];
  if ("options" in issue && Array.isArray(issue.options)) return issue.options.map(String);
  return issue.errors
    .flat()
    .flatMap((inner) =>
      inner.code === "invalid_value" && inner.path.length === 0 ? inner.values.map(String) : [],
    );
}

/** Whether a union's alternative was out of the question from its first look at the value. */
function isWrongKind(branch: readonly Issue[]): boolean {
  const first = branch[0];
  return (
    first === undefined ||
    (first.path.length === 0 && (first.code === "invalid_type" || first.code === "invalid_value"))
  );
}

function depthOf(branch: readonly Issue[]): number {
  return Math.max(...branch.map((issue) => issue.path.length));
}

const kindNames: Readonly<Record<string, string>> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  object: "a group of keys",
  record: "a group of keys",
  array: "a list",
};

const formatNames: Readonly<Record<string, string>> = {
  guid: "an ID such as 00000000-0000-0000-0000-000000000000",
  url: "an address that starts with https://",
};

function fixKind(
  expected: string,
  given: unknown,
  written: string | undefined,
): string | undefined {
  if (expected === "string" && (typeof given === "number" || typeof given === "boolean")) {
    return `Put it in quotes: "${written ?? String(given)}".`;
  }
  if (expected === "boolean")
    return "Write true or false; yes, no, on and off are text in YAML 1.2.";
  if (expected === "number" || expected === "int")
    return "Write the number alone, without quotes or a unit.";
  if (expected === "array") {
    return isScalar(given)
      ? `Write a list: [${written ?? String(given)}].`
      : "Write a list: [a, b].";
  }
  return undefined;
}

function describeBound(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  name: string,
  given: unknown,
): string {
  const [most, bound] = issue.code === "too_big" ? [true, issue.maximum] : [false, issue.minimum];
  const limit = `${most ? "at most" : "at least"} ${bound}`;
  if (typeof given === "string") {
    return `\`${name}\` has ${count(given.length, "character", "characters")}; it must have ${limit}`;
  }
  if (Array.isArray(given))
    return `\`${name}\` has ${count(given.length, "entry", "entries")}; it must have ${limit}`;
  return issue.inclusive === false
    ? `\`${name}\` is ${String(given)}; it must be ${most ? "below" : "above"} ${bound}`
    : `\`${name}\` is ${String(given)}; it must be ${limit}`;
}

function aboutFix(path: Path): string | undefined {
  return describeKey(path);
}

function suggest(given: unknown, values: readonly string[]): string | undefined {
  const near = typeof given === "string" ? findNearestWord(given, values) : undefined;
  return near === undefined ? undefined : `Did you mean ${near}?`;
}

function count(n: number, one: string, many: string): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** `pools[1].cpu` */
export function formatPath(path: Path): string {
  if (path.length === 0) return "the file";
  return path.reduce<string>(
    (text, key) =>
      typeof key === "number"
        ? `${text}[${key}]`
        : `${text}${text === "" ? "" : "."}${String(key)}`,
    "",
  );
}

export function describeValue(value: unknown): string {
  if (value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "a group of keys";
  if (typeof value !== "string") return String(value);
  // A secret on the command line or in the file is not repeated.
  const clean = maskSecrets(value, findPastedSecrets(value));
  const shown = clean.length > 60 ? `${clean.slice(0, 57)}…` : clean;
  return JSON.stringify(shown);
}

export function listOr(values: readonly string[]): string {
  if (values.length < 2) return values.join("");
  return `${values.slice(0, -1).join(", ")} or ${values.at(-1)}`;
}

function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? (value as Record<PropertyKey, unknown>)[key]
        : undefined,
    root,
  );
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function lastKey(path: Path): string {
  return `\`${String(path.at(-1))}\``;
}

function lowerFirst(text: string): string {
  // "App ID, …" and "GitHub …" stay as they are: only a lone capital goes.
  return /^[A-Z][a-z]/.test(text) && !/^(App|GitHub|Azure|Key Vault)\b/.test(text)
    ? text.charAt(0).toLowerCase() + text.slice(1)
    : text;
}
