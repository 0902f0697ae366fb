// Bundles the product into dist/: the CLI with lazily loaded chunks, the constructs for other CDKTF
// apps (their cdktf, not ours) with their types, the app for the stock cdktf CLI, and the sandbox's
// two programs, each of which must be a single file because it is started outside this folder.
// Beside them: which packages went into which file, and the licences of those packages.
import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { describeBundles } from "./build/bundle-facts.mjs";
import { emitTypes } from "./build/emit-types.mjs";
import { modernCdktf } from "./build/modern-cdktf.mjs";
import { replaceFiles } from "./build/replace-files.mjs";
import { collectLicenses } from "./build/third-party-licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist");
const source = (...parts) => join(root, "src", ...parts);

// CommonJS dependencies inside an ES module bundle still call require() for Node's own modules.
const banner = {
  js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
};

const common = {
  absWorkingDir: root,
  outdir: out,
  bundle: true,
  platform: "node",
  target: "node20.9",
  format: "esm",
  banner,
  // Collected in THIRD_PARTY_LICENSES.txt instead of being read at every start.
  legalComments: "external",
  logLevel: "warning",
  // Names stay: stack traces must be readable, and shortening them was measured to save no time.
  minifySyntax: true,
  minifyWhitespace: true,
  // Text beyond ASCII would double every file's size in memory; esbuild escapes it by default.
  charset: "ascii",
  metafile: true,
  write: false,
};

const external = ["cdktf", "constructs", "@cdktf/*"];

const bundles = [
  {
    entryPoints: { main: source("main.ts"), synth: source("synth-main.ts") },
    plugins: [modernCdktf],
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  },
  { entryPoints: { constructs: source("stacks/constructs.ts") }, external },
  {
    // Most CDKTF apps in TypeScript are compiled to CommonJS.
    entryPoints: { constructs: source("stacks/constructs.ts") },
    external,
    format: "cjs",
    banner: {},
    outExtension: { ".js": ".cjs" },
  },
  { entryPoints: { "sandbox-provider": source("sandbox/provider/main.ts") } },
  { entryPoints: { "sandbox-listener": source("sandbox/runner/listener/main.ts") } },
];

const building = bundles.map((bundle) => build({ ...common, ...bundle }));
const types = emitTypes(join(root, "tsconfig.types.json"));
const results = await Promise.all(building);

const files = new Map();
const legalNotices = [];
for (const { path, contents, text } of results.flatMap(({ outputFiles }) => outputFiles)) {
  if (path.endsWith(".LEGAL.txt")) legalNotices.push(text);
  else files.set(relative(out, path), contents);
}
for (const [path, text] of types) files.set(relative(out, path), Buffer.from(text));
// The types describe both forms of the constructs; CommonJS may be imported from either.
files.set("types/package.json", Buffer.from('{ "type": "commonjs" }\n'));
files.set(
  "provider-schemas.json",
  await readFile(source("sandbox/provider/schemas/provider-schemas.json")),
);

const metafiles = results.map(({ metafile }) => metafile);
files.set("meta.json", Buffer.from(describeBundles(metafiles, relative(root, out))));
files.set(
  "THIRD_PARTY_LICENSES.txt",
  Buffer.from(await collectLicenses(root, metafiles, legalNotices)),
);
await replaceFiles(out, files);
