import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, posix, sep } from "node:path";
import { unpackArchive } from "./archive.js";
import {
  checkFlags,
  predefinedArgs,
  runInstruction,
  type BaseImage,
  type Stage,
} from "./build-stage.js";
import {
  BuildError,
  parseDockerfile,
  parseInstruction,
  type Instruction,
} from "./dockerfile-parser.js";
import { expandWord, splitWords } from "./dockerfile-words.js";
import { copyConfig, emptyConfig } from "./image-config.js";
import { Rootfs } from "./rootfs.js";

export interface ImageBuildRequest {
  readonly contextDirectory: string;
  /** Relative to the context. */
  readonly dockerfile: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly target: string | undefined;
  readonly buildkit: boolean;
  /** Where stages put their files, one folder each. */
  readonly workDirectory: string;
  /** An image that is no stage; a `BuildError` when there is none. */
  readonly findImage: (reference: string, directory: string) => Promise<BaseImage>;
  /** Takes one line of the build's output. */
  readonly print: (line: string) => Promise<void>;
}

export interface BuiltStage {
  readonly stage: Stage;
  /** Short id, as the classic builder shows it. */
  readonly imageId: string;
  /** References in FROM that are no stages: what the image depends on. */
  readonly baseImages: readonly string[];
}

/** The classic builder's walk over a Dockerfile. https://docs.docker.com/reference/dockerfile/ */
export async function buildImage(request: ImageBuildRequest): Promise<BuiltStage> {
  const { instructions, escape } = readDockerfile(request);
  const plan = planStages(instructions, request.target);
  const metaArgs = new Map<string, string>();
  const usedArgs = new Set<string>();
  const stages: Stage[] = [];
  const baseImages: string[] = [];
  const total = plan.length;
  let imageId = "";

  const metaLookup = (name: string) => metaArgs.get(name);
  const findStage = (reference: string): Stage | undefined =>
    stages.find((stage) => stage.name !== "" && stage.name === reference.toLowerCase());

  async function startStage(instruction: Instruction): Promise<Stage> {
    const words = splitWords(instruction.text, escape);
    const reference = expandWord(words[0] ?? "", metaLookup, escape);
    if (reference === "") {
      throw new BuildError(`base name (${words[0] ?? ""}) should not be blank`);
    }
    const directory = join(request.workDirectory, `stage-${stages.length}`);
    const base = findStage(reference);
    let image: BaseImage;
    if (base !== undefined) image = base;
    else if (reference === "scratch") {
      image = { rootfs: new Rootfs(`${directory}-base`), config: emptyConfig(), complete: true };
    } else {
      baseImages.push(reference);
      image = await request.findImage(reference, `${directory}-base`);
    }
    const stage: Stage = {
      name: (words[2] ?? "").toLowerCase(),
      rootfs: Rootfs.from(image.rootfs, directory),
      config: copyConfig(image.config),
      complete: image.complete,
      args: new Map(),
      history: [],
      cmdGiven: false,
    };
    for (const name of predefinedArgs) {
      const value = request.buildArgs.get(name);
      if (value !== undefined) stage.args.set(name, value);
    }
    stages.push(stage);
    return stage;
  }

  async function findImage(reference: string): Promise<BaseImage> {
    const stage = /^\d+$/.test(reference) ? stages[Number(reference)] : findStage(reference);
    if (stage !== undefined && stage !== stages.at(-1)) return stage;
    if (/^\d+$/.test(reference)) {
      throw new BuildError(`invalid from flag value ${reference}: refers to current build block`);
    }
    return await request.findImage(
      reference,
      join(request.workDirectory, `from-${createHash("sha256").update(reference).digest("hex")}`),
    );
  }

  for (const [index, instruction] of plan.entries()) {
    await request.print(`Step ${index + 1}/${total} : ${instruction.original}`);
    const current = stages.at(-1);
    if (instruction.keyword === "ARG" && current === undefined) {
      declareMetaArgs(instruction, request.buildArgs, metaArgs, usedArgs, escape);
      continue;
    }
    if (instruction.keyword === "FROM") {
      const stage = await startStage(instruction);
      imageId = nextImageId("", `${instruction.original} ${stages.length}`);
      await request.print(` ---> ${imageId}`);
      const triggers = stage.config.OnBuild.splice(0);
      for (const [at, trigger] of triggers.entries()) {
        if (at === 0) await request.print(`# Executing ${triggers.length} build triggers`);
        await runStep(parseInstruction(trigger, instruction.line));
      }
      continue;
    }
    await runStep(instruction);
  }

  async function runStep(instruction: Instruction): Promise<void> {
    const stage = stages.at(-1);
    if (stage === undefined) throw new BuildError("no build stage in current context");
    checkFlags(instruction, request.buildkit);
    const container = nextImageId(imageId, `container ${instruction.original}`);
    const runsContainer = instruction.keyword !== "COPY" && instruction.keyword !== "ADD";
    if (runsContainer) await request.print(` ---> Running in ${container}`);
    const result = await runInstruction(instruction, {
      stage,
      escape,
      buildkit: request.buildkit,
      contextDirectory: request.contextDirectory,
      buildArgs: request.buildArgs,
      metaArgs,
      usedArgs,
      findImage,
    });
    for (const archive of result.copy?.archives ?? []) {
      await unpackArchive(readFileSync(archive.file), stage.rootfs, archive.target);
    }
    for (const line of result.output ?? []) await request.print(line);
    if (runsContainer) await request.print(`Removing intermediate container ${container}`);
    imageId = nextImageId(imageId, instruction.original);
    stage.history.push({
      created_by: instruction.original,
      empty_layer: result.changesFiles !== true,
    });
    await request.print(` ---> ${imageId}`);
  }

  const unused = [...request.buildArgs.keys()].filter(
    (name) => !usedArgs.has(name) && !predefinedArgs.has(name),
  );
  if (unused.length > 0) {
    await request.print(
      `[Warning] One or more build-args [${unused.sort().join(" ")}] were not consumed`,
    );
  }
  await request.print(`Successfully built ${imageId}`);
  const stage = stages.at(-1);
  if (stage === undefined) throw new BuildError("No build stage in current context");
  return { stage, imageId, baseImages };
}

