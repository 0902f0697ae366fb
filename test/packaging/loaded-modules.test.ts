import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../support/cli.js";
import { minimalConfig, TestSandbox } from "../support/sandbox.js";

/*
 * What a command loads is what it costs: the installed program runs with a recorder of modules, and
 * dist/meta.json says which packages and rooms of `src` are in the files that it loaded.
 */

interface FileFacts {
  readonly bytes: number;
  readonly packages: readonly string[];
  readonly rooms: readonly string[];
  readonly imports: readonly string[];
}

const dist = join(packageRoot, "dist");
const meta = JSON.parse(readFileSync(join(dist, "meta.json"), "utf8")) as Record<string, FileFacts>;

let sandbox: TestSandbox;
beforeAll(async () => {
  sandbox = await TestSandbox.start();
});
afterAll(() => sandbox.close());

interface Loaded {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: readonly string[];
  readonly packages: readonly string[];
  readonly rooms: readonly string[];
  /** Modules that are neither ours nor Node's. */
  readonly foreign: readonly string[];
}

/** Runs bin/runnerctl.js as it is installed and reads what it loaded. */
async function record(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Loaded> {
  const list = join(cwd, "loaded-modules.txt");
  writeFileSync(list, "");
  const recorder = new URL("./module-recorder.mjs", import.meta.url).href;
  const child = spawn(
    process.execPath,
    ["--import", recorder, join(packageRoot, "bin", "runnerctl.js"), ...args],
    { cwd, env: { ...sandbox.env, ...env, LOADED_MODULES: list } },
  );
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => (texts[name] += text));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const modules = readFileSync(list, "utf8").split("\n").filter(Boolean);
  const paths = modules
    .filter((url) => url.startsWith("file:"))
    .map((url) => fileURLToPath(url))
    .filter((path) => path !== join(packageRoot, "bin", "runnerctl.js"));
  const files = paths
    .filter((path) => path.startsWith(join(dist, "/")))
    .map((path) => path.slice(dist.length + 1));
  const known = files.map((file) => meta[file]).filter((facts) => facts !== undefined);
  return {
    code,
    ...texts,
    files,
    packages: [...new Set(known.flatMap(({ packages }) => packages))].sort(),
    rooms: [...new Set(known.flatMap(({ rooms }) => rooms))].sort(),
    foreign: [
      ...paths.filter((path) => !path.startsWith(join(dist, "/"))),
      ...files.filter((file) => meta[file] === undefined),
      ...modules.filter((url) => !/^(file|node):/.test(url)),
    ],
  };
}

const synthesis = /^(cdktf|constructs|@cdktf\/.*)$/;
/** The rooms that do something, as against those that say what is to be done. */
const work = ["azure", "github", "image", "sandbox", "stacks", "terraform"].map((r) => `src/${r}`);
const pluginProtocol = /^@(grpc|msgpack)\//;

describe("the facts about the build", () => {
  it("know every file, and where the heavy packages are", () => {
    for (const { imports } of Object.values(meta)) {
      for (const file of imports) expect(meta).toHaveProperty([file]);
    }
    const holds = (name: RegExp) =>
      Object.values(meta).some(({ packages }) => packages.some((one) => name.test(one)));
    expect([synthesis, pluginProtocol, /^@octokit\//, /^@azure\/identity$/].every(holds)).toBe(
      true,
    );
  });
});

describe("what a command loads", () => {
  it.each([
    ["--help", "Usage: runnerctl"],
    ["--version", "0."],
    ["trigger --help", "runnerctl trigger"],
  ])("%s: the command line and nothing else", async (line, printed) => {
    const loaded = await record(line.split(" "), sandbox.makeProject());
    expect(loaded).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(printed),
      foreign: [],
    });
    expect(loaded.packages).toEqual(["commander", "picocolors"]);
    expect(loaded.rooms.filter((room) => [...work, "src/operations"].includes(room))).toEqual([]);
  });

  it.each([
    ["by the environment", []],
    ["by --sandbox", ["--sandbox"]],
  ])("trigger, pointed at its cloud %s: what signing in and starting take", async (_how, flags) => {
    await answerStarts();
    const project = sandbox.makeProject(minimalConfig);
    const env = flags.length === 0 ? sandbox.running.environment : {};
    const loaded = await record(["trigger", "default", ...flags], project, env);
    expect(loaded).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("caj-e2e-default-"),
      foreign: [],
    });

    const needless = loaded.packages.filter((name) =>
      [synthesis, pluginProtocol, /^@octokit\//, /^@clack\//, /^ajv/, /tar$/].some((one) =>
        one.test(name),
      ),
    );
    expect(needless).toEqual([]);
    const sdks = loaded.packages.filter((name) =>
      /^@azure\/(?!core-|logger|abort|msal)/.test(name),
    );
    expect(sdks).toEqual(["@azure/arm-appcontainers", "@azure/identity"]);
    const used = ["src/azure", ...(flags.length === 0 ? [] : ["src/sandbox"])];
    expect(loaded.rooms.filter((room) => work.includes(room))).toEqual(used);
  });
});

/** A start is answered as Azure answers it, without a runner that would have to be waited for. */
async function answerStarts(): Promise<void> {
  const name = "caj-e2e-default-0abcdef";
  const id = `${sandbox.subscription}/resourceGroups/rg-e2e/providers/Microsoft.App/jobs/caj-e2e-default/executions/${name}`;
  await sandbox.addFault({ method: "POST", path: "/start$" }, { status: 200, body: { name, id } });
}
