import type { GithubClient } from "./client.js";
import { callGithub } from "./errors.js";

export interface WorkflowJobView {
  readonly id: number;
  readonly runId: number;
  readonly repository: string;
  readonly name: string;
  /** `queued`, `in_progress`, … */
  readonly status: string;
  readonly labels: readonly string[];
  readonly runnerName: string | undefined;
  readonly url: string | undefined;
}

interface WireJob {
  readonly id: number;
  readonly run_id: number;
  readonly name: string;
  readonly status: string;
  readonly labels: readonly string[];
  readonly runner_name?: string | null;
  readonly html_url?: string | null;
}

/** Jobs that wait for a runner. GitHub has no list of them: runs are listed, then each run's jobs. */
export async function listQueuedJobs(
  client: GithubClient,
  owner: string,
  repository: string,
): Promise<WorkflowJobView[]> {
  const path = `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(repository)}/actions`;
  const what = {
    doing: `listing the queued jobs of ${owner}/${repository}`,
    resource: `The repository ${owner}/${repository}`,
    permission: "repository permission Actions: read",
    apiUrl: client.apiUrl,
  };
  return callGithub(what, async () => {
    // A run in progress may still have jobs that wait.
    const runs = (
      await Promise.all(
        ["queued", "in_progress"].map((status) =>
          client.octokit.paginate(`GET ${path}/runs`, { status, per_page: 100 }),
        ),
      )
    ).flat() as { id: number }[];
    const ids = [...new Set(runs.map((run) => run.id))];
    const found: WorkflowJobView[] = [];
    for (const id of ids) {
      const jobs = (await client.octokit.paginate(`GET ${path}/runs/${id}/jobs`, {
        per_page: 100,
      })) as WireJob[];
      found.push(
        ...jobs.filter((job) => job.status === "queued").map((job) => viewJob(job, repository)),
      );
    }
    return found;
  });
}

function viewJob(job: WireJob, repository: string): WorkflowJobView {
  return {
    id: job.id,
    runId: job.run_id,
    repository,
    name: job.name,
    status: job.status,
    labels: job.labels,
    runnerName: job.runner_name ?? undefined,
    url: job.html_url ?? undefined,
  };
}
