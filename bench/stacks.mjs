import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cdktf, root, run, runnerctl } from "./measure.mjs";

const config = `name: bench
location: westeurope
github:
  owner: octo-org
  repositories: [hello]
  auth: { type: app, appId: 1, installationId: 1 }
pools:
  - { name: small, labels: [small], cpu: 1, memory: 2Gi, trigger: manual }
  - { name: large, labels: [large], cpu: 4, memory: 8Gi, trigger: queue }
`;

/** The same stacks by `runnerctl synth` and by the stock `cdktf synth` over cdktf.json. */
export async function prepareSynthesis() {
  const folder = await mkdtemp(join(tmpdir(), "runnerctl-bench-"));
  const file = join(folder, "runnerctl.yaml");
  await writeFile(file, config);
  const env = { RUNNERCTL_CONFIG: file };
  const own = join(folder, "own");
  const stock = join(folder, "stock");
  return {
    own: { name: "runnerctl synth", args: [runnerctl, "synth", "--output", own], env },
    stock: { name: "cdktf synth", args: [cdktf, "synth", "--output", stock], cwd: root, env },
    /** Files that are not the same byte for byte, or only on one side. */
    findDifferences: async () => {
      const [ours, theirs] = await Promise.all([readTree(own), readTree(stock)]);
      if (ours.size === 0) return ["nothing was synthesized"];
      return [...new Set([...ours.keys(), ...theirs.keys()])]
        .filter((path) => ours.get(path) !== theirs.get(path))
        .sort();
    },
    /** Runs both once. */
    synthesize: async function () {
      await run(this.own);
      await run(this.stock);
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function readTree(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return new Map(
    await Promise.all(
      paths.map(async (path) => [path.slice(folder.length + 1), await readFile(path, "utf8")]),
    ),
  );
}
