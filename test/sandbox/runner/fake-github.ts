import { EventEmitter, once } from "node:events";
import {
  SandboxHttpError,
  type GithubConclusion,
  type GithubJobMessage,
  type GithubPort,
  type GithubStep,
} from "../../../src/sandbox/ports.js";

export interface FakeGithub extends GithubPort {
  readonly log: string[];
  readonly steps: Map<number, { name?: string; conclusion?: GithubConclusion }>;
  readonly events: string[];
  conclusion: GithubConclusion | undefined;
  cancel(): void;
  /** Resolves when a line with this text is in the job's log. */
  logged(text: string): Promise<void>;
  happened(event: string): Promise<void>;
}

export const credential = "single-use-runner-credential";

/** A GitHub with one runner and at most one job for it. */
export function makeFakeGithub(job: GithubJobMessage | undefined): FakeGithub {
  const changes = new EventEmitter().setMaxListeners(0);
  const cancellation = new AbortController();
  let opened = false;
  let given = false;
  const note = (event: string): void => {
    github.events.push(event);
    changes.emit("change");
  };
  const check = (session: string): void => {
    if (session !== "session-1") throw new SandboxHttpError(404, "NotFound", "no session");
  };
  const waitUntil = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await once(changes, "change");
  };
  const github: FakeGithub = {
    log: [],
    steps: new Map(),
    events: [],
    conclusion: undefined,
    cancel: () => cancellation.abort(),
    logged: (text) => waitUntil(() => github.log.some((line) => line.includes(text))),
    happened: (event) => waitUntil(() => github.events.includes(event)),
    openSession: (given, about) => {
      if (given !== credential) throw new SandboxHttpError(401, "Bad", "unknown");
      if (opened) throw new SandboxHttpError(409, "Conflict", "opened before");
      opened = true;
      note(`session ${about.version}`);
      return {
        session: "session-1",
        runner: {
          id: 7,
          name: "r",
          labels: [],
          group: "Default",
          workFolder: "_work",
          ephemeral: true,
        },
      };
    },
    waitForJob: async (session, signal) => {
      check(session);
      note("wait");
      if (job !== undefined && !given) {
        given = true;
        return job;
      }
      if (!signal.aborted) await once(signal, "abort");
      return undefined;
    },
    startJob: (session) => {
      check(session);
      note("start");
    },
    cancellation: (session) => {
      check(session);
      return cancellation.signal;
    },
    startStep: (session, { number, name }) => {
      check(session);
      github.steps.set(number, { name });
    },
    finishStep: (session, { number, conclusion }) => {
      check(session);
      github.steps.set(number, { ...github.steps.get(number), conclusion });
    },
    appendLog: (session, lines) => {
      check(session);
      github.log.push(...lines);
      changes.emit("change");
    },
    finishJob: (session, conclusion) => {
      check(session);
      github.conclusion = conclusion;
      note("finish");
    },
    closeSession: (session, how) => {
      check(session);
      note(`closed ${how}`);
    },
  };
  return github;
}

export function makeStep(number: number, run: string, more: Partial<GithubStep> = {}): GithubStep {
  return {
    number,
    name: `Step ${number}`,
    run,
    shell: "bash",
    env: {},
    condition: "success",
    continueOnError: false,
    ...more,
  };
}

export function makeMessage(
  steps: readonly GithubStep[],
  more: Partial<GithubJobMessage> = {},
): GithubJobMessage {
  return {
    jobId: 1,
    jobKey: "build",
    jobName: "Build",
    runId: 99,
    runNumber: 3,
    runAttempt: 1,
    repository: "octo/widgets",
    workflow: "CI",
    event: "push",
    actor: "mona",
    ref: "refs/heads/main",
    sha: "a".repeat(40),
    steps,
    env: { FROM_JOB: "job" },
    variables: { GITHUB_REPOSITORY: "octo/widgets", GITHUB_RUN_ID: "99", GITHUB_JOB: "build" },
    mask: ["masked-by-server"],
    token: "ghs_thetokenofthejob",
    timeoutMinutes: 360,
    ...more,
  };
}

export function makeJitConfiguration(origin: string, given = credential): string {
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64");
  return encode({
    ".runner": encode({
      agentId: 7,
      agentName: "caj-test-runner",
      poolName: "Default",
      serverUrl: `${origin}/_runner/`,
      gitHubUrl: `${origin}/octo/widgets`,
      workFolder: "_work",
      ephemeral: true,
    }),
    ".credentials": encode({ scheme: "OAuth", data: { credential: given } }),
  });
}
