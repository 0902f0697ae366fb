import { posix } from "node:path";
import { BuildError, type Instruction, type Heredoc } from "./dockerfile-parser.js";
import { expandWord, splitPairs, splitWords, type Lookup } from "./dockerfile-words.js";
import { readEnv, setEnv, type ImageConfig } from "./image-config.js";
import { copyIntoImage, type CopyResult } from "./context-copy.js";
import type { Rootfs } from "./rootfs.js";

/** What stands for an image that is named in FROM or COPY --from. */
export interface BaseImage {
  readonly rootfs: Rootfs;
  readonly config: ImageConfig;
  /** False when the files of the base are not known here: an image of another registry. */
  readonly complete: boolean;
}

export interface Stage extends BaseImage {
  readonly name: string;
  readonly rootfs: Rootfs;
  complete: boolean;
  /** ARG values in scope. */
  readonly args: Map<string, string>;
  readonly history: { created_by: string; empty_layer: boolean }[];
  cmdGiven: boolean;
}

export interface StepContext {
  readonly stage: Stage;
  readonly escape: string;
  readonly buildkit: boolean;
  readonly contextDirectory: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly metaArgs: ReadonlyMap<string, string>;
  readonly usedArgs: Set<string>;
  /** A stage by name or number, or an image. */
  findImage(reference: string): Promise<BaseImage>;
}

export interface StepResult {
  /** Lines that the step itself prints. */
  readonly output?: readonly string[];
  /** The classic builder runs a container for it. */
  readonly container?: boolean;
  readonly copy?: CopyResult;
  readonly changesFiles?: boolean;
}

const buildkitFlags: Readonly<Record<string, readonly string[]>> = {
  ADD: ["checksum", "chmod", "exclude", "keep-git-dir", "link", "unpack"],
  COPY: ["chmod", "exclude", "link", "parents"],
  RUN: ["device", "mount", "network", "security"],
};
const classicFlags: Readonly<Record<string, readonly string[]>> = {
  ADD: ["chown"],
  COPY: ["chown", "from"],
  FROM: ["platform"],
  HEALTHCHECK: ["interval", "retries", "start-interval", "start-period", "timeout"],
};

/** ACR quick builds run the classic builder: https://github.com/Azure/acr/issues/721 */
export function checkFlags(instruction: Instruction, buildkit: boolean): void {
  for (const flag of instruction.flags.keys()) {
    if (classicFlags[instruction.keyword]?.includes(flag) === true) continue;
    const known = buildkitFlags[instruction.keyword]?.includes(flag) === true;
    if (known && buildkit) continue;
    if (known) throw new BuildError(requiresBuildkit(`the --${flag} option`));
    throw new BuildError(
      `dockerfile parse error on line ${instruction.line}: Unknown flag: ${flag}`,
    );
  }
  if (instruction.heredocs.length > 0 && !buildkit) {
    throw new BuildError(requiresBuildkit("the heredoc syntax"));
  }
}

function requiresBuildkit(what: string): string {
  return `${what} requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit enabled`;
}

/** Every instruction but FROM, on the stage. */
export async function runInstruction(
  instruction: Instruction,
  context: StepContext,
): Promise<StepResult> {
  const { stage, escape } = context;
  const { config } = stage;
  const lookup: Lookup = (name) => readEnv(config)[name] ?? stage.args.get(name);
  const expand = (text: string) => expandWord(text, lookup, escape);
  const words = () => splitWords(instruction.text, escape).map(expand);
  switch (instruction.keyword) {
    case "ARG":
      declareArgs(instruction, context, expand);
      return { container: true };
    case "ENV":
      for (const [name, value] of splitPairs("ENV", instruction.text, instruction.line, escape)) {
        setEnv(config, expand(name), expand(value));
      }
      return { container: true };
    case "LABEL":
      for (const [name, value] of splitPairs("LABEL", instruction.text, instruction.line, escape)) {
        config.Labels[expand(name)] = expand(value);
      }
      return { container: true };
    case "MAINTAINER":
      return { container: true };
    case "RUN":
      return runCommand(instruction, stage);
    case "COPY":
    case "ADD":
      return await copyFiles(instruction, context, expand);
    case "WORKDIR":
      config.WorkingDir = posix.resolve(config.WorkingDir || "/", expand(instruction.text));
      stage.rootfs.makeDirectory(config.WorkingDir);
      return { container: true, changesFiles: true };
    case "USER":
      config.User = expand(instruction.text);
      return { container: true };
    case "ENTRYPOINT":
      config.Entrypoint = commandOf(instruction, config);
      // An entry point makes the base image's arguments meaningless.
      if (!stage.cmdGiven) config.Cmd = [];
      return { container: true };
    case "CMD":
      config.Cmd = commandOf(instruction, config);
      stage.cmdGiven = true;
      return { container: true };
    case "EXPOSE":
      config.ExposedPorts.push(
        ...words().map((port) => (port.includes("/") ? port : `${port}/tcp`)),
      );
      return { container: true };
    case "VOLUME":
      config.Volumes.push(...(instruction.exec?.map(expand) ?? words()));
      return { container: true };
    case "STOPSIGNAL":
      config.StopSignal = expand(instruction.text);
      return { container: true };
    case "SHELL":
      if (instruction.exec === undefined) {
        throw new BuildError("SHELL requires the arguments to be in JSON form");
      }
      config.Shell = [...instruction.exec];
      return { container: true };
    case "HEALTHCHECK":
      config.Healthcheck = healthcheckOf(instruction, config);
      return { container: true };
    case "ONBUILD":
      config.OnBuild.push(instruction.text);
      return { container: true };
    default:
      throw new BuildError(
        `dockerfile parse error on line ${instruction.line}: unknown instruction: ${instruction.keyword}`,
      );
  }
}

