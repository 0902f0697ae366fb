import { spawn, type ChildProcess } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { writeProviderMirror } from "../../../src/sandbox/provider/mirror.js";

const root = new URL("../../../", import.meta.url).pathname;

export interface Run {
  readonly code: number;
  readonly output: string;
}

export interface Bench {
  readonly folder: string;
  readonly program: string;
  /** A Terraform working directory of its own. */
  workspace(name: string, environment: Readonly<Record<string, string>>): Promise<Workspace>;
  close(): Promise<void>;
}

export interface Workspace {
  readonly folder: string;
  write(configuration: unknown): Promise<void>;
  run(...args: string[]): Promise<Run>;
  /** Runs without waiting, for tests that interrupt. */
  start(...args: string[]): { process: ChildProcess; done: Promise<Run> };
}

/** The bundled provider and a mirror with it, as the build makes them. */
export async function openBench(): Promise<Bench> {
  const folder = await mkdtemp(join(tmpdir(), "rctl-provider-"));
  const dist = join(folder, "dist");
  const program = join(dist, "sandbox-provider.js");
  await mkdir(dist);
  await writeFile(join(dist, "package.json"), '{"type":"module"}');
  await build({
    entryPoints: [join(root, "src/sandbox/provider/main.ts")],
    outfile: program,
    bundle: true,
    platform: "node",
    target: "node20.9",
    format: "esm",
    minifySyntax: true,
    banner: {
      js: 'import { createRequire as __r } from "node:module"; const require = __r(import.meta.url);',
    },
  });
  await copyFile(
    join(root, "src/sandbox/provider/schemas/provider-schemas.json"),
    join(dist, "provider-schemas.json"),
  );
  const { cliConfigFile } = await writeProviderMirror(join(folder, "terraform"), {
    node: process.execPath,
    program,
  });
  return {
    folder,
    program,
    workspace: async (name, environment) =>
      openWorkspace(join(folder, name), { ...environment, TF_CLI_CONFIG_FILE: cliConfigFile }),
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function openWorkspace(
  folder: string,
  environment: Record<string, string>,
): Promise<Workspace> {
  await mkdir(folder, { recursive: true });
  const start = (...args: string[]) => {
    const child = spawn("terraform", args, {
      cwd: folder,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: folder,
        TMPDIR: tmpdir(),
        TF_IN_AUTOMATION: "1",
        TF_DISABLE_PLUGIN_TLS: "1",
        ...environment,
      },
    });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString("utf8")));
    const done = new Promise<Run>((resolve, reject) => {
      child.on("error", reject);
      // A killed Terraform leaves its providers with the output pipes: do not wait for these.
      child.on("exit", (code) => setImmediate(() => resolve({ code: code ?? -1, output })));
    });
    return { process: child, done };
  };
  return {
    folder,
    write: (configuration) =>
      writeFile(join(folder, "main.tf.json"), JSON.stringify(configuration, null, 2)),
    start,
    run: async (...args) => {
      const [command = "", ...rest] = args;
      const quiet = ["plan", "apply", "destroy", "import"].includes(command)
        ? ["-input=false", "-no-color"]
        : ["-no-color"];
      return start(command, ...quiet, ...rest).done;
    },
  };
}
