import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { ExecutionRecord, GithubJobMessage } from "../../../src/sandbox/ports.js";
import {
  credential,
  makeFakeGithub,
  makeJitConfiguration,
  makeMessage,
  makeStep,
  type FakeGithub,
} from "./fake-github.js";
import {
  bash,
  buildListener,
  jobId,
  makeJob,
  startFakeSandbox,
  type FakeSandbox,
} from "./fake-sandbox.js";

let program: string;
let folder: string;
let sandbox: FakeSandbox;
let github: FakeGithub;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "listener-"));
  program = await buildListener(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => sandbox.close());

async function startRunner(
  message: GithubJobMessage | undefined,
  given = credential,
  prepare = "",
): Promise<ExecutionRecord> {
  github = makeFakeGithub(message);
  sandbox = await startFakeSandbox({ github, listenerProgram: program });
  const jit = makeJitConfiguration(sandbox.context.origin, given);
  const script =
    `${prepare}\ncd "$HOME"; export RUNNER_MANUALLY_TRAP_SIG=1; ` +
    `trap 'kill -TERM $runner' TERM; set -m; ACTIONS_RUNNER_INPUT_JITCONFIG=${jit} ./run.sh & runner=$!; ` +
    'wait $runner; wait $runner; echo "run.sh ended with $?"';
  return sandbox.engine.start(makeJob({ containers: [bash("runner", script)] }), undefined);
}

async function runJob(...args: Parameters<typeof startRunner>): Promise<string[]> {
  await sandboxEnd(await startRunner(...args));
  return sandbox.consoleOf("runner");
}

const sandboxEnd = (record: ExecutionRecord) => sandbox.finished(record);

