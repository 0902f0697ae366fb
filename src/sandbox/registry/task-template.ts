import { parse as parseYaml } from "yaml";
import { BuildError } from "./dockerfile-parser.js";

/** What a task's text may name: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-reference-yaml#run-variables */
export interface TaskVariables {
  readonly runId: string;
  readonly registry: string;
  readonly registryName: string;
  readonly taskName: string;
  readonly date: Date;
  readonly values: ReadonlyMap<string, string>;
}

/** Images that a command may name in short. */
const imageAliases: Readonly<Record<string, string>> = {
  acr: "mcr.microsoft.com/acr/acr-cli",
  az: "mcr.microsoft.com/acr/azure-cli",
  bash: "mcr.microsoft.com/acr/bash",
  curl: "mcr.microsoft.com/acr/curl",
  cssc: "mcr.microsoft.com/acr/cssc",
};

const runAliases = [
  ...["ID", "SharedVolume", "Registry", "RegistryName", "Date"],
  ...["OS", "Architecture", "Commit", "Branch"],
];

/** The agent reads the text by lines with a buffer of this size, and stops where one does not fit. */
const longestLine = 64 * 1024;

export interface RenderedTask {
  readonly text: string;
  /** What the first word of a command may stand for. */
  readonly aliases: ReadonlyMap<string, string>;
}

/**
 * Aliases, then the template, as the agent does it. Of Go's templates and Sprig there is what this
 * product's tasks and the documentation's examples use; anything else fails the run.
 * https://github.com/Azure/acr-builder/blob/main/graph/preprocessor.go
 */
export function renderTask(source: string, variables: TaskVariables): RenderedTask {
  const version = findVersion(source);
  if (!["", "1.0-preview-1", "v1.0.0", "v1.1.0"].includes(version.toLowerCase())) {
    throw new BuildError(
      `failed to unmarshal task before running: invalid version specified: "${version}", the current version is "v1.0.0"`,
    );
  }
  if (version < "v1.1.0") {
    return { text: renderTemplate(source, variables), aliases: new Map() };
  }
  const { own, rest } = separateAliases(source);
  const { aliases, directive } = readAliases(renderTemplate(own, variables));
  const text = renderTemplate(replaceAliases(rest, aliases, directive), variables);
  return { text, aliases };
}

/** `{{.Run.ID}}` and its like in a single name. */
export function renderTemplate(text: string, variables: TaskVariables): string {
  return text.replace(/\{\{-?\s*([\s\S]*?)\s*-?\}\}/g, (_match, action: string) =>
    evaluate(action, variables),
  );
}

/** The short forms where no task document is around them: the image names of a quick build. */
export function expandRunAliases(text: string): string {
  return replaceAliases(text, runAliasMap(), "$");
}

function evaluate(action: string, variables: TaskVariables): string {
  const literal = /^"((?:[^"\\]|\\.)*)"$|^`([^`]*)`$/.exec(action);
  if (literal !== null) {
    return literal[1] === undefined
      ? (literal[2] ?? "")
      : (JSON.parse(`"${literal[1]}"`) as string);
  }
  const value = /^\.Values\.(\w+)$/.exec(action);
  if (value !== null) return variables.values.get(value[1] ?? "") ?? "";
  const run = /^\.(?:Run|Build)\.(\w+)$/.exec(action);
  if (run !== null) return readRunVariable(run[1] ?? "", variables);
  const date = /^now(?:\.UTC)?\s*\|\s*date\s+"([^"]*)"$/.exec(action);
  if (date !== null) return formatDate(date[1] ?? "", variables.date);
  throw new BuildError(
    `unable to render task: the sandbox does not know the template action {{ ${action} }}`,
  );
}

function readRunVariable(name: string, variables: TaskVariables): string {
  const stamp = variables.date.toISOString().slice(0, 19).replace(/[-:T]/g, "");
  const known: Readonly<Record<string, string>> = {
    ID: variables.runId,
    SharedVolume: `acb_vol_${variables.runId}`,
    Registry: variables.registry,
    RegistryName: variables.registryName,
    TaskName: variables.taskName,
    Date: `${stamp.slice(0, 8)}-${stamp.slice(8)}z`,
    OS: "linux",
    Architecture: "amd64",
  };
  return known[name] ?? "";
}

/** Go's layouts are spelled with a date of reference: https://pkg.go.dev/time#pkg-constants */
function formatDate(layout: string, date: Date): string {
  const iso = date.toISOString();
  const parts: Readonly<Record<string, string>> = {
    "2006": iso.slice(0, 4),
    "01": iso.slice(5, 7),
    "02": iso.slice(8, 10),
    "15": iso.slice(11, 13),
    "04": iso.slice(14, 16),
    "05": iso.slice(17, 19),
    "Z07:00": "Z",
  };
  return layout.replace(/2006|Z07:00|01|02|15|04|05/g, (part) => parts[part] ?? part);
}

function findVersion(source: string): string {
  for (const line of source.split(/\r?\n/)) {
    if (/^\s*(#|$)/.test(line)) continue;
    const match = /^['"]?version['"]?\s*:\s*(.*)$/.exec(line);
    if (match !== null) return (match[1] ?? "").trim().replace(/^['"]|['"]$/g, "");
  }
  return "";
}

function separateAliases(source: string): { own: string; rest: string } {
  const own: string[] = [];
  const rest: string[] = [];
  let inside = false;
  for (const line of source.split(/\r?\n/)) {
    if (Buffer.byteLength(line) >= longestLine) break;
    if (/^\s*#/.test(line)) continue;
    if (/^alias\s*:/.test(line)) inside = true;
    else if (inside && /^[^\s:]+[^:]*:/.test(line)) inside = false;
    (inside ? own : rest).push(line);
  }
  return { own: own.join("\n"), rest: rest.join("\n") };
}

function readAliases(text: string): { aliases: Map<string, string>; directive: string } {
  const aliases = new Map([...runAliasMap(), ...Object.entries(imageAliases)]);
  const document = (parseYaml(text) ?? {}) as { alias?: Record<string, unknown> };
  const { src, values, directive = "$" } = document.alias ?? {};
  if (src !== undefined) {
    throw new BuildError(
      "unable to search/replace aliases in task: the sandbox reads no alias.src",
    );
  }
  for (const [name, value] of Object.entries((values ?? {}) as Record<string, unknown>)) {
    if (!/^[a-zA-Z0-9]+$/.test(name)) {
      throw new BuildError("alias key names only support alphanumeric characters");
    }
    aliases.set(name, String(value));
  }
  if (typeof directive !== "string" || !/^[^a-zA-Z0-9]$/.test(directive)) {
    throw new BuildError("$ directive can only be overwritten by a single character");
  }
  return { aliases, directive };
}

function runAliasMap(): Map<string, string> {
  return new Map(runAliases.map((name) => [name, `{{.Run.${name}}}`]));
}

/** A doubled directive stands for itself; a name that is no alias stays as it is. */
function replaceAliases(
  text: string,
  aliases: ReadonlyMap<string, string>,
  directive: string,
): string {
  const escaped = directive.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const pattern = new RegExp(`${escaped}(?:${escaped}|([a-zA-Z0-9]*))`, "g");
  return text.replace(pattern, (match, name: string | undefined) => {
    if (name === undefined) return directive;
    return aliases.get(name) ?? match;
  });
}
