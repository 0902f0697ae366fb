import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GithubJobMessage } from "../../../src/sandbox/ports.js";
import { misfits, startGithub, type GithubFixture } from "./github-fixture.js";

let github: GithubFixture;
const org = "octo-org";
const at = { owner: org, repo: "hello" };

beforeEach(async () => {
  github = await startGithub();
});
afterEach(async () => {
  await github.close();
  expect(misfits.splice(0)).toEqual([]);
});

const statusOf = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  );
const about = { version: "2.336.0", os: "linux", architecture: "x64" };
const forever = (): AbortSignal => new AbortController().signal;

/** A JIT runner of the organization: its id and the credential in its configuration. */
async function makeRunner(name: string, labels = ["self-hosted", "azure"], groupId = 1) {
  const { data } = await github.installation.rest.actions.generateRunnerJitconfigForOrg({
    org,
    name,
    runner_group_id: groupId,
    labels,
  });
  const decode = (text: string): Record<string, unknown> =>
    JSON.parse(Buffer.from(text, "base64").toString()) as Record<string, unknown>;
  const files = decode(data.encoded_jit_config) as Record<string, string>;
  const settings = decode(files[".runner"] ?? "");
  const credentials = decode(files[".credentials"] ?? "") as { data: { credential: string } };
  return { id: data.runner.id, settings, credential: credentials.data.credential };
}

async function putWorkflow(content: string, file = "test.yml"): Promise<void> {
  await github.control("PUT", `/files/octo-org/hello/.github/workflows/${file}`, { content });
}

async function dispatch(
  workflow_id = "test.yml",
  inputs: Record<string, string> = {},
): Promise<number> {
  await github.octokit.rest.actions.createWorkflowDispatch({
    ...at,
    workflow_id,
    ref: "main",
    inputs,
  });
  const runs = await github.octokit.rest.actions.listWorkflowRuns({ ...at, workflow_id });
  return runs.data.workflow_runs[0]?.id ?? 0;
}

async function run(id: number) {
  return (await github.octokit.rest.actions.getWorkflowRun({ ...at, run_id: id })).data;
}

async function jobs(id: number) {
  return (await github.octokit.rest.actions.listJobsForWorkflowRun({ ...at, run_id: id })).data
    .jobs;
}

/** A poll that does not wait: what fits now, or nothing. */
function takeNow(session: string): Promise<GithubJobMessage | undefined> {
  const end = new AbortController();
  const waiting = github.port.waitForJob(session, end.signal);
  end.abort();
  return waiting;
}

/** Runs the next job that fits, without a process. */
async function workOff(
  name: string,
  conclusion: "success" | "failure" = "success",
): Promise<GithubJobMessage | undefined> {
  const { credential } = await makeRunner(name);
  const { session } = github.port.openSession(credential, about);
  const message = await takeNow(session);
  if (message !== undefined) {
    github.port.startJob(session);
    github.port.finishJob(session, conclusion);
  }
  github.port.closeSession(session, "ended");
  return message;
}

const oneJob = `
name: One
on: workflow_dispatch
jobs:
  build:
    runs-on: [self-hosted, azure]
    steps: [{ run: echo hi }]
`;

