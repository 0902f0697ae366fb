import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PoolConfig, ResolvedConfig } from "../../src/config/types.js";
import { synthesizeStacks } from "../../src/stacks/app.js";

export const subscription = "11111111-2222-3333-4444-555555555555";

export const defaultPool: PoolConfig = {
  name: "default",
  labels: ["default"],
  noDefaultLabels: false,
  cpu: 2,
  memoryGi: 4,
  trigger: { type: "manual" },
  limits: { min: 0, max: 10 },
  timeoutSeconds: 21_600,
  env: {},
};

export function makeConfig(changes: Partial<ResolvedConfig> = {}): ResolvedConfig {
  return {
    name: "demo",
    location: "westeurope",
    subscription,
    tags: {},
    github: {
      url: "https://github.com",
      apiUrl: "https://api.github.com",
      owner: "acme",
      repositories: ["app"],
      scope: "repository",
      auth: { type: "pat", secret: "github-pat" },
      runnerGroup: "Default",
    },
    image: {
      repository: "runner",
      context: undefined,
      dockerfile: "Dockerfile",
      base: undefined,
      preset: "minimal",
      packages: [],
      setup: undefined,
      certificates: [],
      runnerVersion: "latest",
      buildArgs: {},
      timeoutSeconds: 3600,
      schedule: undefined,
      baseImageTrigger: false,
      keep: 5,
      pin: "digest",
    },
    state: { backend: "local", path: "/srv/state" },
    pools: [defaultPool],
    ...changes,
  };
}

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
