import type { GithubConclusion } from "../../ports.js";
import { makeGithubError } from "../errors.js";
import type {
  JobRecord,
  RepositoryRecord,
  RunnerRecord,
  RunRecord,
  WorkflowRecord,
} from "../records.js";
import { formatTime, type GithubStore } from "../store.js";
import { readCondition } from "../workflow/expression.js";
import type { JobModel, WorkflowModel } from "../workflow/model.js";
import { readWorkflow } from "../workflow/read-workflow.js";
import { collectVariables, makeGithubContext } from "./contexts.js";
import { JobLogs } from "./logs.js";
import { groupName } from "./matching.js";
import { planJobs } from "./plan-jobs.js";

export interface RunRequest {
  readonly repository: RepositoryRecord;
  readonly workflow: WorkflowRecord;
  readonly source: string;
  readonly event: string;
  readonly actor: string;
  readonly branch: string;
  readonly sha: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const lostRunner =
  "The self-hosted runner lost communication with the server: its process ended, or stopped answering, before its job did.";

/** A job waits for a self-hosted runner a day at most: https://docs.github.com/actions/reference/limits */
const longestQueueMs = 24 * 3600 * 1000;

/** Runs and jobs from dispatch to conclusion. */
export class Actions {
  readonly logs: JobLogs;
  private readonly listeners = new Set<() => void>();
  private readonly cancellations = new Map<number, AbortController>();

  constructor(readonly store: GithubStore) {
    this.logs = new JobLogs(store);
    // Runners were processes of the sandbox that wrote this state; none of them lives.
    for (const [, job] of store.jobs.entries()) {
      if (job.status === "in_progress") this.loseJob(job.id);
    }
  }

  /** Called whenever a job may have become assignable. */
  onQueued(listener: () => void): void {
    this.listeners.add(listener);
  }

  createRun(request: RunRequest): RunRecord {
    const { repository, workflow } = request;
    const number = workflow.runCount + 1;
    this.store.workflows.set(String(workflow.id), { ...workflow, runCount: number });
    const now = this.store.now();
    const run: RunRecord = {
      id: this.store.nextId("run", 9_100_000_001),
      repositoryId: repository.id,
      workflowId: workflow.id,
      workflowPath: workflow.path,
      workflowName: workflow.name,
      number,
      attempt: 1,
      event: request.event,
      actor: request.actor,
      branch: request.branch,
      sha: request.sha,
      title: workflow.name,
      inputs: request.inputs,
      source: request.source,
      status: "queued",
      conclusion: null,
      createdAt: now,
      startedAt: now,
      updatedAt: now,
    };
    this.store.putRun(run);
    this.planRun(run);
    return this.store.run(run.id) ?? run;
  }

  /** A further attempt with jobs of its own, from the file as it was. */
  rerun(run: RunRecord): void {
    if (run.status !== "completed") {
      throw makeGithubError(403, "The workflow run is already running");
    }
    const now = this.store.now();
    const next: RunRecord = {
      ...run,
      attempt: run.attempt + 1,
      status: "queued",
      conclusion: null,
      startedAt: now,
      updatedAt: now,
    };
    this.store.putRun(next);
    this.planRun(next);
  }

  cancel(run: RunRecord, how: { readonly force: boolean }): void {
    if (run.status === "completed") {
      throw makeGithubError(409, "Cannot cancel a workflow run that is completed.");
    }
    for (const job of this.jobsOfAttempt(run)) {
      if (job.status === "completed") continue;
      const controller = this.cancellation(job.id);
      if (job.status !== "in_progress" || how.force) this.endJob(job.id, "cancelled");
      controller.abort(new Error("The run was canceled."));
    }
  }

  deleteRun(run: RunRecord): void {
    if (run.status !== "completed") {
      throw makeGithubError(403, "Could not delete the workflow run: it has not completed.");
    }
    for (const job of this.store.jobsOf(run.id)) {
      this.logs.delete(
        job.id,
        job.steps.map((step) => step.number),
      );
      this.store.jobs.delete(String(job.id));
    }
    this.store.runs.delete(String(run.id));
  }

  /** Jobs of the newest attempt. */
  jobsOfAttempt(run: RunRecord, attempt = run.attempt): JobRecord[] {
    return this.store.jobsOf(run.id).filter((job) => job.attempt === attempt);
  }

  modelOf(run: RunRecord, key: string): { workflow: WorkflowModel; job: JobModel } {
    const workflow = readWorkflow(run.source);
    const job = workflow.jobs.find((one) => one.key === key);
    if (job === undefined) throw new Error(`run ${run.id} has no job ${key}`);
    return { workflow, job };
  }

  /** Queued jobs in the order in which they came. */
  queuedJobs(): JobRecord[] {
    return this.store.jobs
      .entries()
      .map(([, job]) => job)
      .filter((job) => job.status === "queued");
  }

  cancellation(jobId: number): AbortController {
    const known = this.cancellations.get(jobId);
    if (known !== undefined) return known;
    const controller = new AbortController();
    // A job that was ended behind its runner's back is as good as cancelled.
    if (this.store.job(jobId)?.status === "completed") controller.abort();
    else this.cancellations.set(jobId, controller);
    return controller;
  }

  startJob(jobId: number, runner: RunnerRecord): void {
    const job = this.store.job(jobId);
    const run = job === undefined ? undefined : this.store.run(job.runId);
    if (job === undefined || run === undefined || job.status !== "queued") return;
    const now = this.store.now();
    this.store.putJob({
      ...job,
      status: "in_progress",
      startedAt: now,
      runnerId: runner.id,
      runnerName: runner.name,
      runnerGroupId: runner.groupId,
      runnerGroupName: groupName(this.store, runner),
    });
    this.store.putRun({ ...run, status: "in_progress", updatedAt: now });
  }