describe("runners", () => {
  it("GH-20 are made just in time, listed, and removed", async () => {
    const { id, settings } = await makeRunner("caj-1");
    expect(settings).toMatchObject({
      agentName: "caj-1",
      gitHubUrl: `${github.origin}/octo-org`,
      ephemeral: "true",
    });
    const { actions } = github.octokit.rest;
    const runner = (await actions.getSelfHostedRunnerForOrg({ org, runner_id: id })).data;
    expect(runner).toMatchObject({ status: "offline", busy: false, ephemeral: true });
    expect(runner.labels.map(({ name, type }) => [name, type])).toEqual([
      ["self-hosted", "read-only"],
      ["azure", "custom"],
    ]);
    expect(await statusOf(makeRunner("CAJ-1"))).toBe(409);
    expect(await statusOf(makeRunner("other", ["x"], 99))).toBe(404);
    expect(await statusOf(makeRunner("none", []))).toBe(422);
    expect(await statusOf(makeRunner("bad/name"))).toBe(422);
    await actions.deleteSelfHostedRunnerFromOrg({ org, runner_id: id });
    expect(await statusOf(actions.getSelfHostedRunnerForOrg({ org, runner_id: id }))).toBe(404);
  });

  it("GH-21 are listed by pages with a Link header", async () => {
    for (let index = 0; index < 5; index += 1) await makeRunner(`r${index}`);
    const { actions } = github.octokit.rest;
    const second = await actions.listSelfHostedRunnersForOrg({ org, per_page: 2, page: 2 });
    expect(second.data.total_count).toBe(5);
    expect(second.data.runners.map((one) => one.name)).toEqual(["r2", "r3"]);
    expect(second.headers.link).toMatch(
      /page=1>; rel="prev".*page=3>; rel="next".*page=3>; rel="last".*rel="first"/,
    );
    const all = await github.octokit.paginate(actions.listSelfHostedRunnersForOrg, {
      org,
      per_page: 2,
    });
    expect(all).toHaveLength(5);
    expect((await actions.listSelfHostedRunnersForOrg({ org, name: "r3" })).data.total_count).toBe(
      1,
    );
  });

  it("GH-22 belong to a repository, an organization or an enterprise, and to no other", async () => {
    const { rest, request } = github.octokit;
    const body = { name: "same", runner_group_id: 1, labels: ["a"] };
    await rest.actions.generateRunnerJitconfigForRepo({ ...at, ...body });
    await rest.actions.generateRunnerJitconfigForOrg({ org, ...body });
    await request("POST /enterprises/{enterprise}/actions/runners/generate-jitconfig", {
      enterprise: "octo-corp",
      ...body,
    });
    expect((await rest.actions.listSelfHostedRunnersForRepo(at)).data.total_count).toBe(1);
    expect((await rest.actions.listSelfHostedRunnersForOrg({ org })).data.total_count).toBe(1);
    const listed = await request("GET /enterprises/{enterprise}/actions/runners", {
      enterprise: "octo-corp",
    });
    expect((listed.data as { total_count: number }).total_count).toBe(1);
    expect(
      await statusOf(github.installation.request("GET /enterprises/octo-corp/actions/runners")),
    ).toBe(404);
    expect((await rest.actions.createRegistrationTokenForRepo(at)).data.token).toMatch(
      /^[0-9A-F]{29}$/,
    );
    expect((await rest.actions.createRemoveTokenForOrg({ org })).status).toBe(201);
  });

  it("GH-23 have labels that can be changed, but for those that GitHub gives", async () => {
    const { id } = await makeRunner("r");
    const { actions } = github.octokit.rest;
    const target = { org, runner_id: id };
    await actions.addCustomLabelsToSelfHostedRunnerForOrg({ ...target, labels: ["gpu", "GPU"] });
    const names = async () =>
      (await actions.listLabelsForSelfHostedRunnerForOrg(target)).data.labels.map(
        (label) => label.name,
      );
    expect(await names()).toEqual(["self-hosted", "azure", "GPU"]);
    await actions.setCustomLabelsForSelfHostedRunnerForOrg({ ...target, labels: ["only"] });
    expect(await names()).toEqual(["self-hosted", "only"]);
    expect(
      await statusOf(
        actions.removeCustomLabelFromSelfHostedRunnerForOrg({ ...target, name: "self-hosted" }),
      ),
    ).toBe(422);
    await actions.removeCustomLabelFromSelfHostedRunnerForOrg({ ...target, name: "only" });
    await actions.removeAllCustomLabelsFromSelfHostedRunnerForOrg(target);
    expect(await names()).toEqual(["self-hosted"]);
  });

  it("GH-24 that never worked are swept away a day later", async () => {
    await makeRunner("idle");
    github.clock.advance(23 * 3600_000);
    const { actions } = github.octokit.rest;
    expect((await actions.listSelfHostedRunnersForOrg({ org })).data.total_count).toBe(1);
    github.clock.advance(2 * 3600_000);
    expect((await actions.listSelfHostedRunnersForOrg({ org })).data.total_count).toBe(0);
  });

  it("GH-25 are refused to a job's own token", async () => {
    await putWorkflow(oneJob.replace("jobs:", "permissions: write-all\njobs:"));
    await dispatch();
    const { credential } = await makeRunner("r");
    const { session } = github.port.openSession(credential, about);
    const message = await github.port.waitForJob(session, forever());
    const token = message?.token ?? "";
    const reply = await github.fetch("/repos/octo-org/hello/actions/runners/generate-jitconfig", {
      method: "POST",
      token,
      body: JSON.stringify({ name: "x", runner_group_id: 1, labels: ["x"] }),
    });
    expect(reply.status).toBe(403);
    expect(await reply.json()).toMatchObject({ message: "Resource not accessible by integration" });
    expect((await github.fetch("/repos/octo-org/hello", { token })).status).toBe(200);
    github.port.startJob(session);
    github.port.finishJob(session, "success");
    expect((await github.fetch("/repos/octo-org/hello", { token })).status).toBe(401);
  });
});

