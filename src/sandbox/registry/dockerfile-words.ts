import { BuildError } from "./dockerfile-parser.js";

export type Lookup = (name: string) => string | undefined;

/**
 * Substitutes variables and removes quotes as the builders do for the instructions that allow it.
 * https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function expandWord(text: string, lookup: Lookup, escape = "\\"): string {
  let result = "";
  let quote: "'" | '"' | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? "";
    if (quote === "'") {
      if (char === "'") quote = undefined;
      else result += char;
    } else if (char === escape) {
      const next = text[index + 1];
      // Inside double quotes the escape only concerns what is special there.
      if (next === undefined) result += char;
      else if (quote === '"' && next !== '"' && next !== "$" && next !== escape) {
        result += char;
      } else {
        result += next;
        index += 1;
      }
    } else if (char === '"') {
      quote = quote === '"' ? undefined : '"';
    } else if (char === "'" && quote === undefined) {
      quote = "'";
    } else if (char === "$") {
      const { value, length } = expandVariable(text.slice(index), lookup, escape);
      result += value;
      index += length - 1;
    } else {
      result += char;
    }
  }
  if (quote !== undefined) {
    throw new BuildError(
      `failed to process "${text}": unexpected end of statement while looking for matching ${quote === "'" ? "single" : "double"}-quote`,
    );
  }
  return result;
}

/** Splits at white space outside quotes; quotes and escapes stay for `expandWord`. */
export function splitWords(text: string, escape = "\\"): string[] {
  const words: string[] = [];
  let word = "";
  let started = false;
  let quote: string | undefined;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index] ?? "";
    if (quote === undefined && /\s/.test(char)) {
      if (started) words.push(word);
      word = "";
      started = false;
      continue;
    }
    started = true;
    if (char === escape && quote !== "'" && index + 1 < text.length) {
      word += char + (text[index + 1] ?? "");
      index += 1;
      continue;
    }
    if (char === quote) quote = undefined;
    else if (quote === undefined && (char === '"' || char === "'")) quote = char;
    word += char;
  }
  if (started) words.push(word);
  return words;
}

/** `key=value …` pairs, or the old `key value` form of ENV and LABEL. */
export function splitPairs(
  keyword: string,
  text: string,
  line: number,
  escape: string,
): [string, string][] {
  const words = splitWords(text, escape);
  const first = words[0] ?? "";
  if (!first.includes("=")) {
    const rest = text.trim().slice(first.length).trim();
    if (rest === "") {
      throw new BuildError(
        `dockerfile parse error on line ${line}: ${keyword} must have two arguments`,
      );
    }
    return [[first, rest]];
  }
  return words.map((word) => {
    const at = word.indexOf("=");
    if (at < 0) {
      throw new BuildError(
        `dockerfile parse error on line ${line}: Syntax error - can't find = in "${word}". Must be of the form: name=value`,
      );
    }
    if (at === 0) {
      throw new BuildError(
        `dockerfile parse error on line ${line}: ${keyword} names can not be blank`,
      );
    }
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

function expandVariable(
  text: string,
  lookup: Lookup,
  escape: string,
): { value: string; length: number } {
  const plain = /^\$([A-Za-z_]\w*|\d)/.exec(text);
  if (plain !== null) return { value: lookup(plain[1] ?? "") ?? "", length: plain[0].length };
  if (!text.startsWith("${")) return { value: "$", length: 1 };
  const end = closingBrace(text);
  if (end < 0) {
    throw new BuildError(`failed to process "${text}": syntax error: missing '}'`);
  }
  const inner = text.slice(2, end);
  const match = /^([A-Za-z_]\w*|\d)(?:(:?[-+?])([\s\S]*))?$/.exec(inner);
  if (match === null) {
    throw new BuildError(
      `failed to process "${text.slice(0, end + 1)}": unsupported modifier in substitution`,
    );
  }
  const name = match[1] ?? "";
  const operator = match[2];
  const word = match[3] ?? "";
  const current = lookup(name);
  const present =
    operator?.startsWith(":") === true ? (current ?? "") !== "" : current !== undefined;
  const length = end + 1;
  switch (operator?.at(-1)) {
    case "-":
      return { value: present ? (current ?? "") : expandWord(word, lookup, escape), length };
    case "+":
      return { value: present ? expandWord(word, lookup, escape) : "", length };
    case "?":
      if (!present) {
        const reason =
          word === "" ? "is not allowed to be unset" : expandWord(word, lookup, escape);
        throw new BuildError(`failed to process "${text.slice(0, length)}": ${name}: ${reason}`);
      }
      return { value: current ?? "", length };
    default:
      return { value: current ?? "", length };
  }
}

function closingBrace(text: string): number {
  let depth = 0;
  for (let index = 1; index < text.length; index += 1) {
    if (text[index] === "{") depth += 1;
    else if (text[index] === "}") {
      depth -= 1;
      if (depth === 0) return index;
    }
  }
  return -1;
}