/** Build arguments that need no ARG. https://docs.docker.com/reference/dockerfile/#predefined-args */
export const predefinedArgs = new Set(
  ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap((name) => [
    name,
    name.toLowerCase(),
  ]),
);

function declareArgs(
  instruction: Instruction,
  context: StepContext,
  expand: (text: string) => string,
): void {
  for (const word of splitWords(instruction.text, context.escape)) {
    const at = word.indexOf("=");
    const name = expand(at < 0 ? word : word.slice(0, at));
    context.usedArgs.add(name);
    // Given on the command line, then the stage's own default, then that of the Dockerfile's head.
    const value =
      context.buildArgs.get(name) ??
      (at < 0 ? context.metaArgs.get(name) : expand(word.slice(at + 1)));
    if (value !== undefined) context.stage.args.set(name, value);
  }
}

/**
 * RUN is not executed: only a command that is nothing but a failure fails, so that a failing build
 * can be shown.
 */
function runCommand(instruction: Instruction, stage: Stage): StepResult {
  const command = commandOf(instruction, stage.config);
  const script = instruction.exec?.join(" ") ?? instruction.text;
  const failure = /^\s*(?:(false)|exit\s+(\d+))\s*;?\s*$/.exec(script);
  const code = failure?.[1] === undefined ? Number(failure?.[2] ?? 0) % 256 : 1;
  if (code !== 0) {
    throw new BuildError(`The command '${command.join(" ")}' returned a non-zero code: ${code}`);
  }
  stage.complete = false;
  return {
    container: true,
    changesFiles: true,
    output: ["[sandbox] RUN is recorded, not executed"],
  };
}

async function copyFiles(
  instruction: Instruction,
  context: StepContext,
  expand: (text: string) => string,
): Promise<StepResult> {
  const keyword = instruction.keyword === "ADD" ? "ADD" : "COPY";
  const { stage } = context;
  const list =
    instruction.exec?.map(expand) ?? splitWords(instruction.text, context.escape).map(expand);
  const last = list.pop() ?? "";
  if (list.length === 0) {
    throw new BuildError(
      `${keyword} requires at least two arguments, but only one was provided. Destination could not be determined`,
    );
  }
  const chown = instruction.flags.get("chown");
  const attributes = {
    chown: chown === undefined ? undefined : expand(chown),
    chmod: modeOf(instruction.flags.get("chmod"), expand),
  };
  const destination = absolute(last, stage.config.WorkingDir);
  const heredocs = new Map<string, Heredoc>(
    instruction.heredocs.map((heredoc) => [heredoc.name, heredoc]),
  );
  const sources: string[] = [];
  const output: string[] = [];
  for (const source of list) {
    const heredoc = heredocs.get(/^<<-?(.+)$/.exec(source)?.[1] ?? "");
    if (heredoc !== undefined) {
      const path = destination.endsWith("/") ? posix.join(destination, heredoc.name) : destination;
      const content = heredoc.expand ? expand(heredoc.content) : heredoc.content;
      stage.rootfs.writeFile(path, content, attributes);
    } else if (keyword === "ADD" && /^(https?:\/\/|git@|git:\/\/)/.test(source)) {
      output.push(`[sandbox] ADD of ${source} is recorded, not fetched`);
      stage.complete = false;
    } else {
      sources.push(source);
    }
  }
  const from = instruction.flags.get("from");
  const image = from === undefined ? undefined : await context.findImage(expand(from));
  const copy = copyIntoImage(stage.rootfs, {
    keyword,
    from: image?.rootfs.directory ?? context.contextDirectory,
    toleratesMissing: image !== undefined && !image.complete,
    sources,
    destination,
    attributes,
  });
  for (const path of copy.missing) {
    output.push(`[sandbox] ${path} is made by a RUN or by a base image, so it is not copied`);
    stage.complete = false;
  }
  return { output, copy, changesFiles: true };
}

function absolute(path: string, workdir: string): string {
  const resolved = posix.resolve(workdir || "/", path);
  const folder = path.endsWith("/") || path === "." || path.endsWith("/.");
  return folder && resolved !== "/" ? `${resolved}/` : resolved;
}

function modeOf(text: string | undefined, expand: (text: string) => string): number | undefined {
  if (text === undefined) return undefined;
  const value = expand(text);
  if (!/^[0-7]{3,4}$/.test(value)) {
    throw new BuildError(`invalid chmod parameter: '${value}'. it should be octal string`);
  }
  return Number.parseInt(value, 8);
}

function commandOf(instruction: Instruction, config: ImageConfig): string[] {
  if (instruction.exec !== undefined) return [...instruction.exec];
  const shell = config.Shell.length === 0 ? ["/bin/sh", "-c"] : config.Shell;
  return instruction.text === "" ? [] : [...shell, instruction.text];
}

function healthcheckOf(instruction: Instruction, config: ImageConfig): string[] {
  const match = /^(NONE|CMD)\b\s*([\s\S]*)$/i.exec(instruction.text);
  if (match === null) {
    throw new BuildError(
      `Unknown type "${instruction.text.split(/\s/)[0] ?? ""}" in HEALTHCHECK (try CMD)`,
    );
  }
  if (match[1]?.toUpperCase() === "NONE") return ["NONE"];
  const text = match[2] ?? "";
  if (text.startsWith("[")) return ["CMD", ...(JSON.parse(text) as string[])];
  return config.Shell.length === 0 ? ["CMD-SHELL", text] : ["CMD", ...config.Shell, text];
}