describe("a runner's session", () => {
  it("GH-30 opens once for a JIT configuration, and never for another credential", async () => {
    const { credential, id } = await makeRunner("r");
    const { session, runner } = github.port.openSession(credential, about);
    expect(runner).toMatchObject({
      id,
      name: "r",
      group: "Default",
      labels: ["self-hosted", "azure"],
    });
    expect(() => github.port.openSession(credential, about)).toThrow(
      expect.objectContaining({ status: 409 }) as Error,
    );
    expect(() => github.port.openSession("guess", about)).toThrow(
      expect.objectContaining({ status: 401 }) as Error,
    );
    const online = await github.octokit.rest.actions.getSelfHostedRunnerForOrg({
      org,
      runner_id: id,
    });
    expect(online.data).toMatchObject({ status: "online", os: "linux", version: "2.336.0" });
    github.port.closeSession(session, "ended");
    expect(() => github.port.openSession(credential, about)).toThrow(
      expect.objectContaining({ status: 409 }) as Error,
    );
  });

  it("GH-31 takes a job from queue to conclusion, with steps and a log", async () => {
    const id = await dispatch("hello.yml", { who: "Ada" });
    expect(await run(id)).toMatchObject({
      status: "queued",
      conclusion: null,
      event: "workflow_dispatch",
    });
    const { credential, id: runnerId } = await makeRunner("r");
    const { session } = github.port.openSession(credential, about);
    const message = await github.port.waitForJob(session, forever());
    expect(message).toMatchObject({
      repository: "octo-org/hello",
      workflow: "Hello",
      actor: "octocat",
      runId: id,
    });
    expect(
      message?.steps.map((step) => [step.number, step.name, step.run.trim().split("\n")[0]]),
    ).toEqual([
      [1, "Greet", 'echo "Hello, Ada!"'],
      [2, "Show the runner", 'echo "runner: $RUNNER_NAME"'],
    ]);
    expect(message?.variables).toMatchObject({
      CI: "true",
      GITHUB_REPOSITORY: "octo-org/hello",
      GITHUB_JOB: "hello",
    });
    expect(JSON.stringify([message?.variables, message?.env])).not.toContain(message?.token);
    expect((await jobs(id))[0]).toMatchObject({ status: "queued", runner_id: null });

    github.port.startJob(session);
    expect((await jobs(id))[0]).toMatchObject({
      status: "in_progress",
      runner_name: "r",
      runner_group_name: "Default",
    });
    expect(await run(id)).toMatchObject({ status: "in_progress" });
    const busy = { org, runner_id: runnerId };
    expect((await github.octokit.rest.actions.getSelfHostedRunnerForOrg(busy)).data.busy).toBe(
      true,
    );
    expect(await statusOf(github.octokit.rest.actions.deleteSelfHostedRunnerFromOrg(busy))).toBe(
      422,
    );

    github.port.startStep(session, { number: 0, name: "Set up job" });
    github.port.finishStep(session, { number: 0, conclusion: "success" });
    github.port.startStep(session, { number: 1, name: "Greet" });
    github.port.appendLog(session, ["##[group]Run echo", "Hello, Ada!"]);
    github.port.finishStep(session, { number: 1, conclusion: "success" });
    const jobId = (await jobs(id))[0]?.id ?? 0;
    const download = { ...at, job_id: jobId };
    expect(
      await statusOf(github.octokit.rest.actions.downloadJobLogsForWorkflowRun(download)),
    ).toBe(404);
    github.port.finishJob(session, "success");
    github.port.closeSession(session, "ended");

    expect(await run(id)).toMatchObject({ status: "completed", conclusion: "success" });
    const job = (await github.octokit.rest.actions.getJobForWorkflowRun(download)).data;
    expect(job.steps?.map((step) => [step.number, step.name, step.conclusion])).toEqual([
      [1, "Set up job", "success"],
      [2, "Greet", "success"],
    ]);
    const log = await github.octokit.rest.actions.downloadJobLogsForWorkflowRun(download);
    expect(log.data).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z ##\[group\]Run echo\n.*Z Hello, Ada!\n$/);
    expect(await statusOf(github.octokit.rest.actions.getSelfHostedRunnerForOrg(busy))).toBe(404);
  });

  it("GH-32 refuses an address of a log that was not signed, or is old", async () => {
    const id = await dispatch("hello.yml");
    await workOff("r");
    const jobId = (await jobs(id))[0]?.id ?? 0;
    // The job wrote nothing, so give it a log by failing one.
    expect(
      (await fetch(`${github.origin}/_github/logs/job/${jobId}?expires=9&signature=x`)).status,
    ).toBe(403);
  });

  it("GH-33 waits for a job without asking again, and gives it up when told to", async () => {
    const { credential } = await makeRunner("r");
    const { session } = github.port.openSession(credential, about);
    const end = new AbortController();
    const waiting = github.port.waitForJob(session, end.signal);
    end.abort();
    expect(await waiting).toBeUndefined();
    const again = github.port.waitForJob(session, forever());
    const id = await dispatch("hello.yml");
    expect((await again)?.runId).toBe(id);
  });

  it("GH-34 shares jobs out: no two runners get the same, the oldest first", async () => {
    await putWorkflow(oneJob);
    const sessions = [];
    for (const name of ["a", "b", "c"]) {
      sessions.push(github.port.openSession((await makeRunner(name)).credential, about).session);
    }
    const end = new AbortController();
    const waiting = sessions.map((session) => github.port.waitForJob(session, end.signal));
    const first = await dispatch();
    const second = await dispatch();
    const got = await Promise.all(waiting.slice(0, 2));
    end.abort();
    expect(got.map((message) => message?.runId)).toEqual([first, second]);
    expect(await waiting[2]).toBeUndefined();
  });

  it.each([
    [
      "a subset of the labels, in any case",
      ["SELF-HOSTED", "Azure", "more"],
      "[self-hosted, azure]",
      true,
    ],
    ["a label the runner lacks", ["self-hosted"], "[self-hosted, azure]", false],
    ["only a group", ["x"], "{ group: Default }", true],
    ["another group", ["x"], "{ group: special, labels: x }", false],
    ["one label as a word", ["azure"], "azure", true],
  ])("GH-35 gets a job that asks for %s", async (_name, labels, runsOn, fits) => {
    await putWorkflow(oneJob.replace("[self-hosted, azure]", runsOn));
    await dispatch();
    const { session } = github.port.openSession((await makeRunner("r", labels)).credential, about);
    const message = await takeNow(session);
    expect(message !== undefined).toBe(fits);
  });

  it("GH-36 ends in failure when a runner that works is lost, and puts the job back when it had not begun", async () => {
    await putWorkflow(oneJob);
    const id = await dispatch();
    const lost = github.port.openSession((await makeRunner("a")).credential, about).session;
    await github.port.waitForJob(lost, forever());
    const next = github.port.openSession((await makeRunner("b")).credential, about).session;
    const waiting = github.port.waitForJob(next, forever());
    github.port.closeSession(lost, "lost");
    expect((await waiting)?.runId).toBe(id);
    github.port.startJob(next);
    github.port.closeSession(next, "lost");
    expect(await run(id)).toMatchObject({ status: "completed", conclusion: "failure" });
    const job = (await jobs(id))[0];
    const log = await github.octokit.rest.actions.downloadJobLogsForWorkflowRun({
      ...at,
      job_id: job?.id ?? 0,
    });
    expect(log.data).toContain("lost communication with the server");
  });

  it("GH-37 is over when the sandbox starts again", async () => {
    await putWorkflow(oneJob);
    const id = await dispatch();
    const { session } = github.port.openSession((await makeRunner("a")).credential, about);
    await github.port.waitForJob(session, forever());
    github.port.startJob(session);
    const port = github.restart();
    expect(() => port.startJob(session)).toThrow(expect.objectContaining({ status: 404 }) as Error);
    expect((await run(id)).conclusion).toBe("failure");
  });
});

