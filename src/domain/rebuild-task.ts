import { currentTag } from "./image-tags.js";

/** What a rebuild in the registry is made from, with no source to fetch. */
export interface RebuildSource {
  readonly repository: string;
  /** The build context: a tar archive in base64. */
  readonly context: string;
  /** Inside the context. */
  readonly dockerfile: string;
  readonly buildArgs: Readonly<Record<string, string>>;
  /** The content tag, for the label; the time in the label is the run's own. */
  readonly revision: string;
  readonly timeoutSeconds: number;
}

/** Of the tags under which the registry keeps what it has built by itself: `r-DATE-TIME-RUN`. */
export const rebuildTagPrefix = "r-";

/** Unpacks the context: any image with a shell, base64 and tar would do. */
const unpackImage = "mcr.microsoft.com/azurelinux/busybox:1.36";

/** The agent's shell takes 128 KiB for one argument: the whole command of a step. */
const pieceLength = 96_000;

/**
 * The agent reads a task by lines of less than 64 KiB:
 * https://github.com/Azure/acr-builder/blob/main/graph/preprocessor.go
 */
const lineLength = 48_000;

/**
 * Of the archive in base64. Azure names no limit for the text of a task, but it is part of every
 * request, plan and state that has the task in it.
 */
export const inlineContextLimit = 256 * 1024;

/**
 * A multi-step task that brings its own build context, builds a candidate, lets it prove itself, and
 * only then pushes it and moves `current`. A candidate that fails leaves nothing behind.
 * https://learn.microsoft.com/azure/container-registry/container-registry-tasks-reference-yaml
 */
export function composeRebuildTask(source: RebuildSource): string {
  const pieces = splitText(source.context, pieceLength);
  const candidate = `$Registry/${source.repository}:${rebuildTagPrefix}$Date-$ID`;
  const current = `$Registry/${source.repository}:${currentTag}`;
  const files = pieces.map((_piece, index) => `context.${index + 1}`);
  return [
    "version: v1.1.0",
    `stepTimeout: ${source.timeoutSeconds}`,
    "steps:",
    ...pieces.flatMap((piece, index) =>
      shellStep(
        `write-context-${index + 1}`,
        // To YAML, a line that ends with a backslash goes on with the next line's first letter.
        `printf %s ${splitText(piece, lineLength).join("\\\n      ")} > ${files[index] ?? ""}`,
      ),
    ),
    ...shellStep(
      "unpack-context",
      `mkdir -p context && cat ${files.join(" ")} | base64 -d | tar -x -f - -C context`,
    ),
    "  - id: build",
    `    build: "${[
      ...["-t", candidate, "-t", current],
      ...["-f", quoteText(`context/${source.dockerfile}`)],
      ...describeArgs(source),
      "context",
    ].join(" ")}"`,
    "  - id: self-test",
    `    cmd: "${candidate} self-test"`,
    // In the image's own folder and home, as the platform starts it.
    "    disableWorkingDirectoryOverride: true",
    "    env: [HOME=/home/runner]",
    "  - id: push-candidate",
    `    push: ["${candidate}"]`,
    "  - id: move-current",
    `    push: ["${current}"]`,
    "",
  ].join("\n");
}

/** A shell in the run's shared folder; the script must not hold a single quote. */
function shellStep(id: string, script: string): string[] {
  return [
    `  - id: ${id}`,
    `    cmd: "${unpackImage} -c '${script}'"`,
    "    entryPoint: sh",
    // The image comes over the network.
    "    retries: 2",
  ];
}

function describeArgs({ buildArgs, revision }: RebuildSource): string[] {
  const args = Object.entries(buildArgs)
    .filter(([name]) => name !== "REVISION" && name !== "CREATED")
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => quoteText(`${name}=${value}`));
  return [
    ...args,
    quoteText(`REVISION=${revision}`),
    // Go's layout for a time of RFC 3339, by Sprig, which the agent's templates have.
    'CREATED={{ now | date "2006-01-02T15:04:05Z07:00" }}',
  ].flatMap((arg) => ["--build-arg", arg]);
}

/**
 * A text of the user's, for the four readers it passes: aliases ($), templates ({{), YAML's double
 * quotes, and the agent's shell, from the last to the first.
 */
function quoteText(text: string): string {
  const forShell = /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
  const forYaml = JSON.stringify(forShell).slice(1, -1);
  const forTemplate = forYaml.replaceAll("{{", '{{"{{"}}');
  return forTemplate.replaceAll("$", () => "$$");
}

function splitText(text: string, length: number): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += length) pieces.push(text.slice(at, at + length));
  return pieces;
}
