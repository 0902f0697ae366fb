import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ResolvedConfig } from "../../src/config/types.js";
import { synthesizeStacks } from "../../src/stacks/app.js";
import { makeConfig } from "../support/config.js";

const made: string[] = [];
process.once("exit", () => {
  for (const directory of made) rmSync(directory, { recursive: true, force: true });
});

function makeFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), "stacks-"));
  made.push(directory);
  return directory;
}

type Block = Record<string, never>;

export interface StackJson {
  readonly terraform: Record<string, Record<string, Record<string, unknown>>>;
  readonly provider: Record<string, Record<string, unknown>[]>;
  readonly resource: Record<string, Record<string, Block & Record<string, unknown>>>;
  readonly data: Record<string, Record<string, Record<string, unknown>>>;
  readonly output: Record<string, { value: unknown }>;
  readonly variable: Record<string, Record<string, unknown>>;
}

/** Synthesizes into a folder of its own and reads the JSON back, as Terraform would. */
export function synthesize(
  changes: Partial<ResolvedConfig> = {},
  outdir = makeFolder(),
): { platform: StackJson; runners: StackJson; outdir: string } {
  const { stacks } = synthesizeStacks({ config: makeConfig(changes), outdir });
  const read = (name: string) => {
    const path = stacks.find((stack) => stack.name === name)?.synthesizedPath ?? "";
    return JSON.parse(readFileSync(path, "utf8")) as StackJson;
  };
  return { platform: read("platform"), runners: read("runners"), outdir };
}
