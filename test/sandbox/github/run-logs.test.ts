import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeZip } from "../../../src/sandbox/github/zip.js";
import { misfits, startGithub, type GithubFixture } from "./github-fixture.js";

let github: GithubFixture;
const at = { owner: "octo-org", repo: "hello" };
beforeEach(async () => {
  github = await startGithub();
});
afterEach(async () => {
  await github.close();
  expect(misfits.splice(0)).toEqual([]);
});

/** The stored entries of an archive, by its directory. */
function readZip(archive: Buffer): Map<string, string> {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const files = new Map<string, string>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    const size = archive.readUInt32LE(at + 24);
    const nameLength = archive.readUInt16LE(at + 28);
    const local = archive.readUInt32LE(at + 42);
    const name = archive.subarray(at + 46, at + 46 + nameLength).toString("utf8");
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    files.set(name, archive.subarray(start, start + size).toString("utf8"));
    at += 46 + nameLength;
  }
  return files;
}

/** A run of hello.yml whose only job is carried out by hand. */
async function runHello(): Promise<number> {
  const { actions } = github.octokit.rest;
  await actions.createWorkflowDispatch({ ...at, workflow_id: "hello.yml", ref: "main" });
  const runner = await actions.generateRunnerJitconfigForRepo({
    ...at,
    name: "by-hand",
    runner_group_id: 1,
    labels: ["self-hosted", "azure"],
  });
  const decode = (text: string): Record<string, string> =>
    JSON.parse(Buffer.from(text, "base64").toString()) as Record<string, string>;
  const credentials = decode(decode(runner.data.encoded_jit_config)[".credentials"] ?? "");
  const { credential } = credentials["data"] as unknown as { credential: string };
  const about = { version: "2.336.0", os: "linux", architecture: "x64" };
  const { port } = github;
  const { session } = port.openSession(credential, about);
  const job = await port.waitForJob(session, new AbortController().signal);
  port.startJob(session);
  port.startStep(session, { number: 0, name: "Set up job" });
  port.appendLog(session, ["Runner name: 'by-hand'"]);
  port.finishStep(session, { number: 0, conclusion: "success" });
  port.startStep(session, { number: 1, name: "Greet" });
  port.appendLog(session, ["Hello, world!"]);
  port.finishStep(session, { number: 1, conclusion: "failure" });
  port.finishJob(session, "failure");
  port.closeSession(session, "ended");
  return job?.runId ?? 0;
}

describe("the logs of a run", () => {
  it("GH-38 come as an archive with a file a job and one a step", async () => {
    const run = await runHello();
    const reply = await github.fetch(`/repos/octo-org/hello/actions/runs/${run}/logs`);
    expect(reply.status).toBe(200);
    const files = readZip(Buffer.from(await reply.arrayBuffer()));
    expect([...files.keys()]).toEqual([
      "0_hello.txt",
      "hello/1_Set up job.txt",
      "hello/2_Greet.txt",
    ]);
    expect(files.get("0_hello.txt")).toMatch(/^\S+Z Runner name: 'by-hand'\n\S+Z Hello, world!\n$/);
    expect(files.get("hello/2_Greet.txt")).toMatch(/^\S+Z Hello, world!\n$/);
  });

  it("GH-38 are not there before the run has ended, nor with a wrong signature", async () => {
    const { actions } = github.octokit.rest;
    await actions.createWorkflowDispatch({ ...at, workflow_id: "hello.yml", ref: "main" });
    const runs = await actions.listWorkflowRunsForRepo(at);
    const early = `/repos/octo-org/hello/actions/runs/${runs.data.workflow_runs[0]?.id}/logs`;
    expect((await github.fetch(early)).status).toBe(404);
    await actions.cancelWorkflowRun({ ...at, run_id: runs.data.workflow_runs[0]?.id ?? 0 });
    const run = await runHello();
    const sent = await github.fetch(`/repos/octo-org/hello/actions/runs/${run}/logs`, {
      redirect: "manual",
    });
    const other = (sent.headers.get("location") ?? "").replace(`/run/${run}`, `/run/${run + 1}`);
    expect((await fetch(other)).status).toBe(403);
  });

  it("GH-39 a run has no artifacts; a job's annotations are those of its check run", async () => {
    const run = await runHello();
    const { actions, checks } = github.octokit.rest;
    const artifacts = await actions.listWorkflowRunArtifacts({ ...at, run_id: run });
    expect(artifacts.data).toEqual({ total_count: 0, artifacts: [] });
    const jobs = await actions.listJobsForWorkflowRun({ ...at, run_id: run });
    const check_run_id = jobs.data.jobs[0]?.id ?? 0;
    expect((await checks.listAnnotations({ ...at, check_run_id })).data).toEqual([]);
    await expect(checks.listAnnotations({ ...at, check_run_id: 1 })).rejects.toMatchObject({
      status: 404,
    });
  });

  it("GH-11 a repository has a readme when there is the file", async () => {
    const { repos } = github.octokit.rest;
    await expect(repos.getReadme(at)).rejects.toMatchObject({ status: 404 });
    await github.control("PUT", "/files/octo-org/hello/README.md", { content: "# Hello\n" });
    const { data } = await repos.getReadme(at);
    expect(Buffer.from(data.content, "base64").toString()).toBe("# Hello\n");
  });
});

const unzip = spawnSync("python3", ["--version"]).status === 0;

describe("archives", () => {
  it.skipIf(!unzip)(
    `GH-38 are what another reader takes for whole${unzip ? "" : " (skipped: python3 is not installed)"}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), "rctl-zip-"));
      try {
        const file = join(folder, "a.zip");
        const entries = [
          { name: "empty.txt", content: Buffer.alloc(0) },
          { name: "job/1_Grüße.txt", content: Buffer.from("text\n".repeat(1000)) },
        ];
        writeFileSync(file, makeZip(entries, new Date("2026-01-02T03:04:06Z")));
        const tested = spawnSync("python3", ["-m", "zipfile", "-t", file], { encoding: "utf8" });
        expect(tested.stdout + tested.stderr).toContain("Done testing");
        expect(tested.stdout + tested.stderr).not.toContain("error");
        const listed = spawnSync("python3", ["-m", "zipfile", "-l", file], { encoding: "utf8" });
        expect(listed.stdout).toMatch(/job\/1_Gr.+\.txt\s+2026-01-02 03:04:06\s+5000/);
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
