import type { RepositoryRecord } from "../records.js";
import type { GithubStore } from "../store.js";
import { apiUrl, makeNodeId, viewAccount } from "./accounts.js";

/** `{name}_url` of a repository, by what follows its own address. */
const links: Readonly<Record<string, string>> = {
  archive: "/{archive_format}{/ref}",
  assignees: "/assignees{/user}",
  blobs: "/git/blobs{/sha}",
  branches: "/branches{/branch}",
  collaborators: "/collaborators{/collaborator}",
  comments: "/comments{/number}",
  commits: "/commits{/sha}",
  compare: "/compare/{base}...{head}",
  contents: "/contents/{+path}",
  contributors: "/contributors",
  deployments: "/deployments",
  downloads: "/downloads",
  events: "/events",
  forks: "/forks",
  git_commits: "/git/commits{/sha}",
  git_refs: "/git/refs{/sha}",
  git_tags: "/git/tags{/sha}",
  hooks: "/hooks",
  issue_comment: "/issues/comments{/number}",
  issue_events: "/issues/events{/number}",
  issues: "/issues{/number}",
  keys: "/keys{/key_id}",
  labels: "/labels{/name}",
  languages: "/languages",
  merges: "/merges",
  milestones: "/milestones{/number}",
  notifications: "/notifications{?since,all,participating}",
  pulls: "/pulls{/number}",
  releases: "/releases{/id}",
  stargazers: "/stargazers",
  statuses: "/statuses/{sha}",
  subscribers: "/subscribers",
  subscription: "/subscription",
  tags: "/tags",
  teams: "/teams",
  trees: "/git/trees{/sha}",
};

export function repositoryUrl(store: GithubStore, repository: RepositoryRecord): string {
  return apiUrl(store, `/repos/${repository.owner}/${repository.name}`);
}

export function repositoryPage(store: GithubStore, repository: RepositoryRecord): string {
  return `${store.origin}/${repository.owner}/${repository.name}`;
}

/** As it stands inside runs and listings. */
export function viewMinimalRepository(
  store: GithubStore,
  repository: RepositoryRecord,
): Record<string, unknown> {
  const url = repositoryUrl(store, repository);
  return {
    id: repository.id,
    node_id: makeNodeId("Repository", repository.id),
    name: repository.name,
    full_name: `${repository.owner}/${repository.name}`,
    owner: viewAccount(store, repository.owner),
    private: repository.visibility !== "public",
    html_url: repositoryPage(store, repository),
    description: null,
    fork: false,
    url,
    ...Object.fromEntries(
      Object.entries(links).map(([name, rest]) => [`${name}_url`, `${url}${rest}`]),
    ),
  };
}

export function viewRepository(
  store: GithubStore,
  repository: RepositoryRecord,
): Record<string, unknown> {
  const page = repositoryPage(store, repository);
  const host = new URL(store.origin).host;
  const path = `${repository.owner}/${repository.name}.git`;
  return {
    ...viewMinimalRepository(store, repository),
    git_url: `git://${host}/${path}`,
    ssh_url: `git@${host}:${path}`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    language: null,
    license: null,
    forks_count: 0,
    forks: 0,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    subscribers_count: 0,
    network_count: 0,
    size: 0,
    default_branch: repository.defaultBranch,
    open_issues_count: 0,
    open_issues: 0,
    topics: [],
    has_issues: true,
    has_projects: true,
    has_wiki: true,
    has_pages: false,
    has_downloads: true,
    has_discussions: false,
    archived: false,
    disabled: false,
    visibility: repository.visibility,
    pushed_at: repository.updatedAt,
    created_at: repository.createdAt,
    updated_at: repository.updatedAt,
  };
}
