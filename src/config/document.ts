import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseDocument, visit } from "yaml";
import type { Document, Node, Pair, YAMLError } from "yaml";

import type { Problem } from "../errors/runnerctl-error.js";

export type Path = readonly PropertyKey[];

/** A YAML file, readable as a value and as places. */
export interface ConfigDocument {
  /** Undefined when the file is empty or cannot be read as YAML. */
  readonly value: unknown;
  /** What makes it unreadable. */
  readonly problems: readonly Problem[];
  /**
   * `file:line:column` of a key or of its value; of the nearest thing around it when it is not
   * there.
   */
  locate(path: Path, at?: "key" | "value"): string;
  /** A scalar as it is written, quotes and all: `1.20`. */
  sourceOf(path: Path): string | undefined;
}

/** `file` is how the file is named in problems. */
export function parseConfigDocument(source: string, file: string): ConfigDocument {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, {
    lineCounter,
    // Messages without an excerpt of the file.
    prettyErrors: false,
    // `<<` with anchors, which people know from other YAML files.
    merge: true,
    // No process warnings of the library's own: what matters is reported here.
    logLevel: "error",
  });
  const placeOf = (offset: number): string => {
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const problems = [...document.errors, ...document.warnings].map((error) => ({
    where: placeOf(error.pos[0]),
    ...describeYamlError(error),
  }));
  let value: unknown;
  if (problems.length === 0) {
    try {
      value = document.toJS();
    } catch {
      // An alias without its anchor, or a tower of aliases; the parser itself accepts both.
      problems.push({
        where: placeOf(findLooseAlias(document) ?? 0),
        what: "An alias (*name) has no anchor (&name) before it, or aliases are nested too deeply",
        fix: "Define the anchor above its first use, or write the value out.",
      });
    }
  }
  return {
    value,
    problems,
    locate: (path, at = "value") => placeOf(offsetOf(document, path, at)),
    sourceOf(path) {
      const found = find(document, path);
      const node = found.complete ? found.node : undefined;
      return isScalar(node) && node.range ? source.slice(node.range[0], node.range[1]) : undefined;
    },
  };
}

function findLooseAlias(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Alias(_key, node) {
      if (node.resolve(document) !== undefined) return undefined;
      offset = node.range?.[0];
      return visit.BREAK;
    },
  });
  return offset;
}

interface Found {
  readonly node: Node | undefined;
  /** The pair whose value the node is, if it is one. */
  readonly pair: Pair | undefined;
  /** Whether the whole path exists; otherwise the node is the nearest around it. */
  readonly complete: boolean;
}

function find(document: Document.Parsed, path: Path): Found {
  let node: Node | undefined = document.contents ?? undefined;
  let pair: Pair | undefined;
  for (const key of path) {
    const container: unknown = isAlias(node) ? node.resolve(document) : node;
    let next: { node: Node | undefined; pair: Pair | undefined } | undefined;
    if (isMap(container)) {
      const match = container.items.find(
        (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(key),
      );
      if (match !== undefined) next = { node: (match.value ?? undefined) as Node, pair: match };
    } else if (isSeq(container) && typeof key === "number" && key in container.items) {
      next = { node: container.items[key] as Node, pair: undefined };
    }
    if (next === undefined) return { node, pair, complete: false };
    ({ node, pair } = next);
  }
  return { node, pair, complete: true };
}

function offsetOf(document: Document.Parsed, path: Path, at: "key" | "value"): number {
  const { node, pair, complete } = find(document, path);
  const key = pair?.key as Node | undefined;
  const wantsKey = at === "key" && complete;
  const start = wantsKey ? (key ?? node) : (nodeWithText(node) ?? key);
  return start?.range?.[0] ?? 0;
}

/** An empty value has a place too, but at the end of its line, where nothing is to be seen. */
function nodeWithText(node: Node | undefined): Node | undefined {
  return node?.range && node.range[0] === node.range[1] ? undefined : node;
}

function describeYamlError(error: YAMLError): Pick<Problem, "what" | "fix"> {
  switch (error.code) {
    case "TAB_AS_INDENT":
      return {
        what: "A tab is used for indentation",
        fix: "Indent with spaces: YAML has no tabs.",
      };
    case "DUPLICATE_KEY":
      return { what: "This key is there twice", fix: "Keep one of the two." };
    case "MULTIPLE_DOCS":
      return {
        what: "The file holds more than one document",
        fix: "Remove the --- line; give a second deployment a file of its own (--config).",
      };
    case "BAD_INDENT":
      return {
        what: "The indentation does not fit the lines above, or a bracket is not closed",
        fix: "Keys of one group start at the same column.",
      };
    case "BLOCK_AS_IMPLICIT_KEY":
    case "MULTILINE_IMPLICIT_KEY":
      return {
        what: "A value holds ': ', which YAML reads as a further key, or a line has lost its colon",
        fix: 'Put a value that holds ": " in quotes.',
      };
    case "MISSING_CHAR":
      return { what: "A quote, comma, colon or bracket is missing", fix: "Close what is open." };
    case "BAD_SCALAR_START":
      return {
        what: "A value may not start with @ or `",
        fix: "Put the value in quotes.",
      };
    case "TAG_RESOLVE_FAILED":
      return { what: "Tags such as !name mean nothing here", fix: "Remove the tag." };
    default:
      return { what: `This is not valid YAML: ${error.message}` };
  }
}