describe("runs", () => {
  it("GH-40 are filtered by status, newest first", async () => {
    await putWorkflow(oneJob);
    const first = await dispatch();
    const second = await dispatch();
    await workOff("r");
    const list = async (query: object): Promise<number[]> =>
      (
        await github.octokit.rest.actions.listWorkflowRunsForRepo({ ...at, ...query })
      ).data.workflow_runs.map((one) => one.id);
    expect(await list({})).toEqual([second, first]);
    expect(await list({ status: "queued" })).toEqual([second]);
    expect(await list({ status: "completed" })).toEqual([first]);
    expect(await list({ status: "success" })).toEqual([first]);
    expect(await list({ created: ">=2999-01-01" })).toEqual([]);
    expect(await list({ branch: "other" })).toEqual([]);
  });

  it("GH-41 are cancelled: what waits at once, what runs by its runner", async () => {
    await putWorkflow(`
on: workflow_dispatch
jobs:
  a: { runs-on: azure, steps: [{ run: "true" }] }
  b: { runs-on: azure, steps: [{ run: "true" }] }
`);
    const id = await dispatch();
    const { session } = github.port.openSession((await makeRunner("r")).credential, about);
    await github.port.waitForJob(session, forever());
    github.port.startJob(session);
    const cancellation = github.port.cancellation(session);
    expect(cancellation.aborted).toBe(false);
    const { actions } = github.octokit.rest;
    expect((await actions.cancelWorkflowRun({ ...at, run_id: id })).status).toBe(202);
    expect(cancellation.aborted).toBe(true);
    expect((await jobs(id)).map((job) => job.status)).toEqual(["in_progress", "completed"]);
    github.port.finishJob(session, "cancelled");
    expect(await run(id)).toMatchObject({ status: "completed", conclusion: "cancelled" });
    expect(await statusOf(actions.cancelWorkflowRun({ ...at, run_id: id }))).toBe(409);
  });

  it("GH-41 that are cancelled between assignment and start tell the runner so", async () => {
    await putWorkflow(oneJob);
    const id = await dispatch();
    const { session } = github.port.openSession((await makeRunner("r")).credential, about);
    await github.port.waitForJob(session, forever());
    await github.octokit.rest.actions.cancelWorkflowRun({ ...at, run_id: id });
    github.port.startJob(session);
    expect(github.port.cancellation(session).aborted).toBe(true);
    github.port.finishJob(session, "cancelled");
    expect((await run(id)).conclusion).toBe("cancelled");
  });

  it("GH-42 are run again as a new attempt, and deleted", async () => {
    await putWorkflow(oneJob);
    const id = await dispatch();
    const { actions } = github.octokit.rest;
    expect(await statusOf(actions.reRunWorkflow({ ...at, run_id: id }))).toBe(403);
    await workOff("a", "failure");
    expect((await run(id)).conclusion).toBe("failure");
    await actions.reRunWorkflow({ ...at, run_id: id });
    expect(await run(id)).toMatchObject({ status: "queued", run_attempt: 2 });
    await workOff("b");
    expect((await run(id)).conclusion).toBe("success");
    expect(await jobs(id)).toHaveLength(1);
    const all = await actions.listJobsForWorkflowRun({ ...at, run_id: id, filter: "all" });
    expect(all.data.jobs.map((job) => job.conclusion)).toEqual(["failure", "success"]);
    const first = await actions.listJobsForWorkflowRunAttempt({
      ...at,
      run_id: id,
      attempt_number: 1,
    });
    expect(first.data.jobs.map((job) => job.conclusion)).toEqual(["failure"]);
    await actions.deleteWorkflowRun({ ...at, run_id: id });
    expect(await statusOf(actions.getWorkflowRun({ ...at, run_id: id }))).toBe(404);
  });

  it("GH-43 hold back jobs until what they need has ended, and skip them when it failed", async () => {
    await putWorkflow(`
on: workflow_dispatch
jobs:
  build: { runs-on: azure, steps: [{ run: "true" }] }
  test: { runs-on: azure, needs: build, steps: [{ run: "true" }] }
  report: { runs-on: azure, needs: [build, test], if: always(), steps: [{ run: "true" }] }
`);
    const good = await dispatch();
    expect((await jobs(good)).map((job) => job.name)).toEqual(["build"]);
    expect((await workOff("a"))?.jobKey).toBe("build");
    expect((await workOff("b"))?.jobKey).toBe("test");
    expect((await workOff("c"))?.jobKey).toBe("report");
    expect((await run(good)).conclusion).toBe("success");
    const bad = await dispatch();
    await workOff("d", "failure");
    expect((await workOff("e"))?.jobKey).toBe("report");
    expect((await jobs(bad)).map((job) => [job.name, job.conclusion])).toEqual([
      ["build", "failure"],
      ["test", "skipped"],
      ["report", "success"],
    ]);
    expect((await run(bad)).conclusion).toBe("failure");
  });

  it("GH-44 give up a job that no runner took for a day", async () => {
    await putWorkflow(oneJob);
    const id = await dispatch();
    github.clock.advance(25 * 3600_000);
    expect(await run(id)).toMatchObject({ status: "completed", conclusion: "cancelled" });
  });
});

