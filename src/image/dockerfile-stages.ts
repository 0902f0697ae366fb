import { readFile } from "node:fs/promises";

/** Names of a Dockerfile's stages, in order; a stage may have none. */
export async function findStages(file: string): Promise<(string | undefined)[]> {
  return parseStages(await readFile(file, "utf8"));
}

/** https://docs.docker.com/reference/dockerfile/#from */
export function parseStages(dockerfile: string): (string | undefined)[] {
  const joined = dockerfile.replace(/\\[ \t]*\r?\n/g, " ");
  return [
    ...joined.matchAll(/^[ \t]*FROM[ \t]+(?:--\S+[ \t]+)*\S+(?:[ \t]+AS[ \t]+(\S+))?/gim),
  ].map((match) => match[1]?.toLowerCase());
}

/** Whether `--target` names a stage: by name, whatever its case, or by number. */
export function hasStage(stages: readonly (string | undefined)[], target: string): boolean {
  if (/^\d+$/.test(target)) return Number(target) < stages.length;
  return stages.includes(target.toLowerCase());
}
