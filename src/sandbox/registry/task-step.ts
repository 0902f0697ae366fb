import { parse as parseYaml } from "yaml";
import { BuildError } from "./dockerfile-parser.js";
import { renderTask, type TaskVariables } from "./task-template.js";

export interface BuildPlan {
  readonly imageNames: readonly string[];
  readonly dockerfile: string;
  /** Folder in the workspace. */
  readonly context: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly buildkit: boolean;
}

export interface CommandPlan {
  /** As the agent's shell gets it: an image and what it is given. */
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly ownWorkingDirectory: boolean;
  readonly entryPoint: string | undefined;
  readonly user: string | undefined;
}

export type StepWork =
  | { readonly type: "build"; readonly build: BuildPlan }
  | { readonly type: "push"; readonly names: readonly string[] }
  | { readonly type: "cmd"; readonly run: CommandPlan };

export interface TaskStep {
  readonly id: string;
  readonly work: StepWork;
  /** Ids of the steps before it; none: it starts at once. */
  readonly after: readonly string[];
  readonly timeoutSeconds: number;
  readonly startDelaySeconds: number;
  readonly retries: number;
  readonly retryDelaySeconds: number;
  readonly ignoreErrors: boolean;
}

type Fields = Record<string, unknown>;

/**
 * The steps of a multi-step task, checked as the agent checks them before the first one starts.
 * https://github.com/Azure/acr-builder/blob/main/graph/step.go
 */
export function readTaskSteps(source: string, variables: TaskVariables): TaskStep[] {
  const { text, aliases } = renderTask(source, variables);
  const task = asFields(parseDocument(text), "the task");
  const inherited = readEnv(task["env"], "task");
  const workingDirectory = textOf(task["workingDirectory"]) ?? "";
  const stepTimeout = positive(task["stepTimeout"]) ?? 600;
  const steps: TaskStep[] = [];
  for (const [index, item] of listOf(task["steps"]).entries()) {
    const fields = asFields(item, "a step");
    const id = textOf(fields["id"]) ?? `acb_step_${index}`;
    checkStep(fields, id, steps);
    const env = { ...inherited, ...readEnv(fields["env"], "step") };
    steps.push({
      id,
      work: readWork(fields, { env, workingDirectory, aliases }),
      after: readOrder(fields, id, steps.at(-1)),
      timeoutSeconds: positive(fields["timeout"]) ?? stepTimeout,
      startDelaySeconds: positive(fields["startDelay"]) ?? 0,
      retries: positive(fields["retries"]) ?? 0,
      retryDelaySeconds: positive(fields["retryDelay"]) ?? 5,
      ignoreErrors: fields["ignoreErrors"] === true,
    });
  }
  return steps;
}

/** The order in which steps run here: one at a time, each after those it waits for. */
export function orderSteps(steps: readonly TaskStep[]): TaskStep[] {
  const ordered: TaskStep[] = [];
  const done = new Set<string>();
  while (ordered.length < steps.length) {
    const next = steps.find((step) => !done.has(step.id) && step.after.every((id) => done.has(id)));
    if (next === undefined) throw refuse("the steps wait for one another");
    done.add(next.id);
    ordered.push(next);
  }
  return ordered;
}

function parseDocument(text: string): unknown {
  try {
    return parseYaml(text);
  } catch (error) {
    throw refuse(`yaml: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : ""}`);
  }
}

function checkStep(fields: Fields, id: string, before: readonly TaskStep[]): void {
  if (/\s/.test(id)) throw refuse("step ID cannot contain spaces");
  if (before.some((step) => step.id === id)) throw refuse(`${id} already exists as a vertex`);
  const kinds = ["cmd", "build", "push"].filter((kind) => isGiven(fields[kind]));
  if (kinds.length === 0) throw refuse("step is missing a cmd, build, or push property");
  if (kinds.length > 1) {
    throw refuse("step must only contain a single build, cmd, or push property");
  }
  for (const name of ["retries", "repeat"]) {
    if (Number(fields[name] ?? 0) < 0) throw refuse(`step must specify ${name} >= 0`);
  }
  const unserved = ["detach", "volumeMounts", "repeat"].find((name) => isGiven(fields[name]));
  if (unserved !== undefined) throw refuse(`the sandbox does not serve a step's ${unserved}`);
}