describe("dispatching", () => {
  it("GH-45 checks reference, trigger, inputs and state", async () => {
    await putWorkflow(`
name: Inputs
on:
  workflow_dispatch:
    inputs:
      size: { type: choice, options: [s, l], default: s }
      who: { required: true }
jobs:
  a: { runs-on: azure, steps: [{ run: 'echo \${{ inputs.size }} \${{ inputs.who }}' }] }
`);
    const { actions } = github.octokit.rest;
    const ask = (inputs: Record<string, string>, ref = "main"): Promise<number> =>
      statusOf(actions.createWorkflowDispatch({ ...at, workflow_id: "test.yml", ref, inputs }));
    expect(await ask({})).toBe(422);
    expect(await ask({ who: "x", other: "y" })).toBe(422);
    expect(await ask({ who: "x", size: "xl" })).toBe(422);
    expect(await ask({ who: "x" }, "nowhere")).toBe(422);
    expect(await ask({ who: "x" })).toBe(200);
    expect((await workOff("r"))?.steps[0]?.run).toBe("echo s x");
    const workflow = (await actions.getWorkflow({ ...at, workflow_id: "test.yml" })).data;
    await actions.disableWorkflow({ ...at, workflow_id: workflow.id });
    expect(await ask({ who: "x" })).toBe(422);
    await actions.enableWorkflow({ ...at, workflow_id: workflow.id });
    expect((await actions.listRepoWorkflows(at)).data.total_count).toBe(2);
    await putWorkflow(oneJob.replace("workflow_dispatch", "push"), "push.yml");
    expect(
      await statusOf(
        actions.createWorkflowDispatch({ ...at, workflow_id: "push.yml", ref: "main" }),
      ),
    ).toBe(422);
    const details = await github.octokit.request(
      "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
      {
        ...at,
        workflow_id: "test.yml",
        ref: "main",
        inputs: { who: "x" },
        return_run_details: true,
      },
    );
    expect(details.status).toBe(200);
  });
});

