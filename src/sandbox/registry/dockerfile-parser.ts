/** A problem of the Dockerfile itself, worded as the Docker builders word it. */
export class BuildError extends Error {}

export interface Heredoc {
  readonly name: string;
  readonly content: string;
  /** False when the delimiter was quoted: no variables are substituted. */
  readonly expand: boolean;
}

export interface Instruction {
  readonly keyword: string;
  readonly line: number;
  /** `--name=value` words right after the keyword; a bare `--name` is an empty string. */
  readonly flags: ReadonlyMap<string, string>;
  /** What follows the flags, continuation lines joined. */
  readonly text: string;
  /** The elements when `text` is a JSON array of strings (the exec form). */
  readonly exec: readonly string[] | undefined;
  /** The whole instruction as one line, as build logs print it. */
  readonly original: string;
  readonly heredocs: readonly Heredoc[];
}

export interface Dockerfile {
  readonly instructions: readonly Instruction[];
  /** The escape character, from the `# escape=` directive. */
  readonly escape: "\\" | "`";
}

const keywords = new Set([
  "ADD",
  "ARG",
  "CMD",
  "COPY",
  "ENTRYPOINT",
  "ENV",
  "EXPOSE",
  "FROM",
  "HEALTHCHECK",
  "LABEL",
  "MAINTAINER",
  "ONBUILD",
  "RUN",
  "SHELL",
  "STOPSIGNAL",
  "USER",
  "VOLUME",
  "WORKDIR",
]);

const needsNoArgument = new Set(["CMD", "ENTRYPOINT", "RUN"]);

/** https://docs.docker.com/reference/dockerfile/ */
export function parseDockerfile(source: string, name: string): Dockerfile {
  const lines = source.replace(/^\uFEFF/, "").split(/\r?\n/);
  const escape = readEscapeDirective(lines);
  const instructions: Instruction[] = [];
  let index = 0;
  while (index < lines.length) {
    const first = lines[index] ?? "";
    if (isBlankOrComment(first)) {
      index += 1;
      continue;
    }
    const start = index;
    let text = "";
    for (;;) {
      const line = lines[index] ?? "";
      index += 1;
      // Comments and empty lines inside a continued instruction are dropped.
      if (index - 1 > start && isBlankOrComment(line)) {
        if (index >= lines.length) break;
        continue;
      }
      const continued = continuation(line, escape);
      text += continued ?? line;
      if (continued === undefined || index >= lines.length) break;
    }
    const heredocs: Heredoc[] = [];
    for (const opening of heredocOpenings(text)) {
      const body: string[] = [];
      for (;;) {
        if (index >= lines.length) {
          throw new BuildError(`dockerfile parse error on line ${start + 1}: unterminated heredoc`);
        }
        const line = lines[index] ?? "";
        index += 1;
        const shown = opening.stripTabs ? line.replace(/^\t+/, "") : line;
        if (shown === opening.name) break;
        body.push(shown);
      }
      const content = body.map((line) => `${line}\n`).join("");
      heredocs.push({ name: opening.name, content, expand: opening.expand });
    }
    instructions.push(parseInstruction(text, start + 1, heredocs));
  }
  if (instructions.length === 0) {
    throw new BuildError(`the Dockerfile (${name}) cannot be empty`);
  }
  return { instructions, escape };
}

/** One instruction, from one logical line; ONBUILD's trigger is read with it too. */
export function parseInstruction(
  logicalLine: string,
  line: number,
  heredocs: readonly Heredoc[] = [],
): Instruction {
  const match = /^\s*(\S+)\s*([\s\S]*?)\s*$/.exec(logicalLine);
  const keyword = (match?.[1] ?? "").toUpperCase();
  if (!keywords.has(keyword)) {
    throw new BuildError(
      `dockerfile parse error on line ${line}: unknown instruction: ${match?.[1] ?? ""}`,
    );
  }
  let rest = match?.[2] ?? "";
  const original = `${keyword} ${rest}`.trim();
  const flags = new Map<string, string>();
  if (keyword !== "ENV" && keyword !== "LABEL" && keyword !== "MAINTAINER") {
    for (;;) {
      const flag = /^--([a-z][a-z-]*)(?:=((?:"[^"]*"|\S)*))?(?:\s+|$)/.exec(rest);
      if (flag === null) break;
      const name = flag[1] ?? "";
      if (flags.has(name) && keyword !== "RUN" && name !== "exclude") {
        throw new BuildError(
          `dockerfile parse error on line ${line}: Duplicate flag specified: ${name}`,
        );
      }
      flags.set(name, (flag[2] ?? "").replace(/^"(.*)"$/, "$1"));
      rest = rest.slice(flag[0].length);
    }
  }
  if (rest === "" && !needsNoArgument.has(keyword)) {
    throw new BuildError(
      `dockerfile parse error on line ${line}: ${keyword} requires ${keyword === "FROM" ? "either one or three arguments" : "at least one argument"}`,
    );
  }
  return { keyword, line, flags, text: rest, exec: parseExecForm(rest), original, heredocs };
}

function parseExecForm(text: string): readonly string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every((item) => typeof item === "string")) {
      return value as string[];
    }
  } catch {
    // Not JSON: Docker takes the text as the shell form.
  }
  return undefined;
}

function isBlankOrComment(line: string): boolean {
  return /^\s*(#.*)?$/.test(line);
}

function continuation(line: string, escape: string): string | undefined {
  const trimmed = line.replace(/[ \t]+$/, "");
  return trimmed.endsWith(escape) ? trimmed.slice(0, -1) : undefined;
}

function readEscapeDirective(lines: readonly string[]): "\\" | "`" {
  for (const line of lines) {
    const directive = /^#\s*([a-z]+)\s*=\s*(\S+)\s*$/i.exec(line);
    // Directives stand before everything else, other comments included.
    if (directive === null) break;
    if (directive[1]?.toLowerCase() !== "escape") continue;
    const value = directive[2];
    if (value === "\\" || value === "`") return value;
    throw new BuildError(`invalid ESCAPE '${value ?? ""}'. Must be ${"` or \\"}`);
  }
  return "\\";
}

function heredocOpenings(
  text: string,
): readonly { name: string; expand: boolean; stripTabs: boolean }[] {
  if (!/^\s*(RUN|COPY|ADD)\s/i.test(text)) return [];
  const openings: { name: string; expand: boolean; stripTabs: boolean }[] = [];
  for (const match of text.matchAll(/(?<![<\d\w])<<(-?)(["']?)([A-Za-z_][\w.]*)\2(?=\s|$)/g)) {
    openings.push({
      name: match[3] ?? "",
      expand: (match[2] ?? "") === "",
      stripTabs: match[1] === "-",
    });
  }
  return openings;
}