function isGiven(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function readOrder(fields: Fields, id: string, previous: TaskStep | undefined): string[] {
  const when = listOf(fields["when"]).map(String);
  if (when.length === 0) return previous === undefined ? [] : [previous.id];
  if (when.includes("-")) {
    if (when.length === 1) return [];
    throw refuse(
      "step cannot contain other IDs in when if the immediate execution token is specified",
    );
  }
  if (when.includes(id)) throw refuse(`Step ID: ${id} is self-referenced`);
  return when;
}

function readWork(
  fields: Fields,
  around: {
    env: Readonly<Record<string, string>>;
    workingDirectory: string;
    aliases: ReadonlyMap<string, string>;
  },
): StepWork {
  const build = textOf(fields["build"]);
  if (build !== undefined) {
    return {
      type: "build",
      build: parseBuildCommand(build, around.env["DOCKER_BUILDKIT"] === "1"),
    };
  }
  const command = textOf(fields["cmd"])?.trim();
  if (command === undefined) return { type: "push", names: listOf(fields["push"]).map(String) };
  const [first = "", ...rest] = command.split(" ");
  return {
    type: "cmd",
    run: {
      command: [around.aliases.get(first) ?? first, ...rest].join(" "),
      env: around.env,
      workingDirectory: textOf(fields["workingDirectory"]) ?? around.workingDirectory,
      ownWorkingDirectory: fields["disableWorkingDirectoryOverride"] === true,
      entryPoint: textOf(fields["entryPoint"]),
      user: textOf(fields["user"]),
    },
  };
}

/** The arguments of `docker build`. */
function parseBuildCommand(command: string, buildkit: boolean): BuildPlan {
  const words = splitCommand(command);
  const imageNames: string[] = [];
  const buildArgs = new Map<string, string>();
  let dockerfile: string | undefined;
  let target: string | undefined;
  let context = ".";
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    const at = word.startsWith("--") ? word.indexOf("=") : -1;
    const name = at < 0 ? word : word.slice(0, at);
    const value = (): string => (at < 0 ? (words[(index += 1)] ?? "") : word.slice(at + 1));
    if (name === "-t" || name === "--tag") imageNames.push(value());
    else if (name === "-f" || name === "--file") dockerfile = value();
    else if (name === "--target") target = value();
    else if (name === "--label" || name === "--platform" || name === "--cache-from") value();
    else if (name === "--build-arg") {
      const pair = value();
      const split = pair.indexOf("=");
      buildArgs.set(
        split < 0 ? pair : pair.slice(0, split),
        split < 0 ? "" : pair.slice(split + 1),
      );
    } else if (!word.startsWith("-")) context = word;
  }
  return {
    imageNames,
    // Docker looks for it in the context, unless it is named.
    dockerfile: dockerfile ?? (context === "." ? "Dockerfile" : `${context}/Dockerfile`),
    context,
    buildArgs,
    target,
    buildkit,
  };
}

/** Words as the agent's shell makes them, without running one: expansions beyond quotes are refused. */
export function splitCommand(command: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  for (let index = 0; index < command.length; index += 1) {
    const char = command[index] ?? "";
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "'" || char === '"') {
      const end = findQuoteEnd(command, index);
      if (end < 0) throw refuse(`a quote in the command is not closed: ${command}`);
      const inner = command.slice(index + 1, end);
      word = (word ?? "") + (char === "'" ? inner : inner.replace(/\\(["\\$`])/g, "$1"));
      if (char === '"' && /(^|[^\\])[$`]/.test(inner)) throw refuseShell(command);
      index = end;
    } else if (char === "\\") {
      word = (word ?? "") + (command[(index += 1)] ?? "");
    } else if (/[$`;|&<>()]/.test(char)) {
      throw refuseShell(command);
    } else {
      word = (word ?? "") + char;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}

function findQuoteEnd(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] === text[start]) return index;
    if (text[start] === '"' && text[index] === "\\") index += 1;
  }
  return -1;
}

function refuseShell(command: string): BuildError {
  return refuse(
    `the sandbox does not run the agent's shell, which this command asks for: ${command}`,
  );
}

function refuse(reason: string): BuildError {
  return new BuildError(`failed to unmarshal task before running: ${reason}`);
}

function readEnv(value: unknown, what: "task" | "step"): Record<string, string> {
  return Object.fromEntries(
    listOf(value).map((item) => {
      const [name = "", ...rest] = String(item).split("=");
      if (rest.length === 0) {
        throw refuse(`cannot parse ${what} environment variable ${String(item)} correctly`);
      }
      return [name, rest.join("=").replace(/^'(.*)'$/, "$1")];
    }),
  );
}

function asFields(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw refuse(`${what} is no mapping`);
  }
  return value as Fields;
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
