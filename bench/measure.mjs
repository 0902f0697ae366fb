import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const runnerctl = join(root, "bin", "runnerctl.js");
/** The stock CLI of cdktf-cli, as its package.json names it: without the shell script around it. */
export const cdktf = join(root, "bench", "node_modules", "cdktf-cli", "bundle", "bin", "cdktf");
const recorder = join(root, "bench", "peak-memory.cjs");

/** What commands see of the environment: nothing that would make one of them do more. */
export const environment = {
  PATH: process.env.PATH,
  HOME: tmpdir(),
  CI: "1",
  CHECKPOINT_DISABLE: "1",
  ARM_SUBSCRIPTION_ID: "00000000-0000-4000-8000-000000000000",
};

/** Runs a command to its end; gives its wall time in milliseconds. */
export async function run({ args, cwd = root, env = {} }) {
  const started = performance.now();
  const child = spawn(process.execPath, args, {
    cwd,
    env: { ...environment, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  child.stdout.resume();
  child.stderr.setEncoding("utf8").on("data", (text) => (said += text));
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${said}`);
  return performance.now() - started;
}

/** Peak resident memory in MB of the largest Node.js process that a command consists of. */
async function measurePeak(command) {
  const folder = await mkdtemp(join(tmpdir(), "runnerctl-bench-"));
  try {
    const env = { ...command.env, NODE_OPTIONS: `--require=${recorder}`, PEAK_MEMORY: folder };
    await run({ ...command, env });
    const sizes = (await readdir(folder)).map((name) => readFile(join(folder, name), "utf8"));
    return Math.max(...(await Promise.all(sizes)).map(Number)) / 1024;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the candidates in turn, so that what else the machine does meets all of them, and prints
 * medians as multiples of the first candidate's. Memory is taken in runs of its own, which are not
 * timed.
 */
export async function compare(title, candidates, runs = Number(process.env.RUNS ?? 15)) {
  const times = candidates.map(() => []);
  // The first round warms the file cache and does not count.
  for (let round = -1; round < runs; round += 1) {
    for (const [index, candidate] of candidates.entries()) {
      const time = await run(candidate);
      if (round >= 0) times[index].push(time);
    }
  }
  const peaks = [];
  for (const candidate of candidates) peaks.push(await measurePeak(candidate));
  const medians = times.map(median);
  const width = Math.max(...candidates.map(({ name }) => name.length));
  console.log(
    `\n${title} (median of ${runs} interleaved runs, Node.js ${process.versions.node})\n`,
  );
  console.log(`${"".padEnd(width)}   time ratio      ms   peak memory ratio   MB`);
  for (const [index, { name }] of candidates.entries()) {
    console.log(
      [
        name.padEnd(width),
        (medians[index] / medians[0]).toFixed(2).padStart(12),
        medians[index].toFixed(0).padStart(7),
        (peaks[index] / peaks[0]).toFixed(2).padStart(19),
        peaks[index].toFixed(0).padStart(4),
      ].join(" "),
    );
  }
  return medians;
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 === 1
    ? sorted[Math.floor(middle)]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}
