import { randomUUID } from "node:crypto";
import {
  SandboxHttpError,
  type GithubConclusion,
  type GithubJobMessage,
  type GithubPort,
  type GithubRunner,
} from "../../ports.js";
import type { JobRecord, RunnerRecord } from "../records.js";
import { hashSecret, type GithubStore } from "../store.js";
import type { Actions } from "./actions.js";
import { makeJobMessage } from "./job-message.js";
import { fitsRunner, groupName } from "./matching.js";

interface Session {
  readonly id: string;
  readonly runnerId: number;
  jobId: number | undefined;
  started: boolean;
  /** Set while a long poll is open. */
  wake: (() => void) | undefined;
}

/** Runners that are connected, and the jobs they hold. Sessions live as long as the sandbox process. */
export class RunnerSessions implements GithubPort {
  private readonly sessions = new Map<string, Session>();

  constructor(
    private readonly store: GithubStore,
    private readonly actions: Actions,
  ) {
    actions.onQueued(() => this.offerJobs());
  }

  openSession(
    credential: string,
    about: { readonly version: string; readonly os: string; readonly architecture: string },
  ): { session: string; runner: GithubRunner } {
    const hash = hashSecret(credential);
    const runner = this.store.runners
      .entries()
      .map(([, one]) => one)
      .find((one) => one.credentialHash === hash);
    if (runner === undefined) {
      throw new SandboxHttpError(
        401,
        "InvalidCredential",
        "The runner registration has been deleted from the server, or the credential is not one of its.",
      );
    }
    if (runner.sessionOpened) {
      throw new SandboxHttpError(
        409,
        "SessionConflict",
        "This just-in-time configuration has been used before: it opens one session.",
      );
    }
    const opened: RunnerRecord = {
      ...runner,
      sessionOpened: true,
      os: about.os,
      version: about.version,
      lastSeenAt: this.store.now(),
    };
    this.store.putRunner(opened);
    const session: Session = {
      id: randomUUID(),
      runnerId: runner.id,
      jobId: undefined,
      started: false,
      wake: undefined,
    };
    this.sessions.set(session.id, session);
    return {
      session: session.id,
      runner: {
        id: runner.id,
        name: runner.name,
        labels: runner.labels.map((label) => label.name),
        group: groupName(this.store, runner),
        workFolder: runner.workFolder,
        ephemeral: runner.ephemeral,
      },
    };
  }