function readDockerfile(request: ImageBuildRequest): ReturnType<typeof parseDockerfile> {
  const relative = posix.normalize(request.dockerfile);
  const path = join(request.contextDirectory, relative);
  const inside = path.startsWith(request.contextDirectory + sep);
  if (!inside || !existsSync(path) || !statSync(path).isFile()) {
    throw new BuildError(
      `unable to prepare context: unable to evaluate symlinks in Dockerfile path: lstat ${posix.join("/workspace", relative)}: no such file or directory`,
    );
  }
  return parseDockerfile(readFileSync(path, "utf8"), posix.basename(relative));
}

/** Instructions up to the end of the target stage; the classic builder builds every stage before it. */
function planStages(
  instructions: readonly Instruction[],
  target: string | undefined,
): readonly Instruction[] {
  const first = instructions.find((instruction) => instruction.keyword !== "ARG");
  if (first?.keyword !== "FROM") {
    throw new BuildError(
      first === undefined
        ? "file with no instructions"
        : `dockerfile parse error on line ${first.line}: no build stage in current context`,
    );
  }
  const starts: number[] = [];
  for (const [index, instruction] of instructions.entries()) {
    if (instruction.keyword !== "FROM") continue;
    const words = splitWords(instruction.text);
    if (words.length !== 1 && !(words.length === 3 && words[1]?.toUpperCase() === "AS")) {
      throw new BuildError(
        `dockerfile parse error on line ${instruction.line}: FROM requires either one or three arguments`,
      );
    }
    const name = words[2];
    if (name !== undefined && !/^[a-z][a-z0-9-_.]*$/i.test(name)) {
      throw new BuildError(
        `dockerfile parse error on line ${instruction.line}: invalid name for build stage: "${name}", name can't start with a number or contain symbols`,
      );
    }
    starts.push(index);
  }
  if (target === undefined || target === "") return instructions;
  const wanted = starts.findIndex((start, index) => {
    const name = splitWords(instructions[start]?.text ?? "")[2];
    return name?.toLowerCase() === target.toLowerCase() || String(index) === target;
  });
  if (wanted < 0) {
    throw new BuildError(`failed to reach build target ${target} in Dockerfile`);
  }
  return instructions.slice(0, starts[wanted + 1] ?? instructions.length);
}

function declareMetaArgs(
  instruction: Instruction,
  given: ReadonlyMap<string, string>,
  metaArgs: Map<string, string>,
  usedArgs: Set<string>,
  escape: string,
): void {
  for (const word of splitWords(instruction.text, escape)) {
    const at = word.indexOf("=");
    const name = at < 0 ? word : word.slice(0, at);
    usedArgs.add(name);
    const fallback =
      at < 0
        ? undefined
        : expandWord(word.slice(at + 1), (variable) => metaArgs.get(variable), escape);
    const value = given.get(name) ?? fallback;
    if (value !== undefined) metaArgs.set(name, value);
  }
}

function nextImageId(parent: string, step: string): string {
  return createHash("sha256").update(`${parent}\n${step}`).digest("hex").slice(0, 12);
}
