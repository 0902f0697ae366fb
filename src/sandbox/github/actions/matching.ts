import type { JobRecord, RepositoryRecord, RunnerRecord, RunRecord } from "../records.js";
import type { GithubStore } from "../store.js";

/**
 * Whether GitHub would give the job to the runner: its labels are a subset of the runner's, without
 * regard to case, and the runner's group is open to the repository.
 * https://docs.github.com/actions/how-tos/manage-runners/self-hosted-runners/use-in-a-workflow
 */
export function fitsRunner(
  store: GithubStore,
  runner: RunnerRecord,
  work: { readonly job: JobRecord; readonly run: RunRecord; readonly repository: RepositoryRecord },
): boolean {
  const { job, run, repository } = work;
  const labels = new Set(runner.labels.map((label) => label.name.toLowerCase()));
  return (
    job.labels.every((label) => labels.has(label.toLowerCase())) &&
    reachesRepository(store, runner, repository, run) &&
    (job.group === null || groupName(store, runner).toLowerCase() === job.group.toLowerCase())
  );
}

export function groupName(store: GithubStore, runner: RunnerRecord): string {
  return store.group(runner.scope, runner.groupId)?.name ?? "Default";
}

function reachesRepository(
  store: GithubStore,
  runner: RunnerRecord,
  repository: RepositoryRecord,
  run: RunRecord,
): boolean {
  if (!repository.actions.enabled) return false;
  const owner = store.account(repository.owner);
  const [kind, id] = runner.scope.split(":");
  if (kind === "repo") return repository.id === Number(id);
  const group = store.group(runner.scope, runner.groupId);
  if (group === undefined || owner === undefined) return false;
  if (repository.visibility === "public" && !group.allowsPublicRepositories) return false;
  if (group.restrictedToWorkflows) {
    const file = `${repository.owner}/${repository.name}/${run.workflowPath}`;
    const allowed = [
      `${file}@refs/heads/${run.branch}`,
      `${file}@${run.branch}`,
      `${file}@${run.sha}`,
    ];
    if (!group.selectedWorkflows.some((workflow) => allowed.includes(workflow))) return false;
  }
  if (kind === "org") {
    if (owner.id !== Number(id)) return false;
    if (group.visibility === "selected") return group.selectedIds.includes(repository.id);
    return group.visibility === "all" || repository.visibility !== "public";
  }
  const enterprise =
    owner.enterprise === undefined ? undefined : store.enterprise(owner.enterprise);
  if (enterprise?.id !== Number(id)) return false;
  return group.visibility !== "selected" || group.selectedIds.includes(owner.id);
}
