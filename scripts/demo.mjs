// The whole story in the sandbox, narrated: from nothing to a runner that ran a job, and back to
// nothing. Every command is the real one; only Azure and GitHub are local.
import { spawn } from "node:child_process";
import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const bin = join(root, "bin", "runnerctl.js");
const started = Date.now();
const color = process.stdout.isTTY === true && !process.env.NO_COLOR;
const paint = (code, text) => (color ? `\u001b[${code}m${text}\u001b[0m` : text);
const seconds = () => ((Date.now() - started) / 1000).toFixed(1).padStart(5);

const folder = await mkdtemp(join(tmpdir(), "runnerctl-demo-"));
const sandboxDirectory = join(folder, "sandbox");
const env = {
  ...process.env,
  RUNNERCTL_SANDBOX_DIR: sandboxDirectory,
  GITHUB_ACTIONS: undefined,
  RUNNERCTL_CONFIG: undefined,
};
for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];

/** Noise of a transcript: Terraform's plan lines repeat what the summary says, build steps fill pages. */
const quiet =
  /: (Creating|Destroying|Modifying)\.\.\.|Plan: |Outputs: |Removing intermediate|^\s*---> /;
const buildNoise =
  /^(\d{4}\/\d\d\/\d\d .*|.*: (Preparing|Pushed)|- image:|  .*|\[sandbox\].*|.*Pulling from.*|The push refers.*|.*digest: sha256.*)$/;

function narrate(text) {
  console.log(`\n${paint("1;36", `[${seconds()} s] ${text}`)}`);
}

/** Runs a command line as a user types it; prints what the user would see, a little condensed. */
async function run(args, { expect = 0, input, show = true } = {}) {
  console.log(paint("1", `$ runnerctl ${args.join(" ")}`));
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env,
    stdio: [input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
  });
  let output = "";
  const take = (stream, mark) => {
    let rest = "";
    stream.setEncoding("utf8").on("data", (text) => {
      output += mark === "" ? text : "";
      const lines = (rest + text).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const bare = line.replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z /, "");
        if (show && !quiet.test(bare) && !(mark !== "" && buildNoise.test(bare))) {
          console.log(mark === "" ? `  ${bare}` : paint("2", `  ${shorten(bare)}`));
        }
      }
    });
  };
  take(child.stdout, "");
  take(child.stderr, "err");
  if (input !== undefined) child.stdin.end(input);
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== expect)
    throw new Error(`runnerctl ${args[0]} ended with ${code}, expected ${expect}`);
  return output;
}

function shorten(line) {
  return line
    .replace(/ \[id=.*\]$/, "")
    .replaceAll(/\/subscriptions\/[0-9a-f-]+\/resourceGroups\//g, "…/")
    .slice(0, 150);
}

async function startSandbox() {
  const child = spawn(
    process.execPath,
    [bin, "sandbox", "up", "--port", "0", "--http-port", "0", "--json"],
    {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const line = await new Promise((resolve, reject) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.on("exit", (code) => reject(new Error(`The sandbox ended with ${code}: ${text}`)));
  });
  return { child, ...JSON.parse(line) };
}

/** A request to the sandbox as another client would make it. */
async function ask(sandbox, path, token, form) {
  const ca = await readFile(join(sandboxDirectory, "ca.pem"));
  return new Promise((resolve, reject) => {
    const sent = request(
      path.startsWith("https:") ? path : `${sandbox.origin}${path}`,
      {
        ca,
        agent: false,
        method: form === undefined ? "GET" : "POST",
        headers: {
          "user-agent": "demo",
          ...(form === undefined
            ? { authorization: `Bearer ${token}` }
            : { "content-type": "application/x-www-form-urlencoded" }),
        },
      },
      (response) => {
        const chunks = [];
        response.on("data", (chunk) => chunks.push(chunk));
        response.on("end", () => {
          const { location } = response.headers;
          if (location !== undefined) resolve(ask(sandbox, location, token));
          else resolve(Buffer.concat(chunks).toString("utf8"));
        });
      },
    );
    sent.on("error", reject);
    sent.end(form);
  });
}

/** Lists something of the subscription through Resource Manager, as any Azure client does. */
async function azure(sandbox, what, version) {
  const { environment } = sandbox;
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: environment.AZURE_CLIENT_ID,
    client_secret: environment.AZURE_CLIENT_SECRET,
    scope: `${environment.ARM_RESOURCE_MANAGER_AUDIENCE}/.default`,
  }).toString();
  const token = await ask(sandbox, `/${environment.AZURE_TENANT_ID}/oauth2/v2.0/token`, "", form);
  const path = `/subscriptions/${environment.AZURE_SUBSCRIPTION_ID}/${what}?api-version=${version}`;
  return JSON.parse(await ask(sandbox, path, JSON.parse(token).access_token)).value;
}

