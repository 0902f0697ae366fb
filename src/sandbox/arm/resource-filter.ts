import type { ArmResource } from "../ports.js";
import { makeArmError } from "./errors.js";
import { groupOf } from "./path.js";

type Test = (resource: ArmResource) => boolean;

/**
 * The `$filter` of a resource listing: comparisons joined by `and`.
 * https://learn.microsoft.com/rest/api/resources/resources/list
 */
export function parseResourceFilter(filter: string): Test {
  const text = filter.trim();
  if (text === "") return () => true;
  const terms = splitTerms(text);
  const tagName = terms.map((term) => readComparison(term)).find(isTag("tagname"))?.value;
  const tests = terms.map((term) => readTest(term, tagName));
  return (resource) => tests.every((test) => test(resource));
}

interface Comparison {
  readonly property: string;
  readonly operator: string;
  readonly value: string;
}

const quoted = "'((?:[^']|'')*)'";
const comparison = new RegExp(`^([A-Za-z/]+)\\s+(eq|ne)\\s+${quoted}$`, "i");
const substring = new RegExp(
  `^substringof\\(\\s*${quoted}\\s*,\\s*(name|resourceGroup)\\s*\\)$`,
  "i",
);

/** Cuts at `and`, but not inside a quoted value. */
function splitTerms(text: string): string[] {
  const terms: string[] = [""];
  for (const piece of text.split(/('(?:[^']|'')*'|\s+and\s+)/i)) {
    if (/^\s+and\s+$/i.test(piece)) terms.push("");
    else terms.push(`${terms.pop() ?? ""}${piece}`);
  }
  return terms.map((term) => term.trim().replace(/^\((.*)\)$/, "$1"));
}

function readComparison(term: string): Comparison | undefined {
  const [, property, operator, value] = comparison.exec(term) ?? [];
  if (property === undefined || operator === undefined || value === undefined) return undefined;
  return {
    property: property.toLowerCase(),
    operator: operator.toLowerCase(),
    value: value.replaceAll("''", "'"),
  };
}

function isTag(property: string): (one: Comparison | undefined) => one is Comparison {
  return (one): one is Comparison => one?.property === property;
}

function readTest(term: string, tagName: string | undefined): Test {
  const [, part, of] = substring.exec(term) ?? [];
  if (part !== undefined && of !== undefined) {
    const read = properties[of.toLowerCase()];
    const wanted = part.replaceAll("''", "'").toLowerCase();
    return (resource) => read?.(resource)?.toLowerCase().includes(wanted) === true;
  }
  const found = readComparison(term);
  if (found === undefined) throw invalidFilter(term);
  const { property, operator, value } = found;
  if (property === "tagname") return (resource) => tagOf(resource, value) !== undefined;
  if (property === "tagvalue") {
    if (tagName === undefined) throw invalidFilter(term);
    return (resource) => tagOf(resource, tagName) === value;
  }
  const read = properties[property];
  if (read === undefined) throw invalidFilter(term);
  const wanted = value.toLowerCase();
  return (resource) => (read(resource)?.toLowerCase() === wanted) === (operator === "eq");
}

const properties: Readonly<Record<string, (resource: ArmResource) => string | undefined>> = {
  name: (resource) => resource.name,
  location: (resource) => resource.location,
  resourcetype: (resource) => resource.type,
  resourcegroup: (resource) => groupOf(resource.id).split("/").at(-1),
  "identity/principalid": (resource) => resource.identity?.principalId,
};

/** Names of tags are read without regard to case, their values are not. */
function tagOf(resource: ArmResource, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(resource.tags ?? {}).find(([own]) => own.toLowerCase() === wanted)?.[1];
}

function invalidFilter(term: string): Error {
  return makeArmError(
    400,
    "InvalidFilterInQueryString",
    `Invalid $filter '${term}' specified in the query string.`,
  );
}
