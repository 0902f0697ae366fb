import type { FileRecord, RepositoryRecord } from "../records.js";
import type { GithubStore } from "../store.js";
import { makeNodeId, viewAccount } from "./accounts.js";
import { repositoryPage, repositoryUrl } from "./repositories.js";

export function viewContent(
  store: GithubStore,
  repository: RepositoryRecord,
  file: FileRecord,
): Record<string, unknown> {
  const url = `${repositoryUrl(store, repository)}/contents/${file.path}?ref=${repository.defaultBranch}`;
  const gitUrl = `${repositoryUrl(store, repository)}/git/blobs/${file.sha}`;
  const page = repositoryPage(store, repository);
  const htmlUrl = `${page}/blob/${repository.defaultBranch}/${file.path}`;
  return {
    name: file.path.split("/").at(-1),
    path: file.path,
    sha: file.sha,
    size: Buffer.byteLength(file.content),
    url,
    html_url: htmlUrl,
    git_url: gitUrl,
    download_url: `${page}/raw/${repository.defaultBranch}/${file.path}`,
    type: "file",
    content: Buffer.from(file.content, "utf8").toString("base64"),
    encoding: "base64",
    _links: { self: url, git: gitUrl, html: htmlUrl },
  };
}

export function viewFileCommit(
  store: GithubStore,
  repository: RepositoryRecord,
  file: FileRecord,
  commit: { readonly sha: string; readonly message: string },
): Record<string, unknown> {
  const { content: _content, encoding: _encoding, ...entry } = viewContent(store, repository, file);
  return { content: entry, commit: viewGitCommit(store, repository, commit) };
}

export function viewBranch(
  store: GithubStore,
  repository: RepositoryRecord,
  branch: string,
  sha: string,
): Record<string, unknown> {
  const url = repositoryUrl(store, repository);
  const {
    sha: _sha,
    node_id,
    html_url,
    parents,
    ...commit
  } = viewGitCommit(store, repository, {
    sha,
    message: "Update",
  });
  const self = `${url}/branches/${encodeURIComponent(branch)}`;
  const isProtected = branch in repository.protectedBranches;
  return {
    name: branch,
    commit: {
      sha,
      node_id,
      html_url,
      parents,
      url: `${url}/commits/${sha}`,
      comments_url: `${url}/commits/${sha}/comments`,
      commit: { ...commit, comment_count: 0 },
      author: viewAccount(store, repository.owner),
      committer: viewAccount(store, repository.owner),
    },
    _links: { self, html: `${repositoryPage(store, repository)}/tree/${branch}` },
    protected: isProtected,
    protection: { enabled: isProtected },
    protection_url: `${self}/protection`,
  };
}

function viewGitCommit(
  store: GithubStore,
  repository: RepositoryRecord,
  commit: { readonly sha: string; readonly message: string },
): Record<string, unknown> {
  const url = repositoryUrl(store, repository);
  const person = { name: "sandbox", email: "sandbox@localhost", date: repository.updatedAt };
  return {
    sha: commit.sha,
    node_id: makeNodeId("Commit", repository.id),
    url: `${url}/git/commits/${commit.sha}`,
    html_url: `${repositoryPage(store, repository)}/commit/${commit.sha}`,
    author: person,
    committer: person,
    message: commit.message,
    tree: { sha: commit.sha, url: `${url}/git/trees/${commit.sha}` },
    parents: [],
    verification: {
      verified: false,
      reason: "unsigned",
      signature: null,
      payload: null,
      verified_at: null,
    },
  };
}
