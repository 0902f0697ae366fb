import { createHash } from "node:crypto";
import type { Actions } from "../actions/actions.js";
import type {
  JobRecord,
  RepositoryRecord,
  RunnerGroupRecord,
  RunnerRecord,
  RunRecord,
  VariableRecord,
  WorkflowRecord,
} from "../records.js";
import type { GithubStore } from "../store.js";
import { apiUrl, makeNodeId, viewAccount } from "./accounts.js";
import { repositoryPage, repositoryUrl, viewMinimalRepository } from "./repositories.js";

export function viewRunner(
  runner: RunnerRecord,
  live: { readonly online: boolean; readonly busy: boolean },
): Record<string, unknown> {
  return {
    id: runner.id,
    runner_group_id: runner.groupId,
    name: runner.name,
    os: runner.os,
    status: runner.forced?.status ?? (live.online ? "online" : "offline"),
    busy: runner.forced?.busy ?? live.busy,
    labels: runner.labels,
    ephemeral: runner.ephemeral,
    ...(runner.version === null ? {} : { version: runner.version }),
  };
}

export function viewRunnerGroup(
  store: GithubStore,
  group: RunnerGroupRecord,
  base: string,
): Record<string, unknown> {
  const url = apiUrl(store, `${base}/actions/runner-groups/${group.id}`);
  const selectedUrl = base.startsWith("/enterprises/")
    ? { selected_organizations_url: `${url}/organizations` }
    : { selected_repositories_url: `${url}/repositories` };
  return {
    id: group.id,
    name: group.name,
    visibility: group.visibility,
    default: group.isDefault,
    ...(group.visibility === "selected" ? selectedUrl : {}),
    runners_url: `${url}/runners`,
    inherited: false,
    allows_public_repositories: group.allowsPublicRepositories,
    restricted_to_workflows: group.restrictedToWorkflows,
    selected_workflows: group.selectedWorkflows,
    workflow_restrictions_read_only: false,
  };
}

export function viewWorkflow(
  store: GithubStore,
  repository: RepositoryRecord,
  workflow: WorkflowRecord,
): Record<string, unknown> {
  const page = repositoryPage(store, repository);
  return {
    id: workflow.id,
    node_id: makeNodeId("Workflow", workflow.id),
    name: workflow.name,
    path: workflow.path,
    state: workflow.state,
    created_at: workflow.createdAt,
    updated_at: workflow.updatedAt,
    url: `${repositoryUrl(store, repository)}/actions/workflows/${workflow.id}`,
    html_url: `${page}/blob/${repository.defaultBranch}/${workflow.path}`,
    badge_url: `${page}/workflows/${encodeURIComponent(workflow.name)}/badge.svg`,
  };
}

export function viewRun(
  store: GithubStore,
  repository: RepositoryRecord,
  run: RunRecord,
): Record<string, unknown> {
  const url = `${repositoryUrl(store, repository)}/actions/runs/${run.id}`;
  const minimal = viewMinimalRepository(store, repository);
  const author = {
    name: run.actor,
    email: `${run.actor}@users.noreply.${new URL(store.origin).hostname}`,
  };
  return {
    id: run.id,
    name: run.workflowName,
    node_id: makeNodeId("WorkflowRun", run.id),
    head_branch: run.branch,
    head_sha: run.sha,
    path: run.workflowPath,
    display_title: run.title,
    run_number: run.number,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: run.workflowId,
    check_suite_id: run.id,
    check_suite_node_id: makeNodeId("CheckSuite", run.id),
    url,
    html_url: `${repositoryPage(store, repository)}/actions/runs/${run.id}`,
    pull_requests: [],
    created_at: run.createdAt,
    updated_at: run.updatedAt,
    actor: viewAccount(store, run.actor),
    triggering_actor: viewAccount(store, run.actor),
    run_attempt: run.attempt,
    run_started_at: run.startedAt,
    referenced_workflows: [],
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${repositoryUrl(store, repository)}/check-suites/${run.id}`,
    artifacts_url: `${url}/artifacts`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    previous_attempt_url: run.attempt > 1 ? `${url}/attempts/${run.attempt - 1}` : null,
    workflow_url: `${repositoryUrl(store, repository)}/actions/workflows/${run.workflowId}`,
    head_commit: {
      id: run.sha,
      tree_id: createHash("sha1").update(run.sha).digest("hex"),
      message: run.title,
      timestamp: run.createdAt,
      author,
      committer: author,
    },
    repository: minimal,
    head_repository: minimal,
  };
}

export function viewJob(
  store: GithubStore,
  repository: RepositoryRecord,
  run: RunRecord,
  job: JobRecord,
): Record<string, unknown> {
  const url = repositoryUrl(store, repository);
  return {
    id: job.id,
    run_id: job.runId,
    workflow_name: run.workflowName,
    head_branch: run.branch,
    run_url: `${url}/actions/runs/${job.runId}`,
    run_attempt: job.attempt,
    node_id: makeNodeId("CheckRun", job.id),
    head_sha: run.sha,
    url: `${url}/actions/jobs/${job.id}`,
    html_url: `${repositoryPage(store, repository)}/actions/runs/${job.runId}/job/${job.id}`,
    status: job.status === "blocked" ? "queued" : job.status,
    conclusion: job.conclusion,
    created_at: job.createdAt,
    // GitHub gives a job that has not started the time of its creation.
    started_at: job.startedAt ?? job.createdAt,
    completed_at: job.completedAt,
    name: job.name,
    steps: job.steps.map((step) => ({
      name: step.name,
      status: step.status,
      conclusion: step.conclusion,
      number: step.number,
      started_at: step.startedAt,
      completed_at: step.completedAt,
    })),
    check_run_url: `${url}/check-runs/${job.id}`,
    labels: job.labels,
    runner_id: job.runnerId,
    runner_name: job.runnerName,
    runner_group_id: job.runnerGroupId,
    runner_group_name: job.runnerGroupName,
  };
}

/** A job that waits for others is not there yet. */
export function listVisibleJobs(actions: Actions, run: RunRecord, attempt?: number): JobRecord[] {
  return actions.jobsOfAttempt(run, attempt).filter((job) => job.status !== "blocked");
}

export function viewVariable(variable: VariableRecord): Record<string, unknown> {
  return {
    name: variable.name,
    value: variable.value,
    created_at: variable.createdAt,
    updated_at: variable.updatedAt,
  };
}

/** Of a job as a whole, as the service makes them: it has no file, and says so with `.github`. */
export function viewAnnotation(
  store: GithubStore,
  repository: RepositoryRecord,
  message: string,
): Record<string, unknown> {
  return {
    path: ".github",
    start_line: 1,
    end_line: 1,
    start_column: null,
    end_column: null,
    annotation_level: "failure",
    title: "",
    message,
    raw_details: "",
    blob_href: `${repositoryPage(store, repository)}/blob/${repository.defaultBranch}/.github`,
  };
}
