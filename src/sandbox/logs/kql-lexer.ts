import { parseDatetime, parseDuration } from "./kql-values.js";
import { syntaxError } from "./kql-errors.js";

export interface Token {
  readonly kind: "name" | "string" | "number" | "timespan" | "datetime" | "symbol" | "end";
  readonly text: string;
  /** The decoded string, the number, or milliseconds. */
  readonly value: string | number;
  readonly line: number;
  readonly pos: number;
  /** White space stands before it. */
  readonly spaced: boolean;
}

const symbols = [
  "..",
  "==",
  "!=",
  "=~",
  "!~",
  "<=",
  ">=",
  "<>",
  "|",
  "(",
  ")",
  "[",
  "]",
  ",",
  ";",
  "=",
  "<",
  ">",
  "+",
  "-",
  "*",
  "/",
  "%",
  ".",
  ":",
];

export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let index = 0;
  let line = 1;
  let lineStart = 0;
  let spaced = false;
  const push = (kind: Token["kind"], text: string, value: string | number) => {
    tokens.push({ kind, text, value, line, pos: index - lineStart, spaced });
    index += text.length;
    spaced = false;
  };
  while (index < query.length) {
    const rest = query.slice(index);
    const space = /^(?:\s|\/\/[^\n]*)/.exec(rest);
    if (space !== null) {
      if (space[0] === "\n") {
        line += 1;
        lineStart = index + 1;
      }
      index += space[0].length;
      spaced = true;
      continue;
    }
    const duration = /^\d+(?:\.\d+)?(?:microsecond|tick|ms|d|h|m|s)(?![\w])/.exec(rest);
    const number = /^(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+)(?![\w])/.exec(rest);
    const name = /^!?[A-Za-z_$][\w]*~?/.exec(rest);
    const string =
      /^(?:@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')/.exec(rest);
    // What stands in these parentheses is bare text, not an expression.
    const literal = /^(datetime|timespan|time)\s*\(\s*(["']?)([^)"']*?)\2\s*\)/.exec(rest);
    if (literal !== null) {
      const kind = literal[1] === "datetime" ? "datetime" : "timespan";
      const inner = literal[3] ?? "";
      const value = kind === "datetime" ? parseDatetime(inner) : parseDuration(inner);
      if (value === undefined) throw syntaxError(inner, line, index - lineStart);
      push(kind, literal[0], value);
    } else if (string !== null) push("string", string[0], decodeString(string[0]));
    else if (duration !== null) push("timespan", duration[0], parseDuration(duration[0]) ?? 0);
    else if (number !== null) push("number", number[0], Number(number[0]));
    else if (name !== null) push("name", name[0], name[0]);
    else {
      const symbol = symbols.find((one) => rest.startsWith(one));
      if (symbol === undefined) throw syntaxError(rest[0] ?? "", line, index - lineStart);
      push("symbol", symbol, symbol);
    }
  }
  push("end", "", "");
  return tokens;
}

function decodeString(text: string): string {
  if (text.startsWith("@")) {
    const quote = text[1] ?? '"';
    return text.slice(2, -1).replaceAll(quote + quote, quote);
  }
  const escapes: Record<string, string> = { n: "\n", r: "\r", t: "\t", "0": "\0" };
  return text
    .slice(1, -1)
    .replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_match, code: string) =>
      code.length === 5 && code.startsWith("u")
        ? String.fromCharCode(Number.parseInt(code.slice(1), 16))
        : (escapes[code] ?? code),
    );
}