  setStep(
    jobId: number,
    number: number,
    change: { readonly name: string } | { readonly conclusion: GithubConclusion },
  ): void {
    const job = this.store.job(jobId);
    if (job?.status !== "in_progress") return;
    const now = this.store.now();
    const restNumber = number + 1; // GitHub counts "Set up job" as the first
    const known = job.steps.find((step) => step.number === restNumber) ?? {
      number: restNumber,
      name: number === 0 ? "Set up job" : `Step ${number}`,
      startedAt: null,
      completedAt: null,
      conclusion: null,
    };
    const step =
      "name" in change
        ? { ...known, name: change.name, status: "in_progress" as const, startedAt: now }
        : {
            ...known,
            status: "completed" as const,
            conclusion: change.conclusion,
            startedAt: known.startedAt ?? now,
            completedAt: now,
          };
    const others = job.steps.filter((one) => one.number !== restNumber);
    this.store.putJob({ ...job, steps: [...others, step].sort((a, b) => a.number - b.number) });
  }

  /** Ends a job once; later calls change nothing. */
  endJob(jobId: number, conclusion: GithubConclusion, annotation?: string): void {
    const job = this.store.job(jobId);
    if (job === undefined || job.status === "completed") return;
    const now = this.store.now();
    if (annotation !== undefined) this.logs.append(jobId, [`##[error]${annotation}`]);
    this.store.putJob({
      ...job,
      status: "completed",
      conclusion,
      annotations: annotation === undefined ? job.annotations : [...job.annotations, annotation],
      startedAt: job.startedAt ?? now,
      completedAt: now,
    });
    this.revokeTokens(jobId);
    this.cancellations.delete(jobId);
    const run = this.store.run(job.runId);
    if (run !== undefined) this.advance(run);
  }

  /** The GITHUB_TOKEN of a job that has ended, or of the runner that it was taken from. */
  revokeTokens(jobId: number): void {
    for (const [hash, token] of this.store.tokens.entries()) {
      if (token.jobId === jobId) this.store.tokens.delete(hash);
    }
  }

  loseJob(jobId: number): void {
    this.endJob(jobId, "failure", lostRunner);
  }

  /** What time alone brings about; called before anything is read. */
  settle(): void {
    const now = this.store.clock.now().getTime();
    for (const job of this.queuedJobs()) {
      if (now - Date.parse(job.createdAt) > longestQueueMs) {
        this.endJob(job.id, "cancelled", "The job was not acquired by a runner within 24 hours.");
      }
    }
  }

  notify(): void {
    for (const listener of this.listeners) listener();
  }

  private planRun(run: RunRecord): void {
    const planned = planJobs(this.store, run);
    if (planned === undefined) {
      this.store.putRun({
        ...run,
        status: "completed",
        conclusion: "startup_failure",
        updatedAt: this.store.now(),
      });
      return;
    }
    for (const { job, problem } of planned) {
      this.store.putJob(job);
      if (problem !== undefined) this.endJob(job.id, "failure", problem);
    }
    this.advance(run);
  }

  /** Releases jobs whose needs have ended, and ends the run when all its jobs have. */
  private advance(run: RunRecord): void {
    const jobs = this.jobsOfAttempt(run);
    for (const job of jobs.filter((one) => one.status === "blocked")) {
      const needed = jobs.filter((one) => job.needs.includes(one.key));
      if (needed.some((one) => one.status !== "completed")) continue;
      this.release(run, job, needed);
      return this.advance(this.store.run(run.id) ?? run);
    }
    if (jobs.some((job) => job.status !== "completed")) {
      this.notify();
      return;
    }
    const current = this.store.run(run.id) ?? run;
    if (current.status === "completed") return;
    const has = (conclusion: string): boolean => jobs.some((job) => job.conclusion === conclusion);
    const conclusion =
      has("failure") || has("timed_out")
        ? "failure"
        : has("cancelled")
          ? "cancelled"
          : jobs.every((job) => job.conclusion === "skipped")
            ? "skipped"
            : "success";
    this.store.putRun({
      ...current,
      status: "completed",
      conclusion,
      updatedAt: formatTime(this.store.clock.now()),
    });
  }

  private release(run: RunRecord, job: JobRecord, needed: readonly JobRecord[]): void {
    const failed = needed.some(
      (one) => one.conclusion === "failure" || one.conclusion === "timed_out",
    );
    const cancelled = needed.some((one) => one.conclusion === "cancelled");
    const succeeded = needed.every((one) => one.conclusion === "success");
    const repository = this.store.repositoryById(run.repositoryId);
    if (repository === undefined) return;
    const now = this.store.now();
    try {
      const condition = readCondition(this.modelOf(run, job.key).job.condition, {
        github: makeGithubContext(this.store, repository, run, job),
        inputs: run.inputs,
        vars: collectVariables(this.store, repository),
        needs: Object.fromEntries(needed.map((one) => [one.key, { result: one.conclusion }])),
      });
      const goes =
        condition === "always" ||
        (condition === "success" && succeeded) ||
        (condition === "failure" && failed) ||
        (condition === "cancelled" && cancelled);
      this.store.putJob({ ...job, status: "queued", createdAt: now });
      if (!goes) this.endJob(job.id, "skipped");
    } catch (error) {
      this.endJob(job.id, "failure", error instanceof Error ? error.message : String(error));
    }
  }
}
