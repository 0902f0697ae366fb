import type { JobRecord, RepositoryRecord, RunRecord } from "../records.js";
import type { GithubStore } from "../store.js";

/** The `github` context, as far as the server knows it before a job runs. */
export function makeGithubContext(
  store: GithubStore,
  repository: RepositoryRecord,
  run: RunRecord,
  job?: JobRecord,
): Record<string, unknown> {
  return {
    repository: `${repository.owner}/${repository.name}`,
    repository_id: String(repository.id),
    repository_owner: repository.owner,
    repository_visibility: repository.visibility,
    workflow: run.workflowName,
    workflow_ref: `${repository.owner}/${repository.name}/${run.workflowPath}@refs/heads/${run.branch}`,
    event_name: run.event,
    actor: run.actor,
    triggering_actor: run.actor,
    ref: `refs/heads/${run.branch}`,
    ref_name: run.branch,
    ref_type: "branch",
    sha: run.sha,
    run_id: String(run.id),
    run_number: String(run.number),
    run_attempt: String(run.attempt),
    server_url: store.origin,
    api_url: `${store.origin}/api/v3`,
    graphql_url: `${store.origin}/api/graphql`,
    event: { inputs: run.inputs },
    ...(job === undefined ? {} : { job: job.key }),
  };
}

/** https://docs.github.com/actions/reference/workflows-and-actions/variables#default-environment-variables */
export function makeDefaultVariables(
  context: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const names = [
    "repository",
    "repository_id",
    "repository_owner",
    "workflow",
    "workflow_ref",
    "event_name",
    "actor",
    "triggering_actor",
    "ref",
    "ref_name",
    "ref_type",
    "sha",
    "run_id",
    "run_number",
    "run_attempt",
    "server_url",
    "api_url",
    "graphql_url",
    "job",
  ];
  const variables = names.map((name): [string, string] => [
    `GITHUB_${name.toUpperCase()}`,
    String(context[name] ?? ""),
  ]);
  return { CI: "true", GITHUB_ACTIONS: "true", ...Object.fromEntries(variables) };
}

/** Actions variables a job sees: the organization's, then the repository's over them. */
export function collectVariables(
  store: GithubStore,
  repository: RepositoryRecord,
): Record<string, string> {
  const owner = store.account(repository.owner);
  const ofOwner = store.variables
    .entries(`org:${owner?.id}/`)
    .map(([, variable]) => variable)
    .filter(
      (variable) =>
        variable.visibility === "all" ||
        (variable.visibility === "private" && repository.visibility !== "public") ||
        variable.selectedIds.includes(repository.id),
    );
  const own = store.variables.entries(`repo:${repository.id}/`).map(([, variable]) => variable);
  return Object.fromEntries([...ofOwner, ...own].map(({ name, value }) => [name, value]));
}
