import type { SandboxReply } from "../../ports.js";
import type { Need } from "../access.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { redirectToLog } from "../log-links.js";
import { cutPage } from "../pages.js";
import type { JobRecord, PermissionLevel, RunRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { listVisibleJobs, viewAnnotation, viewJob, viewRun } from "../views/actions.js";
import { repositoryOf } from "./repositories.js";

function need(level: PermissionLevel): Need {
  return { kind: "permission", permission: "actions", level, scopes: ["repo"] };
}

/** https://docs.github.com/rest/actions/workflow-runs and /workflow-jobs */
export function routeRuns(parts: GithubParts): RouteTable {
  const { store, actions } = parts;
  const find = (call: Call): RunRecord => {
    actions.settle();
    const run = store.run(Number(call.path.run_id));
    if (run?.repositoryId !== repositoryOf(call).id) throw makeNotFound(call.docs);
    return run;
  };
  const findJob = (call: Call): JobRecord => {
    actions.settle();
    const job = store.job(Number(call.path.job_id));
    if (job?.repositoryId !== repositoryOf(call).id || job.status === "blocked") {
      throw makeNotFound(call.docs);
    }
    return job;
  };
  const listJobs = (call: Call, run: RunRecord, jobs: readonly JobRecord[]): SandboxReply =>
    cutPage(call.request, jobs, (page, total) => ({
      total_count: total,
      jobs: page.map((job) => viewJob(store, repositoryOf(call), run, job)),
    }));
  const cancel = (force: boolean) => (call: Call) => {
    actions.cancel(find(call), { force });
    return { status: 202, body: {} };
  };
  return {
    "actions/list-workflow-runs-for-repo": {
      need: need("read"),
      handle: (call) => listRuns(parts, call, () => true),
    },
    "actions/get-workflow-run": {
      need: need("read"),
      handle: (call) => ({ status: 200, body: viewRun(store, repositoryOf(call), find(call)) }),
    },
    "actions/delete-workflow-run": {
      need: need("write"),
      handle: (call) => {
        actions.deleteRun(find(call));
        return { status: 204 };
      },
    },
    "actions/re-run-workflow": {
      need: need("write"),
      handle: (call) => {
        actions.rerun(find(call));
        return { status: 201, body: {} };
      },
    },
    "actions/cancel-workflow-run": { need: need("write"), handle: cancel(false) },
    "actions/force-cancel-workflow-run": { need: need("write"), handle: cancel(true) },
    "actions/list-jobs-for-workflow-run": {
      need: need("read"),
      handle: (call) => {
        const run = find(call);
        const all = call.request.query.get("filter") === "all";
        const jobs = all
          ? store.jobsOf(run.id).filter((job) => job.status !== "blocked")
          : listVisibleJobs(actions, run);
        return listJobs(call, run, jobs);
      },
    },
    "actions/list-jobs-for-workflow-run-attempt": {
      need: need("read"),
      handle: (call) => {
        const run = find(call);
        const attempt = Number(call.path.attempt_number);
        if (attempt < 1 || attempt > run.attempt) throw makeNotFound(call.docs);
        return listJobs(call, run, listVisibleJobs(actions, run, attempt));
      },
    },
    "actions/get-job-for-workflow-run": {
      need: need("read"),
      handle: (call) => {
        const job = findJob(call);
        const run = store.run(job.runId);
        if (run === undefined) throw makeNotFound(call.docs);
        return { status: 200, body: viewJob(store, repositoryOf(call), run, job) };
      },
    },
    "actions/download-job-logs-for-workflow-run": {
      need: need("read"),
      handle: (call) => {
        const job = findJob(call);
        // There is a log to download once the job has ended.
        if (job.status !== "completed" || actions.logs.read(job.id) === undefined) {
          throw makeNotFound(call.docs);
        }
        return redirectToLog(store, call.request, "job", job.id);
      },
    },
    "actions/download-workflow-run-logs": {
      need: need("read"),
      handle: (call) => {
        const run = find(call);
        if (run.status !== "completed") throw makeNotFound(call.docs);
        return redirectToLog(store, call.request, "run", run.id);
      },
    },
    // A job is a check run too, under its own number.
    "checks/list-annotations": {
      need: { kind: "permission", permission: "checks", level: "read", scopes: ["repo"] },
      handle: (call) => {
        const job = store.job(Number(call.path.check_run_id));
        if (job?.repositoryId !== repositoryOf(call).id) throw makeNotFound(call.docs);
        return cutPage(call.request, job.annotations, (page) =>
          page.map((message) => viewAnnotation(store, repositoryOf(call), message)),
        );
      },
    },
    // No job here can upload one: there are no actions.
    "actions/list-workflow-run-artifacts": {
      need: need("read"),
      handle: (call) => {
        find(call);
        return { status: 200, body: { total_count: 0, artifacts: [] } };
      },
    },
  };
}

export function listRuns(
  { store, actions }: GithubParts,
  call: Call,
  keep: (run: RunRecord) => boolean,
): SandboxReply {
  actions.settle();
  const repository = repositoryOf(call);
  const { query } = call.request;
  const isOrAbsent = (name: string, value: string): boolean =>
    query.get(name) === null || query.get(name) === value;
  const status = query.get("status");
  const isCreated = readCreated(query.get("created"), call.docs);
  const runs = store.runs
    .entries()
    .map(([, run]) => run)
    .filter(
      (run) =>
        run.repositoryId === repository.id &&
        keep(run) &&
        (status === null || run.status === status || run.conclusion === status) &&
        isOrAbsent("branch", run.branch) &&
        isOrAbsent("event", run.event) &&
        isOrAbsent("actor", run.actor) &&
        isOrAbsent("head_sha", run.sha) &&
        isCreated(run),
    )
    .reverse(); // newest first
  return cutPage(call.request, runs, (page, total) => ({
    total_count: total,
    workflow_runs: page.map((run) => viewRun(store, repository, run)),
  }));
}

/** `created` as search takes it: a date, `>=date`, `<date`, or `from..to`. */
function readCreated(text: string | null, docs: string): (run: RunRecord) => boolean {
  if (text === null) return () => true;
  const range = /^(.+)\.\.(.+)$/.exec(text);
  const bound = /^(>=|<=|>|<)?(.+)$/.exec(text);
  const [from, to] = range === null ? [bound?.[2], undefined] : [range[1], range[2]];
  const first = Date.parse(from === "*" ? "1970-01-01" : (from ?? ""));
  const last = to === undefined || to === "*" ? Infinity : Date.parse(to);
  if (Number.isNaN(first) || Number.isNaN(last)) {
    throw makeGithubError(
      422,
      `Invalid request.\n\n${JSON.stringify(text)} is not a date or a range.`,
      { docs },
    );
  }
  return ({ createdAt }) => {
    const time = Date.parse(createdAt);
    if (range !== null) return time >= first && time <= last;
    switch (bound?.[1]) {
      case ">=":
        return time >= first;
      case "<=":
        return time <= first;
      case ">":
        return time > first;
      case "<":
        return time < first;
      default:
        return createdAt.startsWith(from ?? "");
    }
  };
}
