import { posix } from "node:path";

/** How the rules stand for one path, and what its children inherit. */
export interface IgnoreMatch {
  readonly ignored: boolean;
  /** For each rule, whether it fits the path or a folder above it. */
  readonly matched: readonly boolean[];
}

/** A line of an ignore file that Docker refuses too. */
export interface IgnoreProblem {
  readonly line: number;
  readonly text: string;
  readonly why: string;
}

interface Rule {
  readonly exception: boolean;
  readonly pattern: string;
  readonly hasWildcard: boolean;
  readonly fits: (path: string) => boolean;
}

/**
 * Rules of a .dockerignore file. The last rule that fits a path, or a folder above it, decides;
 * unlike git's, a rule without a slash fits at the top only, and an exception may bring back what
 * lies in an ignored folder. https://docs.docker.com/build/concepts/context/#syntax
 */
export class IgnoreRules {
  readonly top: IgnoreMatch;

  private constructor(private readonly rules: readonly Rule[]) {
    this.top = { ignored: false, matched: rules.map(() => false) };
  }

  static readonly none = new IgnoreRules([]);

  static parse(text: string): { rules: IgnoreRules; problems: readonly IgnoreProblem[] } {
    const rules: Rule[] = [];
    const problems: IgnoreProblem[] = [];
    const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
    lines.forEach((line, index) => {
      // Only a # in the first column makes a comment; `\#` is a name that begins with one.
      const trimmed = line.trim();
      if (line.startsWith("#") || trimmed === "") return;
      const rule = parseRule(trimmed);
      if (typeof rule === "string") problems.push({ line: index + 1, text: trimmed, why: rule });
      else rules.push(rule);
    });
    return { rules: new IgnoreRules(rules), problems };
  }

  match(path: string, parent: IgnoreMatch): IgnoreMatch {
    let ignored = false;
    const matched = this.rules.map((rule, index) => {
      const fits = parent.matched[index] === true || rule.fits(path);
      if (fits) ignored = !rule.exception;
      return fits;
    });
    return { ignored, matched };
  }

  /** Whether an exception may bring back something inside an ignored folder. */
  mayReinclude(folder: string): boolean {
    return this.rules.some(
      (rule) => rule.exception && (rule.hasWildcard || `${rule.pattern}/`.startsWith(`${folder}/`)),
    );
  }
}

function parseRule(text: string): Rule | string {
  const exception = text.startsWith("!");
  const body = exception ? text.slice(1).trim() : text;
  if (body === "") return "an exception needs a pattern after its !";
  // `a/./b/../c/` means `a/c`, and `/a` means `a`: patterns start at the context's root.
  const clean = posix.normalize(body).replace(/(?<=.)\/$/, "");
  const pattern = clean.length > 1 ? clean.replace(/^\//, "") : clean;
  const hasWildcard = /[*?[\]\\]/.test(pattern);
  const fits = compile(pattern);
  return typeof fits === "string" ? fits : { exception, pattern, hasWildcard, fits };
}

function compile(pattern: string): Rule["fits"] | string {
  if (!/[*?[\]\\]/.test(pattern)) return (path) => path === pattern;
  // Docker takes a literal after a leading `**` as an ending, also in the middle of a name.
  const ending = /^\*\*(?<rest>[^*?[\]\\]*)$/.exec(pattern)?.groups?.["rest"];
  if (ending !== undefined) {
    return (path) => path.endsWith(ending) || (ending.startsWith("/") && path === ending.slice(1));
  }
  const source = toRegularExpression(pattern);
  if (source === undefined) return "the pattern is not complete";
  try {
    const expression = new RegExp(`^${source}$`, "u");
    return (path) => expression.test(path);
  } catch {
    return "the pattern has a range that is none";
  }
}

/** Go's filepath.Match, and `**` for any number of folders. */
function toRegularExpression(pattern: string): string | undefined {
  const characters = [...pattern];
  let source = "";
  for (let index = 0; index < characters.length; index += 1) {
    const character = characters[index] ?? "";
    if (character === "*" && characters[index + 1] === "*") {
      index += 1;
      if (characters[index + 1] === "/") index += 1;
      source += index + 1 >= characters.length ? ".*" : "(?:.*/)?";
    } else if (character === "*") source += "[^/]*";
    else if (character === "?") source += "[^/]";
    else if (character === "\\") {
      index += 1;
      const escaped = characters[index];
      if (escaped === undefined) return undefined;
      source += escapeCharacter(escaped);
    } else if (character === "[") {
      const end = findClassEnd(characters, index);
      if (end === undefined) return undefined;
      source += toClass(characters.slice(index + 1, end));
      index = end;
    } else source += escapeCharacter(character);
  }
  return source;
}

function findClassEnd(characters: readonly string[], start: number): number | undefined {
  for (let index = start + 1; index < characters.length; index += 1) {
    if (characters[index] === "\\") index += 1;
    else if (characters[index] === "]") {
      const isEmpty = index === start + 1 || (index === start + 2 && characters[index - 1] === "^");
      return isEmpty ? undefined : index;
    }
  }
  return undefined;
}

function toClass(members: readonly string[]): string {
  let source = members[0] === "^" ? "^" : "";
  for (let index = source.length; index < members.length; index += 1) {
    const member = members[index] ?? "";
    if (member === "\\") {
      index += 1;
      source += escapeCharacter(members[index] ?? "").replace(/^-$/, "\\-");
    } else source += member === "-" ? member : escapeCharacter(member);
  }
  return `[${source}]`;
}

function escapeCharacter(character: string): string {
  return /[\\^$.*+?()[\]{}|/]/.test(character) ? `\\${character}` : character;
}