describe("the stand-in for the runner application", () => {
  it("RUN-1: runs the steps of a job like Actions and reports them", async () => {
    const console = await runJob(
      makeMessage([
        makeStep(
          1,
          'echo "$FROM_JOB $FROM_STEP $GITHUB_REPOSITORY $RUNNER_NAME $GITHUB_ACTIONS"; pwd',
          { env: { FROM_STEP: "step" } },
        ),
        makeStep(
          2,
          'echo "A=1" >> "$GITHUB_ENV"; printf "B<<EOF\\nx\\ny\\nEOF\\n" >> "$GITHUB_ENV"; mkdir -p bin; printf "#!/bin/sh\\necho tool ran\\n" > bin/mytool; chmod +x bin/mytool; echo "$PWD/bin" >> "$GITHUB_PATH"',
        ),
        makeStep(3, "echo \"A=$A B=${B//$'\\n'/+}\"; mytool; echo to stderr >/dev/stderr"),
        makeStep(
          4,
          "echo ::add-mask::runtime-secret; echo the runtime-secret and masked-by-server and ghs_thetokenofthejob",
        ),
        makeStep(5, "false | true; echo unreachable"),
        makeStep(6, "echo not run"),
        makeStep(7, "echo cleaning up", { condition: "always" }),
        makeStep(8, "echo on failure", { condition: "failure" }),
      ]),
    );
    const log = github.log.join("\n");
    expect(log).toContain("job step octo/widgets caj-test-runner true");
    expect(log).toContain("/home/runner/_work/widgets/widgets");
    expect(log).toContain("A=1 B=x+y");
    expect(log).toContain("tool ran");
    expect(log).toContain("to stderr");
    expect(log).toContain("the *** and *** and ***");
    expect(log).not.toMatch(/masked-by-server|ghs_thetokenofthejob/);
    expect(log).toContain("##[error]Process completed with exit code 1.");
    expect(log).not.toContain("\nunreachable");
    expect(log).not.toContain("\nnot run");
    expect([...github.steps].map(([number, { conclusion }]) => `${number} ${conclusion}`)).toEqual([
      "0 success",
      "1 success",
      "2 success",
      "3 success",
      "4 success",
      "5 failure",
      "6 skipped",
      "7 success",
      "8 success",
    ]);
    expect(github.conclusion).toBe("failure");
    expect(github.events).toEqual([
      expect.stringMatching(/^session 2\.3\d+\./),
      "wait",
      "start",
      "finish",
      "closed ended",
    ]);
    const text = console.join("\n");
    expect(text).toMatch(
      /√ Connected to GitHub\n\nCurrent runner version: '2\.[\d.]+'\n[\d-]+ [\d:]+Z: Listening for Jobs\n[\d-]+ [\d:]+Z: Running job: Build\n/,
    );
    expect(text).toContain("Job Build completed with result: Failed");
    expect(text).toContain("run.sh ended with 0");
  });

  it("RUN-2: stops a step when the run is cancelled, and still runs what is always to run", async () => {
    const record = await startRunner(
      makeMessage([
        makeStep(
          1,
          "trap 'echo interrupted; exit 1' INT; echo waiting; while :; do sleep 0.05; done",
        ),
        makeStep(2, "echo not run"),
        makeStep(3, "echo always run", { condition: "always" }),
        makeStep(4, "echo when cancelled", { condition: "cancelled" }),
      ]),
    );
    await github.logged("waiting");
    github.cancel();
    await sandboxEnd(record);
    expect(github.log).toEqual(
      expect.arrayContaining(["interrupted", "always run", "when cancelled"]),
    );
    expect([...github.steps.values()].map(({ conclusion }) => conclusion)).toEqual([
      ...["success", "cancelled", "skipped", "success", "success"],
    ]);
    expect(github.conclusion).toBe("cancelled");
  });

  it("RUN-3: fails a step, not the run, for its own time limit", async () => {
    await runJob(
      makeMessage([
        makeStep(1, "sleep 60", { timeoutMinutes: 0.005, continueOnError: true }),
        makeStep(2, "echo goes on"),
      ]),
    );
    expect(github.log.join("\n")).toContain("has timed out after");
    expect(github.log).toContain("goes on");
    expect(github.conclusion).toBe("success");
  });

  it("RUN-4: runs the hooks of the image around the job", async () => {
    const hook = (name: string) => `printf 'echo hook ${name} $GITHUB_RUN_ID\\n' > /tmp/${name}.sh`;
    const console = await runJob(
      makeMessage([makeStep(1, "echo step")]),
      credential,
      `${hook("started")}; ${hook("completed")}; export ACTIONS_RUNNER_HOOK_JOB_STARTED=/tmp/started.sh ACTIONS_RUNNER_HOOK_JOB_COMPLETED=/tmp/completed.sh`,
    );
    const order = github.log.filter((line) => /^(hook|step)/.test(line));
    expect(order).toEqual(["hook started 99", "step", "hook completed 99"]);
    expect(console).toEqual(expect.arrayContaining(["hook started 99", "hook completed 99"]));
  });

  it("RUN-5: cancels its job and goes when it is told to stop", async () => {
    const record = await startRunner(
      makeMessage([makeStep(1, "echo waiting; while :; do sleep 0.05; done")]),
    );
    await github.logged("waiting");
    await sandbox.engine.stop(jobId, record.name);
    await github.happened("closed ended");
    expect(github.conclusion).toBe("cancelled");
    expect((await sandboxEnd(record)).properties.status).toBe("Stopped");
  });

  it("RUN-6: waits for a job until it is told to stop", async () => {
    const record = await startRunner(undefined);
    await sandbox.printed("Listening for Jobs");
    await sandbox.engine.stop(jobId, record.name);
    await sandboxEnd(record);
    expect(github.events.at(-1)).toBe("closed ended");
    expect(sandbox.consoleOf("runner")).toContain("Exiting...");
  });

  it("RUN-7: ends with 0 by run.sh when its registration is not valid", async () => {
    const console = await runJob(makeMessage([]), "removed");
    expect(console.join("\n")).toContain("Failed to create a session (401)");
    expect(console.join("\n")).toContain("run.sh ended with 0");
  });

  it("RUN-8: leaves no configuration variable to its job", async () => {
    await runJob(makeMessage([makeStep(1, "env | grep -c JITCONFIG || true; ls -A /home/runner")]));
    expect(github.log).toContain("0");
    expect(github.log).toContain(".credentials");
  });

  it("RUN-9: is lost when its process is gone without a word", async () => {
    const record = await startRunner(makeMessage([makeStep(1, "echo waiting; sleep 60")]));
    await github.logged("waiting");
    await sandbox.engine.forget(jobId);
    expect(sandbox.engine.find(jobId, record.name)).toBeUndefined();
    await github.happened("closed lost");
    expect(github.conclusion).toBeUndefined();
  });
});
