// Bundles the product into dist/: the CLI with lazily loaded chunks, the constructs for other CDKTF
// apps (their cdktf, not ours), the app for the stock cdktf CLI, and the sandbox's two programs, each
// of which must be a single file because it is started outside this folder.
import { build } from "esbuild";
import { copyFile, mkdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const out = join(root, "dist");
const source = (...parts) => join(root, "src", ...parts);

// CommonJS dependencies inside an ES module bundle still call require() for Node's own modules.
const banner = {
  js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
};

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: "node",
  target: "node20.9",
  format: "esm",
  banner,
  legalComments: "linked",
  logLevel: "warning",
  charset: "utf8",
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: false,
};

async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}

const bundles = [
  {
    entryPoints: { main: source("main.ts"), synth: source("stacks/synth-main.ts") },
    outdir: out,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
  },
  {
    entryPoints: { constructs: source("stacks/constructs.ts") },
    outdir: out,
    external: ["cdktf", "constructs", "@cdktf/*"],
  },
  { entryPoints: { "sandbox-provider": source("sandbox/provider/main.ts") }, outdir: out },
  { entryPoints: { "sandbox-listener": source("sandbox/runner/listener/main.ts") }, outdir: out },
];

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await Promise.all(bundles.map((bundle) => build({ ...common, ...bundle })));
for (const [from, to] of [
  ["sandbox/provider/schemas/provider-schemas.json", "provider-schemas.json"],
]) {
  if (await exists(source(from))) await copyFile(source(from), join(out, to));
}