async function checkTools() {
  const missing = [];
  for (const tool of ["bash", "curl", "jq", "openssl"])
    if (!(await onPath(tool))) missing.push(tool);
  const terraform = process.env.TERRAFORM_BINARY_NAME;
  if (!(terraform || (await onPath("terraform")) || (await onPath("tofu"))))
    missing.push("terraform (or tofu)");
  if (missing.length > 0) {
    console.error(`The demo needs ${missing.join(", ")} on PATH. Install them and run it again.`);
    process.exitCode = 2;
  }
  return missing.length === 0;
}

async function onPath(tool) {
  for (const directory of (process.env.PATH ?? "").split(":")) {
    if (directory === "") continue;
    try {
      await access(join(directory, tool), 1);
      return true;
    } catch {
      // Not in this one.
    }
  }
  return false;
}

async function tell() {
  narrate("A local Azure and GitHub start: HTTPS on loopback, no account, no internet.");
  const sandbox = await startSandbox();
  const stop = async () => {
    sandbox.child.kill("SIGTERM");
    if (sandbox.child.exitCode === null)
      await new Promise((resolve) => sandbox.child.once("exit", resolve));
  };
  process.once("SIGINT", () => void stop().then(() => (process.exitCode = 130)));
  try {
    const github = join(sandboxDirectory, "state", "github");
    const pat = (await readFile(join(github, "pat"), "utf8")).trim();
    const listResources = () => azure(sandbox, "resources", "2021-04-01");

    narrate("One YAML file says what is wanted.");
    await run([
      "init",
      "--name",
      "demo",
      "--location",
      "westeurope",
      "--owner",
      "octo-org",
      "--repositories",
      "hello",
      "--auth",
      "app",
      "--app-id",
      "1",
      "--installation-id",
      "1",
    ]);

    narrate(
      "deploy: registry, identities, vault, environment; the App key into the vault; the image by an ACR Task; one job a pool.",
    );
    await run([
      "deploy",
      "--sandbox",
      "--yes",
      "--secret-file",
      join(github, "app-private-key.pem"),
    ]);

    narrate("A workflow job is queued: it will look for every credential it can think of.");
    const identities = (
      await azure(
        sandbox,
        "providers/Microsoft.ManagedIdentity/userAssignedIdentities",
        "2024-11-30",
      )
    )
      .map(({ properties }) => properties.clientId)
      .join(" ");
    const queued = await run(
      [
        "sandbox",
        "dispatch",
        join(root, "examples", "workflows", "look-for-credentials.yml"),
        "--input",
        `identities=${identities}`,
        "--json",
      ],
      { show: false },
    );
    const { runId } = JSON.parse(queued).result;

    narrate(
      "trigger: an execution starts; its init container mints a just-in-time configuration, the runner takes the job.",
    );
    await run(["trigger", "default", "--sandbox", "--wait"]);

    narrate("What GitHub says of the job, and the job's own log.");
    const run_ = JSON.parse(
      await ask(sandbox, `/api/v3/repos/octo-org/hello/actions/runs/${runId}`, pat),
    );
    const { jobs } = JSON.parse(
      await ask(sandbox, `/api/v3/repos/octo-org/hello/actions/runs/${runId}/jobs`, pat),
    );
    const log = await ask(
      sandbox,
      `/api/v3/repos/octo-org/hello/actions/jobs/${jobs[0].id}/logs`,
      pat,
    );
    console.log(
      `  run ${runId}: ${run_.status}, ${run_.conclusion}, on runner ${jobs[0].runner_name}`,
    );
    for (const line of log.split("\n")) {
      const text = line.replace(/^\S+Z /, "");
      if (/^(Hello|no credential|the identity|no identity|FOUND)/.test(text))
        console.log(`  ${paint("32", text)}`);
    }
    if (run_.conclusion !== "success") throw new Error("The workflow job did not succeed.");

    narrate("status and logs, read back from Azure.");
    await run(["status", "--sandbox"]);
    await run(["logs", "--sandbox", "--pool", "default", "--tail", "6"]);

    narrate("A second deploy changes nothing.");
    const second = JSON.parse(
      await run(["deploy", "--sandbox", "--yes", "--json"], { show: false }),
    );
    console.log(`  changed: ${second.result.changed}`);
    if (second.result.changed) throw new Error("The second deploy changed something.");

    narrate("destroy: everything goes.");
    await run(["destroy", "--sandbox", "--yes"]);
    const left = await listResources();
    const runners = JSON.parse(
      await ask(sandbox, "/api/v3/repos/octo-org/hello/actions/runners", pat),
    ).total_count;
    console.log(`  resources left in Azure: ${left.length}, runners left on GitHub: ${runners}`);
    if (left.length > 0 || runners > 0) throw new Error("Something was left behind.");
    narrate(`Done: nothing → a runner that ran a job → nothing.`);
  } finally {
    await stop();
  }
}

if (await checkTools()) {
  try {
    await tell();
  } catch (error) {
    console.error(`\nThe demo failed: ${error.message}`);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
