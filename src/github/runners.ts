import { githubRunnerBusy } from "../errors/catalogue/github.js";
import type { GithubClient } from "./client.js";
import { callGithub, statusOf } from "./errors.js";
import { describeScope, neededPermission, runnersPath, type RunnerScope } from "./scope.js";

export interface RunnerView {
  readonly id: number;
  readonly name: string;
  /** `online` or `offline`. */
  readonly status: string;
  readonly busy: boolean;
  readonly labels: readonly string[];
}

interface WireRunner {
  readonly id: number;
  readonly name: string;
  readonly status: string;
  readonly busy: boolean;
  readonly labels: readonly { readonly name: string }[];
}

/** All pages. */
export async function listRunners(client: GithubClient, scope: RunnerScope): Promise<RunnerView[]> {
  const what = {
    doing: `listing the runners of ${describeScope(scope)}`,
    resource: capitalize(describeScope(scope)),
    permission: neededPermission(scope),
    apiUrl: client.apiUrl,
  };
  return callGithub(what, async () => {
    const runners = (await client.octokit.paginate(`GET ${runnersPath(scope)}`, {
      per_page: 100,
    })) as WireRunner[];
    return runners.map((runner) => ({
      id: runner.id,
      name: runner.name,
      status: runner.status,
      busy: runner.busy,
      labels: runner.labels.map((label) => label.name),
    }));
  });
}

/** Returns false when it was gone already; GitHub itself refuses to remove a busy one. */
export async function deleteRunner(
  client: GithubClient,
  scope: RunnerScope,
  runner: Pick<RunnerView, "id" | "name">,
): Promise<boolean> {
  const what = {
    doing: `removing the runner ${runner.name} from ${describeScope(scope)}`,
    permission: neededPermission(scope),
    apiUrl: client.apiUrl,
  };
  return callGithub(what, async () => {
    try {
      await client.octokit.request(`DELETE ${runnersPath(scope)}/${runner.id}`);
      return true;
    } catch (error) {
      if (statusOf(error) === 404) return false;
      if (statusOf(error) === 422) throw githubRunnerBusy(runner.name, error);
      throw error;
    }
  });
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
