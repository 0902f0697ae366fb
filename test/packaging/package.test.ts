import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packageRoot } from "../support/cli.js";

/* The package as npm would publish it, installed where nothing else is. */

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string; readonly mode: number }[];
}

let folder: string;
let project: string;
let report: PackReport;
const files = (): string[] => report.files.map(({ path }) => path);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "runnerctl-package-"));
  project = join(folder, "project");
  mkdirSync(project);
  // Without scripts: they would build dist/ anew under the feet of other tests.
  const [packed] = JSON.parse(
    npm(packageRoot, "pack", "--ignore-scripts", "--json", "--pack-destination", folder),
  ) as [PackReport];
  report = packed;
  writeFileSync(join(project, "package.json"), '{ "name": "project", "private": true }\n');
  npm(project, "install", "--ignore-scripts", join(folder, report.filename));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** npm without a registry, a cache or settings of the user's. */
function npm(cwd: string, ...args: string[]): string {
  const env = { ...environment(), npm_config_update_notifier: "false" };
  return execFileSync("npm", [...args, "--offline", "--no-audit", "--no-fund"], {
    cwd,
    env,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}

function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: folder };
}

function run(file: string, args: readonly string[], env: Record<string, string> = {}) {
  const { status, stdout, stderr } = spawnSync(file, args, {
    cwd: project,
    env: { ...environment(), ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

function runnerctl(args: readonly string[], env: Record<string, string> = {}) {
  return run(join(project, "node_modules", ".bin", "runnerctl"), args, env);
}

describe("what is packed", () => {
  it("is under 3 MB", () => {
    expect(report.size).toBeLessThan(3_000_000);
  });

  it("is what the program needs and nothing else", () => {
    const allowed = [
      /^(package\.json|schema\.json|README\.md|LICENSE|CHANGELOG\.md|bin\/runnerctl\.js)$/,
      /^dist\/(main|synth|constructs|sandbox-provider|sandbox-listener)\.js$/,
      /^dist\/chunks\/[\w-]+\.js$/,
      /^dist\/(constructs\.cjs|provider-schemas\.json|THIRD_PARTY_LICENSES\.txt)$/,
      /^dist\/types\/(package\.json|(config|domain|stacks)\/.+\.d\.ts)$/,
      /^docker\/(\.dockerignore|Dockerfile[\w.-]*|[\w/-]+\.(sh|txt|md))$/,
      /^docs\/[\w-]+\.(md|svg)$/,
    ];
    expect(files().filter((path) => !allowed.some((one) => one.test(path)))).toEqual([]);
  });

  it("has every file of the build, of the image's context and of the exports", () => {
    const meta = JSON.parse(readFileSync(join(packageRoot, "dist", "meta.json"), "utf8")) as object;
    const context = readdirSync(join(packageRoot, "docker"), {
      recursive: true,
      withFileTypes: true,
    })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(packageRoot.length + 1));
    const manifest = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
      exports: object;
      bin: object;
    };
    const targets = (node: object): string[] =>
      Object.values(node).flatMap((value: object | string) =>
        typeof value === "string" ? [value.replace(/^\.\//, "")] : targets(value),
      );
    const needed = [
      ...Object.keys(meta).map((path) => `dist/${path}`),
      ...context,
      ...targets(manifest.exports),
      ...targets(manifest.bin),
      ...["schema.json", "README.md", "LICENSE", "CHANGELOG.md", "dist/THIRD_PARTY_LICENSES.txt"],
    ];
    expect(needed.filter((path) => !files().includes(path))).toEqual([]);
  });

  it("keeps programs executable", () => {
    const programs = report.files.filter(({ path }) => /entrypoint\.sh$|^bin\//.test(path));
    expect(programs).toHaveLength(2);
    for (const { mode } of programs) expect(mode & 0o111).toBe(0o111);
  });

  it("names the licence of everything bundled", () => {
    const text = readFileSync(join(packageRoot, "dist", "THIRD_PARTY_LICENSES.txt"), "utf8");
    const meta = JSON.parse(readFileSync(join(packageRoot, "dist", "meta.json"), "utf8")) as Record<
      string,
      { packages: string[] }
    >;
    const bundled = Object.entries(meta)
      .filter(([path]) => !path.startsWith("constructs."))
      .flatMap(([, { packages }]) => packages);
    expect(bundled).toContain("cdktf");
    const missing = bundled.filter((name) => !text.includes(`\n${name} `));
    expect(missing).toEqual([]);
    const license = text.slice(text.indexOf("\ncdktf 0.")).split(/\n-{80}\n/)[0];
    expect(license).toMatch(/Mozilla Public License, version 2\.0/i);
  });
});

describe("what is installed", () => {
  it("brings no package of others", () => {
    expect(readdirSync(join(project, "node_modules")).sort()).toEqual([
      ".bin",
      ".package-lock.json",
      "runnerctl",
    ]);
  });

  it("helps, writes a configuration and synthesizes it", () => {
    expect(runnerctl(["--help"])).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Usage: runnerctl"),
    });
    const flags = ["--name", "ci", "--location", "westeurope", "--owner", "octo-org"];
    const init = runnerctl([
      ...["init", ...flags, "--repositories", "hello"],
      ...["--auth", "app", "--app-id", "1", "--installation-id", "1"],
    ]);
    expect(init).toMatchObject({ status: 0 });
    const subscription = { ARM_SUBSCRIPTION_ID: "00000000-0000-4000-8000-000000000000" };
    // Nothing on stderr: no warning of Node's about what a bundled package does either.
    expect(runnerctl(["synth", "--output", "out"], subscription)).toMatchObject({
      status: 0,
      stderr: "",
    });
    const stack = readFileSync(join(project, "out", "stacks", "runners", "cdk.tf.json"), "utf8");
    expect(JSON.parse(stack)).toHaveProperty("resource.azurerm_container_app_job");
  });
});

const props = `{
  name: "runners", resourceGroupName: "rg-x", location: "westeurope", environmentId: "/env",
  image: "cr.example/runner@sha256:0",
  registry: { loginServer: "cr.example", identityId: "/pull" },
  credential: { secretUrl: "https://kv.example/secrets/pat", identityId: "/vault" },
  github: {
    apiUrl: "https://api.github.com", owner: "acme", scope: "organization", auth: { type: "pat" },
  },
  labels: ["small"],
}`;

/** A CDKTF app of someone's own; the marked lines are wrong on purpose. */
const appBody = `
const app = new App({ outdir: "mine" });
const stack = new TerraformStack(app, "mine");
new AzurermProvider(stack, "azurerm", { features: [{}] });
new AzapiProvider(stack, "azapi");
const pool = new RunnerPoolJob(stack, "pool", ${props});
new TerraformOutput(stack, "job", { value: pool.resource.id });
app.synth();
`;
const needs = [
  ["cdktf", ["App", "TerraformOutput", "TerraformStack"]],
  ["@cdktf/provider-azurerm/lib/provider/index.js", ["AzurermProvider"]],
  ["runnerctl/constructs", ["AzapiProvider", "RunnerPoolJob"]],
] as const;
const imports = needs.map(([from, names]) => `import { ${names.join(", ")} } from "${from}";\n`);
const requires = needs.map(
  ([from, names]) => `const { ${names.join(", ")} } = require("${from}");\n`,
);

describe("the constructs, in a CDKTF app of one's own", () => {
  beforeAll(() => {
    for (const name of ["cdktf", "constructs", "@cdktf"]) {
      const target = join(packageRoot, "node_modules", name);
      symlinkSync(target, join(project, "node_modules", name));
    }
  });

  it.each([
    ["an ES module", "app.mjs", imports],
    ["CommonJS", "app.cjs", requires],
  ])("synthesize from %s", (_form, name, head) => {
    rmSync(join(project, "mine"), { recursive: true, force: true });
    writeFileSync(join(project, name), `${head.join("")}${appBody}`);
    expect(run(process.execPath, [name])).toMatchObject({ status: 0, stderr: "" });
    const text = readFileSync(join(project, "mine", "stacks", "mine", "cdk.tf.json"), "utf8");
    const { resource } = JSON.parse(text) as { resource: Record<string, object> };
    expect(Object.keys(resource)).toEqual(["azapi_update_resource", "azurerm_container_app_job"]);
    expect(text).toContain('"replica_retry_limit": 0');
  });

  it.each<[string, string, ts.CompilerOptions]>([
    [
      "an ES module",
      "typed.mts",
      { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
    ],
    [
      "CommonJS with Node's rules",
      "typed.cts",
      { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 },
    ],
    [
      "CommonJS as cdktf init sets it up",
      "typed.ts",
      { module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
    ],
  ])("are typed in %s", (_form, name, options) => {
    const wrong = `export const wrong: RunnerPoolJob["resource"]["name"] = 5;\n`;
    writeFileSync(join(project, name), `${imports.join("")}${appBody}${wrong}`);
    const program = ts.createProgram([join(project, name)], {
      ...options,
      target: ts.ScriptTarget.ES2022,
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: [],
    });
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    // Untyped, the wrong line would be right.
    expect(problems).toEqual(["Type 'number' is not assignable to type 'string'."]);
  });
});