describe("runner groups", () => {
  it("GH-26 of an organization open runners to chosen repositories only", async () => {
    const { rest } = github.octokit;
    const { id: repositoryId } = (await rest.repos.get(at)).data;
    /** Groups are not in the REST client's methods: they are a feature of organizations that pay. */
    const ask = async (
      route: string,
      body: Record<string, unknown> = {},
    ): Promise<Record<string, unknown>> =>
      (
        await github.octokit.request(
          route.replace(" /", " /orgs/octo-org/actions/runner-groups/").replace(/\/$/, ""),
          body,
        )
      ).data as Record<string, unknown>;
    const made = await ask("POST /", { name: "azure", visibility: "selected" });
    const id = made.id as number;
    expect(await statusOf(ask("POST /", { name: "Azure" }))).toBe(409);
    await putWorkflow(oneJob);
    await dispatch();
    const runner = await makeRunner("r", ["self-hosted", "azure"], id);
    const { session } = github.port.openSession(runner.credential, about);
    expect(await takeNow(session)).toBeUndefined();
    await ask(`PUT /${id}/repositories/${repositoryId}`);
    expect(await takeNow(session)).toBeDefined();
    expect(await ask(`GET /${id}/repositories`)).toMatchObject({ total_count: 1 });
    await ask(`PUT /${id}/repositories`, { selected_repository_ids: [] });
    await ask(`DELETE /${id}/repositories/${repositoryId}`);
    expect(await ask(`GET /${id}/runners`)).toMatchObject({ total_count: 1 });
    expect(await ask(`PATCH /${id}`, { name: "azure-2", visibility: "all" })).toMatchObject({
      name: "azure-2",
      visibility: "all",
      default: false,
    });
    expect(await statusOf(ask(`PUT /${id}/repositories/${repositoryId}`))).toBe(409);
    expect(await ask("GET /")).toMatchObject({
      runner_groups: [{ name: "Default" }, { name: "azure-2" }],
    });
    await ask(`PUT /1/runners/${runner.id}`);
    await ask(`PUT /${id}/runners`, { runners: [runner.id] });
    await ask(`DELETE /${id}`);
    expect(await statusOf(ask(`GET /${id}`))).toBe(404);
    expect(await statusOf(ask("DELETE /1"))).toBe(422);
    const moved = await rest.actions.getSelfHostedRunnerForOrg({ org, runner_id: runner.id });
    expect(moved.data.runner_group_id).toBe(1);
  });

  it("GH-27 of an enterprise reach the organizations in it", async () => {
    const { request } = github.octokit;
    const enterprise = "octo-corp";
    const made = await request("POST /enterprises/{enterprise}/actions/runner-groups", {
      enterprise,
      name: "shared",
      visibility: "selected",
      selected_organization_ids: [],
    });
    const groupId = (made.data as { id: number }).id;
    const organization = (await github.octokit.rest.orgs.get({ org })).data.id;
    await request(
      "PUT /enterprises/{enterprise}/actions/runner-groups/{id}/organizations/{organization}",
      { enterprise, id: groupId, organization },
    );
    const listed = await request(
      "GET /enterprises/{enterprise}/actions/runner-groups/{id}/organizations",
      { enterprise, id: groupId },
    );
    expect((listed.data as { total_count: number }).total_count).toBe(1);
    const { data } = await request(
      "POST /enterprises/{enterprise}/actions/runners/generate-jitconfig",
      { enterprise, name: "e", runner_group_id: groupId, labels: ["self-hosted", "azure"] },
    );
    const files = JSON.parse(
      Buffer.from((data as { encoded_jit_config: string }).encoded_jit_config, "base64").toString(),
    ) as Record<string, string>;
    const credentials = JSON.parse(
      Buffer.from(files[".credentials"] ?? "", "base64").toString(),
    ) as { data: { credential: string } };
    const id = await dispatch("hello.yml");
    const { session } = github.port.openSession(credentials.data.credential, about);
    expect((await takeNow(session))?.runId).toBe(id);
  });
});