  async waitForJob(id: string, signal: AbortSignal): Promise<GithubJobMessage | undefined> {
    for (;;) {
      const session = this.session(id);
      if (signal.aborted) return undefined;
      const message = this.assign(session);
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => {
        const done = (): void => {
          signal.removeEventListener("abort", done);
          session.wake = undefined;
          resolve();
        };
        session.wake = done;
        signal.addEventListener("abort", done, { once: true });
      });
    }
  }

  startJob(id: string): void {
    const session = this.session(id);
    const runner = this.store.runner(session.runnerId);
    if (session.jobId === undefined || runner === undefined) throw noJob();
    session.started = true;
    this.actions.startJob(session.jobId, runner);
  }

  cancellation(id: string): AbortSignal {
    return this.actions.cancellation(this.jobOf(id)).signal;
  }

  startStep(id: string, step: { readonly number: number; readonly name: string }): void {
    this.actions.setStep(this.jobOf(id), step.number, { name: step.name });
  }

  finishStep(
    id: string,
    step: { readonly number: number; readonly conclusion: GithubConclusion },
  ): void {
    this.actions.setStep(this.jobOf(id), step.number, { conclusion: step.conclusion });
  }

  appendLog(id: string, lines: readonly string[]): void {
    const jobId = this.jobOf(id);
    const steps = this.store.job(jobId)?.steps ?? [];
    // Between two steps the runner still speaks of the one that has just ended.
    const step =
      steps.find((one) => one.status === "in_progress") ??
      steps.findLast((one) => one.completedAt !== null);
    this.actions.logs.append(jobId, lines, step?.number);
  }

  finishJob(id: string, conclusion: GithubConclusion): void {
    const session = this.session(id);
    const jobId = this.jobOf(id);
    session.jobId = undefined;
    session.started = false;
    this.actions.endJob(jobId, conclusion);
  }

  closeSession(id: string, how: "ended" | "lost"): void {
    const session = this.session(id);
    this.sessions.delete(id);
    session.wake?.();
    const runner = this.store.runner(session.runnerId);
    const held = session.jobId;
    const worked = runner?.ephemeral === true && this.hasWorked(runner);
    if (runner !== undefined) {
      // An ephemeral runner is gone after its job. One that never had any stays, offline, until GitHub
      // sweeps it a day later: https://docs.github.com/actions/reference/runners/self-hosted-runners
      if (worked && (how === "ended" || held === undefined)) {
        this.store.runners.delete(String(runner.id));
      } else {
        this.store.putRunner({ ...runner, lastSeenAt: this.store.now() });
      }
    }
    if (held === undefined) return;
    if (session.started) {
      this.actions.loseJob(held);
    } else {
      this.actions.revokeTokens(held);
      this.offerJobs();
    }
  }

  isOnline(runnerId: number): boolean {
    return [...this.sessions.values()].some((session) => session.runnerId === runnerId);
  }

  isBusy(runnerId: number): boolean {
    return [...this.sessions.values()].some(
      (session) => session.runnerId === runnerId && session.started,
    );
  }

  /** A runner that was deleted over REST: its session ends with the next call. */
  drop(runnerId: number): void {
    for (const session of this.sessions.values()) {
      if (session.runnerId !== runnerId) continue;
      this.sessions.delete(session.id);
      session.wake?.();
    }
  }

  private offerJobs(): void {
    for (const session of [...this.sessions.values()]) session.wake?.();
  }

  /** The oldest queued job that fits and that nobody holds. One step, nothing awaited: no two runners get it. */
  private assign(session: Session): GithubJobMessage | undefined {
    const runner = this.store.runner(session.runnerId);
    if (runner === undefined || session.jobId !== undefined) return undefined;
    if (runner.ephemeral && this.hasWorked(runner)) return undefined;
    const held = new Set([...this.sessions.values()].map((one) => one.jobId));
    this.actions.settle();
    for (const job of this.actions.queuedJobs()) {
      if (held.has(job.id)) continue;
      const message = this.tryJob(session, runner, job);
      if (message !== undefined) return message;
    }
    return undefined;
  }

  private tryJob(
    session: Session,
    runner: RunnerRecord,
    job: JobRecord,
  ): GithubJobMessage | undefined {
    const run = this.store.run(job.runId);
    const repository = this.store.repositoryById(job.repositoryId);
    if (run === undefined || repository === undefined) return undefined;
    if (!fitsRunner(this.store, runner, { job, run, repository })) return undefined;
    try {
      const { workflow, job: model } = this.actions.modelOf(run, job.key);
      const work = { repository, run, job, workflow, model, runner };
      const message = makeJobMessage(this.store, work);
      session.jobId = job.id;
      return message;
    } catch (error) {
      this.actions.endJob(
        job.id,
        "failure",
        error instanceof Error ? error.message : String(error),
      );
      return undefined;
    }
  }

  private hasWorked(runner: RunnerRecord): boolean {
    return this.store.jobs.entries().some(([, job]) => job.runnerId === runner.id);
  }

  private session(id: string): Session {
    const session = this.sessions.get(id);
    if (session === undefined) {
      throw new SandboxHttpError(404, "SessionNotFound", "There is no such runner session.");
    }
    return session;
  }

  private jobOf(id: string): number {
    const { jobId } = this.session(id);
    if (jobId === undefined) throw noJob();
    return jobId;
  }
}

function noJob(): SandboxHttpError {
  return new SandboxHttpError(409, "NoJob", "The session holds no job.");
}
