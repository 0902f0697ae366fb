// Packing and uploading a build context of 50,000 files and 1 GB, beside `az acr build`. Both upload
// to the same sandbox, which only says that it has queued the build: building is not measured.
// Memory is the peak of the whole process, read from /proc while it runs (Linux).
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { root, runnerctl } from "./measure.mjs";

const runs = Number(process.env.RUNS ?? 3);
const files = Number(process.env.FILES ?? 50_000);
const bytes = Number(process.env.BYTES ?? 1_000_000_000);
const registry = "crbenchcontext";
const folder = await mkdtemp(join(tmpdir(), "runnerctl-bench-"));
const directory = join(folder, "sandbox");
const sandbox = await startSandbox();
try {
  const many = makeContext("many", files, bytes);
  const sparse = makeSparseContext("sparse", bytes);
  const small = makeContext("small", 10, 100_000);
  await prepareCloud();
  const az = await prepareAzureCli();
  const own = await prepareOwn();
  const candidates = [own, ...(az === undefined ? [] : [az])];
  for (const [title, context, rounds] of [
    [`${files} files, ${bytes / 1e6} MB`, many, runs],
    [`one file of ${bytes / 1e6} MB, all zeros`, sparse, 1],
    ["10 files, 0.1 MB", small, runs],
  ]) {
    await compareUploads(title, context, rounds, candidates);
  }
  if (az === undefined) console.log("\naz is not installed: measured without it");
} finally {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
}

async function compareUploads(title, context, rounds, candidates) {
  const results = candidates.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, candidate] of candidates.entries()) {
      results[index].push(await candidate.upload(context));
    }
  }
  console.log(`\n${title} (median of ${rounds} interleaved runs)\n`);
  console.log(`${"".padEnd(24)} time ratio       s   peak memory ratio   MB`);
  const medians = results.map((list) => ({
    seconds: median(list.map(({ seconds }) => seconds)),
    peak: median(list.map(({ peak }) => peak)),
  }));
  for (const [index, { name }] of candidates.entries()) {
    const { seconds, peak } = medians[index];
    console.log(
      [
        name.padEnd(24),
        (seconds / medians[0].seconds).toFixed(2).padStart(10),
        seconds.toFixed(1).padStart(7),
        (peak / medians[0].peak).toFixed(2).padStart(19),
        peak.toFixed(0).padStart(4),
      ].join(" "),
    );
  }
}

function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)];
}

/** Text that compresses about as well as source code; the same at every run. */
function makeContext(name, count, total) {
  const context = join(folder, name);
  const text = makeText(Math.min(16_000_000, total));
  const size = Math.floor(total / count);
  mkdirSync(context);
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . /\n");
  writeFileSync(join(context, ".dockerignore"), "**/*.log\n!keep.log\n.git\n**/tmp\n");
  let at = 0;
  for (let index = 0; index < count; index += 1) {
    const inner = join(context, `package-${Math.floor(index / 100)}`);
    if (index % 100 === 0) mkdirSync(inner);
    at = (at + 7919) % Math.max(1, text.length - size);
    writeFileSync(join(inner, `file-${index}.js`), text.subarray(at, at + size));
  }
  return context;
}

function makeText(length) {
  let state = 42;
  const next = (below) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  const words = Array.from({ length: 3000 }, () =>
    Array.from({ length: 2 + next(9) }, () => String.fromCharCode(97 + next(26))).join(""),
  );
  const parts = [];
  for (let size = 0; size < length; size += parts.at(-1).length) {
    const line = Array.from({ length: 6 + next(6) }, () => words[next(words.length)]);
    parts.push(`${line.join(" ")};\n`);
  }
  return Buffer.from(parts.join("")).subarray(0, length);
}

function makeSparseContext(name, size) {
  const context = join(folder, name);
  mkdirSync(context);
  writeFileSync(join(context, "Dockerfile"), "FROM scratch\nCOPY . /\n");
  const file = openSync(join(context, "big"), "w");
  writeSync(file, Buffer.alloc(1), 0, 1, size - 1);
  closeSync(file);
  return context;
}

async function prepareOwn() {
  const project = join(folder, "project");
  mkdirSync(project);
  await writeFile(
    join(project, "runnerctl.yaml"),
    "name: bench\nlocation: westeurope\ngithub:\n  owner: octo-org\n  repositories: [hello]\n  auth: { type: app, appId: 1, installationId: 1 }\npools:\n  - { name: small, labels: [small] }\n",
  );
  return {
    name: "runnerctl build-image",
    // Forced: that the registry may have the image already is not what is compared.
    upload: (context) =>
      measure(
        process.execPath,
        [runnerctl, "build-image", "--context", context, "--force", "--no-wait", "--tag", "bench"],
        project,
      ),
  };
}

