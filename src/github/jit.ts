import { SecretText } from "../domain/secret-text.js";
import { githubRejected } from "../errors/catalogue/github.js";
import type { GithubClient } from "./client.js";
import { callGithub } from "./errors.js";
import {
  describeScope,
  neededPermission,
  runnerGroupsPath,
  runnersPath,
  type RunnerScope,
} from "./scope.js";

export interface JitRequest {
  readonly name: string;
  readonly runnerGroupId: number;
  readonly labels: readonly string[];
  readonly workFolder?: string;
}

export interface JitRunner {
  readonly runnerId: number;
  readonly name: string;
  /** Single use: a runner started with it takes one job. */
  readonly encodedConfig: SecretText;
}

/** https://docs.github.com/rest/actions/self-hosted-runners#create-configuration-for-a-just-in-time-runner-for-a-repository */
export async function generateJitConfig(
  client: GithubClient,
  scope: RunnerScope,
  request: JitRequest,
): Promise<JitRunner> {
  const what = {
    doing: `registering the runner ${request.name} in ${describeScope(scope)}`,
    resource: describeScope(scope),
    permission: neededPermission(scope),
    apiUrl: client.apiUrl,
  };
  return callGithub(what, async () => {
    const response = await client.octokit.request(`POST ${runnersPath(scope)}/generate-jitconfig`, {
      name: request.name,
      runner_group_id: request.runnerGroupId,
      labels: [...request.labels],
      work_folder: request.workFolder ?? "_work",
    });
    const data = response.data as {
      runner: { id: number; name: string };
      encoded_jit_config: string;
    };
    return {
      runnerId: data.runner.id,
      name: data.runner.name,
      encodedConfig: new SecretText(data.encoded_jit_config),
    };
  });
}

/** Repositories have only the default group, whose id is 1 everywhere. */
export async function findRunnerGroup(
  client: GithubClient,
  scope: RunnerScope,
  name: string,
): Promise<number> {
  const path = runnerGroupsPath(scope);
  if (path === undefined || name === "Default") return 1;
  const what = {
    doing: `looking for the runner group ${name} of ${describeScope(scope)}`,
    resource: describeScope(scope),
    permission: neededPermission(scope),
    apiUrl: client.apiUrl,
  };
  return callGithub(what, async () => {
    const groups = (await client.octokit.paginate(`GET ${path}`, { per_page: 100 })) as {
      id: number;
      name: string;
    }[];
    const found = groups.find((group) => group.name === name);
    if (found !== undefined) return found.id;
    const known = groups.map((group) => group.name).join(", ");
    throw githubRejected({
      doing: what.doing,
      reason: `there is no such group; there are: ${known === "" ? "none" : known}`,
    });
  });
}

/**
 * Proves that the credential may register runners, by asking for a registration token and throwing
 * it away: nothing is registered, and the token dies within the hour.
 */
export async function probeRegistration(client: GithubClient, scope: RunnerScope): Promise<void> {
  const what = {
    doing: `asking whether runners may register in ${describeScope(scope)}`,
    resource: describeScope(scope),
    permission: neededPermission(scope),
    apiUrl: client.apiUrl,
  };
  await callGithub(what, () =>
    client.octokit.request(`POST ${runnersPath(scope)}/registration-token`),
  );
}

/** The App's own name; needs no more than its key, so it tells a wrong key from a missing permission. */
export async function readAppName(client: GithubClient): Promise<string> {
  const what = { doing: "reading the GitHub App", apiUrl: client.apiUrl };
  return callGithub(what, async () => {
    const response = await client.octokit.request("GET /app");
    return (response.data as { name?: string; slug?: string } | null)?.name ?? "GitHub App";
  });
}

export async function readTokenOwner(client: GithubClient): Promise<string> {
  const what = { doing: "reading whose the token is", apiUrl: client.apiUrl };
  return callGithub(what, async () => {
    const response = await client.octokit.request("GET /user");
    return (response.data as { login?: string }).login ?? "token";
  });
}
