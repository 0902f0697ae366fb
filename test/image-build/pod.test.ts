import { once } from "node:events";
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startStubGithub } from "../entrypoint/stub-github.js";
import { provideBaseImage } from "./base-image.js";
import { demand, findMissing, type Outcome, podman, startPodman } from "./container-tools.js";
import { findInStream } from "./find-bytes.js";
import { buildRunnerImage, imageName } from "./runner-image.js";
import { type RunnerMirror, startRunnerMirror } from "./runner-mirror.js";

const missing = findMissing();
const token = "ghp_averysecrettokenvalue1234567890";
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const jit = encode({
  ".runner": encode({ AgentId: "23", AgentName: "runner-a" }),
  ".credentials": encode({ scheme: "OAuth" }),
});

/** An execution as the platform runs it: first `mint`, then `run`, with a volume between them. */
describe.skipIf(missing !== undefined)("an execution of the built image", () => {
  let folder: string;
  let volume: string;
  let mirror: RunnerMirror;
  let containers: string[];
  let counter = 0;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "image-pod-"));
    mirror = await startRunnerMirror(folder);
    const base = await provideBaseImage();
    const { code, stderr } = await buildRunnerImage({ tag: "plain", base, mirror, folder });
    if (code !== 0) throw new Error(stderr.slice(-4000));
  }, 300_000);
  afterAll(async () => {
    await mirror.close();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(() => {
    containers = [];
    volume = join(folder, `volume-${++counter}`);
    mkdirSync(volume);
    // An EmptyDir is open to every user.
    chmodSync(volume, 0o777);
  });
  afterEach(async () => {
    if (containers.length > 0) await podman(["rm", "--force", "--time", "0", ...containers]);
  });

  function containerArgs(mode: string, env: Readonly<Record<string, string>>): string[] {
    const name = `runnerctl-test-${process.pid}-${counter}-${mode}`;
    containers.push(name);
    return [
      ...["--name", name, "--volume", `${volume}:/mnt/jit`],
      ...Object.entries(env).flatMap(([key, value]) => ["--env", `${key}=${value}`]),
      ...[imageName("plain"), mode],
    ];
  }

  async function mint(): Promise<Outcome> {
    const github = await startStubGithub({
      "POST /repos/octo/widgets/actions/runners/generate-jitconfig": {
        status: 201,
        body: { runner: { id: 1 }, encoded_jit_config: jit },
      },
    });
    try {
      const env = {
        GITHUB_API_URL: github.url,
        GITHUB_OWNER: "octo",
        GITHUB_SCOPE: "repository",
        GITHUB_REPOSITORY: "widgets",
        RUNNER_LABELS: "self-hosted,linux,x64,azure",
        RUNNER_NAME_PREFIX: "caj-widgets",
        JIT_FILE: "/mnt/jit/jitconfig",
        GITHUB_PAT: token,
      };
      return await podman(["run", ...containerArgs("mint", env)]);
    } finally {
      await github.close();
    }
  }

  const runner = (behaviour: string, more: Readonly<Record<string, string>> = {}) =>
    containerArgs("run", { JIT_FILE: "/mnt/jit/jitconfig", STAND_IN: behaviour, ...more });

  it("hands the configuration over as a private file and leaves no token to the runner", async () => {
    const minted = await mint();
    expect(minted.stderr).toContain("is registered");
    expect(minted.code).toBe(0);
    expect(readdirSync(volume)).toEqual(["jitconfig"]);
    const { mode, uid } = statSync(join(volume, "jitconfig"));
    expect([mode & 0o777, uid]).toEqual([0o600, 1001]);

    const { code, stdout, stderr } = await podman(["run", ...runner("job")]);
    expect(code).toBe(0);
    expect(stdout).toContain("user 1001:1001 arguments [run]\n");
    expect(stdout).not.toContain("left in the volume");
    expect(readdirSync(volume)).toEqual([]);
    expect(stderr).toContain('"conclusion":"success"');
    // Started and completed by the hooks, in the container's own log, and the summary.
    expect(stderr.match(/"event":"job-\w+"/g)).toEqual([
      '"event":"job-started"',
      '"event":"job-completed"',
      '"event":"job-summary"',
    ]);
    // All files of the container, among them what the listener saw in /proc/*/environ and cmdline.
    expect(await findInContainer({ token, jit, control: "/proc/1/environ" })).toEqual(["control"]);
  });

  it("takes the configuration from a start override and leaves it in no process", async () => {
    const env = { RUNNER_JIT_CONFIG: jit, STAND_IN: "exit-0" };
    const { code, stdout } = await podman(["run", ...containerArgs("run", env)]);
    expect(stdout).toContain("arguments [run]");
    expect(code).toBe(0);
    expect(await findInContainer({ jit, control: "/proc/1/environ" })).toEqual(["control"]);
  });

  it.each([1, 5, 7])("ends with the listener's exit code %i", async (exit) => {
    await demand(mint());
    expect((await podman(["run", ...runner(`exit-${exit}`)])).code).toBe(exit);
  });

  it("ends with 30 where no configuration arrives, and 2 beside a credential", async () => {
    expect((await podman(["run", ...runner("exit-0", { JIT_WAIT_SECONDS: "1" })])).code).toBe(30);
    counter++;
    expect((await podman(["run", ...runner("exit-0", { GITHUB_PAT: token })])).code).toBe(2);
  });

  /** Which of the texts are in any file of the last container. */
  async function findInContainer(texts: Readonly<Record<string, string>>): Promise<string[]> {
    const file = join(folder, "export.tar");
    await demand(podman(["export", "--output", file, containers.at(-1) ?? ""]));
    return await findInStream(createReadStream(file), texts);
  }

  /** Starts the runner, waits until it listens, stops it as the platform does. */
  async function stopRunner(behaviour: string, env: Readonly<Record<string, string>>) {
    await demand(mint());
    const child = startPodman(["run", ...runner(behaviour, env)]);
    const lines: string[] = [];
    const reader = createInterface({ input: child.stdout });
    const listening = new Promise<void>((resolve) => {
      reader.on("line", (line) => {
        lines.push(line);
        if (line.includes("Listening for Jobs")) resolve();
      });
    });
    const closed = once(child, "close");
    await Promise.race([listening, closed]);
    const begun = performance.now();
    await demand(podman(["stop", "--time", "30", containers.at(-1) ?? ""]));
    const [code] = (await closed) as [number];
    return { code, lines, seconds: (performance.now() - begun) / 1000 };
  }

  it("passes TERM on as one INT and ends with the runner, well within the platform's 30 s", async () => {
    const { code, lines, seconds } = await stopRunner("wait", {});
    expect(lines.filter((line) => /^(INT|TERM)/.test(line))).toEqual(["INT 1"]);
    expect(code).toBe(0);
    expect(seconds).toBeLessThan(15);
  });

  it("kills a runner that does not stop before the platform would", async () => {
    const { code, lines, seconds } = await stopRunner("stubborn", { RUNNER_STOP_SECONDS: "2" });
    expect(lines.filter((line) => /^(INT|TERM)/.test(line))).toEqual(["INT 1"]);
    expect(code).toBe(137);
    expect(seconds).toBeGreaterThan(1.5);
    expect(seconds).toBeLessThan(15);
  });
});
