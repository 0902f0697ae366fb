// Starting an execution, beside the least program that can. Azure is the sandbox: answers take no
// time, so what is left is what the programs themselves cost. The sandbox only says that it started
// something: runners at work would be measured too.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare, environment, root, run, runnerctl } from "./measure.mjs";

const folder = await mkdtemp(join(tmpdir(), "runnerctl-bench-"));
const directory = join(folder, "sandbox");
const sandbox = await startSandbox();
try {
  const { environment: cloud } = sandbox;
  const job = `/subscriptions/${cloud.ARM_SUBSCRIPTION_ID}/resourceGroups/rg-bench/providers/Microsoft.App/jobs/caj-bench-small`;
  const name = "caj-bench-small-0abcdef";
  await control("POST", "faults", {
    match: { method: "POST", path: "/start$" },
    times: 0,
    effect: { status: 200, body: { name, id: `${job}/executions/${name}` } },
  });
  await writeFile(
    join(folder, "runnerctl.yaml"),
    "name: bench\nlocation: westeurope\ngithub:\n  owner: octo-org\n  repositories: [hello]\n  auth: { type: app, appId: 1, installationId: 1 }\npools:\n  - { name: small, labels: [small] }\n",
  );
  const candidates = [
    {
      name: "node:https alone",
      args: [join(root, "bench", "peers", "bare-trigger.mjs"), job],
    },
    { name: "runnerctl trigger", args: [runnerctl, "trigger", "small"] },
  ].map((candidate) => ({ ...candidate, cwd: folder, env: cloud }));
  await compare("Trigger", [
    { name: "node -e 0", args: ["-e", "0"], cwd: folder, env: cloud },
    ...candidates,
  ]);
  for (const candidate of candidates) {
    await control("DELETE", "requests");
    await run(candidate);
    const seen = (await control("GET", "requests")).value;
    const lines = seen
      .filter(({ path }) => !path.startsWith("/_sandbox/"))
      .map(({ method, path }) => `  ${method} ${path.replace(/^.*(?=\/jobs\/)/, "…")}`);
    console.log(`\n${candidate.name}: ${lines.length} requests\n${lines.join("\n")}`);
  }
} finally {
  await sandbox.stop();
  await rm(folder, { recursive: true, force: true });
}

async function startSandbox() {
  const child = spawn(
    process.execPath,
    [runnerctl, "sandbox", "up", "--port", "0", "--http-port", "0", "--json"],
    {
      cwd: folder,
      env: { ...environment, RUNNERCTL_SANDBOX_DIR: directory },
      stdio: ["ignore", "pipe", "inherit"],
    },
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
      child.kill("SIGTERM");
      return ended;
    },
  };
}

async function control(method, path, body) {
  const { origin, token } = JSON.parse(await readFile(join(directory, "control.json"), "utf8"));
  const ca = await readFile(join(directory, "ca.pem"));
  return new Promise((resolve, reject) => {
    const sent = request(
      `${origin}/_sandbox/${path}`,
      {
        method,
        ca,
        agent: false,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk) => (text += chunk));
        response.on("end", () => {
          if (response.statusCode >= 300) reject(new Error(`${path}: ${text}`));
          else resolve(text === "" ? undefined : JSON.parse(text));
        });
      },
    );
    sent.on("error", reject).end(body === undefined ? undefined : JSON.stringify(body));
  });
}
