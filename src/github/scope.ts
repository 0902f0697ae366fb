/** Where runners register: the only place that tells repository, organization and enterprise apart. */
export type RunnerScope =
  | { readonly kind: "repository"; readonly owner: string; readonly repository: string }
  | { readonly kind: "organization"; readonly owner: string }
  | { readonly kind: "enterprise"; readonly owner: string };

export interface ScopeSettings {
  readonly owner: string;
  readonly repositories: readonly string[];
  readonly scope: RunnerScope["kind"];
}

export function runnerScopeOf(settings: ScopeSettings): RunnerScope {
  const { owner, repositories, scope } = settings;
  const repository = repositories[0];
  if (scope === "repository" && repository !== undefined) {
    return { kind: "repository", owner, repository };
  }
  return { kind: scope === "enterprise" ? "enterprise" : "organization", owner };
}

/** Path of the scope's self-hosted runners: https://docs.github.com/rest/actions/self-hosted-runners */
export function runnersPath(scope: RunnerScope): string {
  const owner = encodeURIComponent(scope.owner);
  switch (scope.kind) {
    case "repository":
      return `/repos/${owner}/${encodeURIComponent(scope.repository)}/actions/runners`;
    case "organization":
      return `/orgs/${owner}/actions/runners`;
    case "enterprise":
      return `/enterprises/${owner}/actions/runners`;
  }
}

/** Undefined where GitHub has no groups. */
export function runnerGroupsPath(scope: RunnerScope): string | undefined {
  const owner = encodeURIComponent(scope.owner);
  switch (scope.kind) {
    case "repository":
      return undefined;
    case "organization":
      return `/orgs/${owner}/actions/runner-groups`;
    case "enterprise":
      return `/enterprises/${owner}/actions/runner-groups`;
  }
}

export function describeScope(scope: RunnerScope): string {
  switch (scope.kind) {
    case "repository":
      return `the repository ${scope.owner}/${scope.repository}`;
    case "organization":
      return `the organization ${scope.owner}`;
    case "enterprise":
      return `the enterprise ${scope.owner}`;
  }
}

/** What lets an App or a fine-grained token register runners there. */
export function neededPermission(scope: RunnerScope): string {
  switch (scope.kind) {
    case "repository":
      return "repository permission Administration: write";
    case "organization":
      return "organization permission Self-hosted runners: write";
    case "enterprise":
      return "a classic token with manage_runners:enterprise";
  }
}