async function prepareAzureCli() {
  const az = (...args) => measure("az", args, folder);
  const env = sandbox.environment;
  try {
    await az(
      ...["cloud", "register", "--name", "sandbox"],
      ...["--cloud-config", `@${join(directory, "az-cloud.json")}`],
    );
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
  await az("cloud", "set", "--name", "sandbox");
  await az(
    ...["login", "--service-principal", "--tenant", env.AZURE_TENANT_ID],
    ...["--username", env.AZURE_CLIENT_ID, "--password", env.AZURE_CLIENT_SECRET],
  );
  return {
    name: "az acr build",
    upload: (context) =>
      az("acr", "build", "--registry", registry, "--image", "runner:bench", "--no-wait", context),
  };
}

async function measure(program, args, cwd) {
  const started = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: {
      PATH: process.env.PATH,
      LANG: "C.UTF-8",
      HOME: folder,
      TMPDIR: folder,
      AZURE_CONFIG_DIR: join(folder, "az"),
      AZURE_CORE_COLLECT_TELEMETRY: "false",
      ...sandbox.environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => (said += text));
  }
  let peak = 0;
  const timer = setInterval(() => {
    peak = Math.max(peak, readPeak(child.pid));
  }, 20);
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  }).finally(() => clearInterval(timer));
  if (code !== 0) throw new Error(`${program} ${args[0]} ${args[1]} ended with ${code}:\n${said}`);
  return { seconds: (performance.now() - started) / 1000, peak };
}

/** The kernel keeps the highest value itself, so that only what the last moments add is missed. */
function readPeak(pid) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** The group, the registry, and an answer to every build that is scheduled. */
async function prepareCloud() {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, ARM_SUBSCRIPTION_ID } =
    sandbox.environment;
  const answer = await send(
    "POST",
    `/${AZURE_TENANT_ID}/oauth2/v2.0/token`,
    { "content-type": "application/x-www-form-urlencoded" },
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: AZURE_CLIENT_ID,
      client_secret: AZURE_CLIENT_SECRET,
      scope: "https://management.azure.com/.default",
    }).toString(),
  );
  const headers = {
    authorization: `Bearer ${answer.access_token}`,
    "content-type": "application/json",
  };
  const group = `/subscriptions/${ARM_SUBSCRIPTION_ID}/resourceGroups`;
  const names = await ownNames(ARM_SUBSCRIPTION_ID);
  for (const [groupName, registryName] of [
    ["rg-bench-context", registry],
    [names.resourceGroup, names.registry],
  ]) {
    const path = `${group}/${groupName}`;
    const body = { location: "westeurope" };
    await send("PUT", `${path}?api-version=2023-07-01`, headers, JSON.stringify(body));
    await send(
      "PUT",
      `${path}/providers/Microsoft.ContainerRegistry/registries/${registryName}?api-version=2025-04-01`,
      headers,
      JSON.stringify({ ...body, sku: { name: "Basic" }, properties: {} }),
    );
  }
  await send(
    "POST",
    "/_sandbox/faults",
    { ...headers, authorization: `Bearer ${sandbox.controlToken}` },
    JSON.stringify({
      match: { method: "POST", path: "/scheduleRun$" },
      times: 0,
      effect: {
        status: 200,
        body: {
          id: `${group}/x/runs/ca1`,
          name: "ca1",
          properties: { runId: "ca1", status: "Queued" },
        },
      },
    }),
  );
}

/** The names that a deployment of the name `bench` has. */
async function ownNames(subscription) {
  const { tsImport } = await import("tsx/esm/api");
  const { deriveResourceNames } = await tsImport(
    "../src/domain/resource-names.ts",
    import.meta.url,
  );
  return deriveResourceNames(subscription, "bench");
}

async function startSandbox() {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(root, "bench", "storage-sandbox.mts"), directory, root],
    { cwd: root, stdio: ["pipe", "pipe", "inherit"] },
  );
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const line = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    ended.then((code) => reject(new Error(`The sandbox ended with ${code}.`)));
  });
  return {
    ...JSON.parse(line),
    stop: () => {
      child.stdin.end();
      return ended;
    },
  };
}

function send(method, path, headers, body) {
  const ca = readFileSync(join(directory, "ca.pem"));
  return new Promise((resolve, reject) => {
    const sent = request(
      `${sandbox.origin}${path}`,
      { method, ca, agent: false, headers },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => {
          if (response.statusCode >= 300) reject(new Error(`${method} ${path}: ${text}`));
          else resolve(text === "" ? undefined : JSON.parse(text));
        });
      },
    );
    sent.on("error", reject).end(body);
  });
}
