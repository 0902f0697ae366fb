import { afterAll, beforeAll, expect, it } from "vitest";
import type { GithubJobMessage } from "../../../src/sandbox/ports.js";
import { startGithub, type GithubFixture } from "./github-fixture.js";

let github: GithubFixture;
const org = "octo-org";
const at = { owner: org, repo: "hello" };
const about = { version: "2.336.0", os: "linux", architecture: "x64" };

beforeAll(async () => {
  github = await startGithub();
});
afterAll(() => github.close());

/** A poll that does not wait: what fits now, or nothing. */
function takeNow(session: string): Promise<GithubJobMessage | undefined> {
  const end = new AbortController();
  const waiting = github.port.waitForJob(session, end.signal);
  end.abort();
  return waiting;
}

/** Dispatches a workflow of one job and has it assigned. */
async function assign(job: string) {
  const content = `on: workflow_dispatch\njobs:\n  a:\n    runs-on: azure\n${job}`;
  await github.control("PUT", "/files/octo-org/hello/.github/workflows/c.yml", { content });
  const { rest } = github.octokit;
  await rest.actions.createWorkflowDispatch({ ...at, workflow_id: "c.yml", ref: "main" });
  const made = await rest.actions.generateRunnerJitconfigForRepo({
    ...at,
    name: `r${Math.random()}`.replace(".", ""),
    runner_group_id: 1,
    labels: ["azure"],
  });
  const files = JSON.parse(
    Buffer.from(made.data.encoded_jit_config, "base64").toString(),
  ) as Record<string, string>;
  const { data } = JSON.parse(Buffer.from(files[".credentials"] ?? "", "base64").toString()) as {
    data: { credential: string };
  };
  const { session } = github.port.openSession(data.credential, about);
  const message = await takeNow(session);
  const run = (await rest.actions.listWorkflowRuns({ ...at, workflow_id: "c.yml" })).data
    .workflow_runs[0];
  if (message !== undefined) {
    github.port.startJob(session);
    github.port.finishJob(session, "success");
  }
  github.port.closeSession(session, "ended");
  return { message, run };
}

it("GH-60 says where the seeded credentials lie, and not what they are", async () => {
  const text = JSON.stringify(await github.control("GET", ""));
  expect(text).toContain("app-private-key.pem");
  expect(text).not.toContain(github.pat);
  expect(text).not.toContain("PRIVATE KEY");
});

it("GH-60 keeps token, key and records over a restart", async () => {
  github.restart();
  expect((await github.fetch("/user")).status).toBe(200);
  expect((await github.octokit.rest.repos.get(at)).data.full_name).toBe("octo-org/hello");
});

it("GH-61 puts runners into states, which GitHub's API then shows", async () => {
  const { actions } = github.octokit.rest;
  const { data } = await actions.generateRunnerJitconfigForOrg({
    org,
    name: "ghost",
    runner_group_id: 1,
    labels: ["x"],
  });
  const id = data.runner.id;
  await github.control("PATCH", `/runners/${id}`, { forced: { status: "online", busy: true } });
  const target = { org, runner_id: id };
  expect((await actions.getSelfHostedRunnerForOrg(target)).data).toMatchObject({
    status: "online",
    busy: true,
  });
  await expect(actions.deleteSelfHostedRunnerFromOrg(target)).rejects.toMatchObject({
    status: 422,
  });
  await github.control("PATCH", `/runners/${id}`, { forced: null });
  await actions.deleteSelfHostedRunnerFromOrg(target);
});

it("GH-61 suspends an installation and narrows it", async () => {
  await github.control("PATCH", "/installations/1", { permissions: { metadata: "read" } });
  const { rest } = github.installation;
  await expect(rest.actions.listSelfHostedRunnersForOrg({ org })).rejects.toMatchObject({
    status: 403,
  });
  await github.control("PATCH", "/installations/1", { suspended: true });
  await expect(rest.actions.listSelfHostedRunnersForOrg({ org })).rejects.toMatchObject({
    status: 403,
  });
  await github.control("PATCH", "/installations/1", { suspended: false });
});

it("GH-46 refuses a workflow file that cannot be read, with every reason", async () => {
  const put = github.control("PUT", "/files/octo-org/hello/.github/workflows/bad.yml", {
    content: "jobs: {}",
  });
  await expect(put).rejects.toThrow(/`on` names no event; `jobs` has no job/);
});

it("GH-47 makes accounts and repositories with secrets that jobs see and nobody can read", async () => {
  await github.control("PUT", "/accounts/mona", { type: "User" });
  const answer = await github.control("PUT", "/repositories/octo-org/hello", {
    secrets: { DEPLOY: "s3cret-value" },
    collaborators: { mona: "triage" },
  });
  expect(JSON.stringify(answer)).not.toContain("s3cret-value");
  const role = await github.octokit.rest.repos.getCollaboratorPermissionLevel({
    ...at,
    username: "mona",
  });
  expect(role.data).toMatchObject({ permission: "read", role_name: "triage" });
  const { message } = await assign("    steps: [{ run: 'echo ${{ secrets.DEPLOY }}' }]");
  expect(message?.steps[0]).toMatchObject({ run: "echo s3cret-value", name: "Run echo ***" });
  expect(message?.mask).toContain("s3cret-value");
  expect(JSON.stringify([message?.env, message?.variables])).not.toContain("s3cret-value");
});

it("GH-48 fails a job with an expression that it does not evaluate, and says which", async () => {
  const { message, run } = await assign("    steps: [{ run: 'echo ${{ steps.x.outputs.y }}' }]");
  expect(message).toBeUndefined();
  expect(run).toMatchObject({ status: "completed", conclusion: "failure" });
  const { actions } = github.octokit.rest;
  const jobs = await actions.listJobsForWorkflowRun({ ...at, run_id: run?.id ?? 0 });
  const log = await actions.downloadJobLogsForWorkflowRun({
    ...at,
    job_id: jobs.data.jobs[0]?.id ?? 0,
  });
  expect(log.data).toContain("does not evaluate `steps.x.outputs.y`");
});

it("GH-49 turns a step that uses an action into one that fails with the reason", async () => {
  const { message } = await assign("    steps: [{ uses: actions/checkout@v4 }]");
  expect(message?.steps[0]).toMatchObject({ name: "Run actions/checkout@v4" });
  expect(message?.steps[0]?.run).toContain("not run by the sandbox: uses:");
});
