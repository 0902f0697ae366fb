import { canSeeRepository, roleOf } from "../access.js";
import type { AccountRecord, RepositoryRecord } from "../records.js";
import type { GithubStore } from "../store.js";
import type { Caller } from "../tokens.js";
import { makeNodeId } from "../views/accounts.js";
import { repositoryPage } from "../views/repositories.js";
import { GraphFieldError, type GraphNode } from "./execute.js";

/**
 * As much of GitHub's graph as command-line clients ask for on their way to Actions: who one is, what
 * a repository is, and that there are no issues, pull requests or releases.
 * https://docs.github.com/graphql/reference
 */
export function makeGraph(store: GithubStore, caller: Caller): GraphNode {
  const account = (login: unknown): GraphNode => {
    const found = store.account(String(login));
    if (found === undefined) throw unresolved("a User or Organization with the login of", login);
    return viewOwner(store, caller, found);
  };
  return {
    type: "Query",
    fields: {
      viewer: () => viewViewer(store, caller),
      repository: ({ owner, name }) => {
        const found = store.repository(String(owner), String(name));
        if (found === undefined || !canSeeRepository(store, caller, found)) {
          throw unresolved("a Repository with the name", `${String(owner)}/${String(name)}`);
        }
        return viewRepository(store, caller, found);
      },
      repositoryOwner: ({ login }) => account(login),
      user: ({ login }) => account(login),
      organization: ({ login }) => account(login),
      // Clients of GitHub Enterprise Server ask which fields its version has.
      __type: ({ name }) => describeType(store, caller, String(name)),
    },
  };
}

function unresolved(what: string, name: unknown): GraphFieldError {
  return new GraphFieldError("NOT_FOUND", `Could not resolve to ${what} '${String(name)}'.`);
}

function viewViewer(store: GithubStore, caller: Caller): GraphNode {
  const token = caller.kind === "token" ? caller.token : undefined;
  const owner = token?.kind === "installation" || token?.kind === "job" ? undefined : token?.owner;
  const user = owner === undefined ? undefined : store.account(owner);
  if (user === undefined) {
    throw new GraphFieldError("FORBIDDEN", "Resource not accessible by integration");
  }
  return viewOwner(store, caller, user);
}

function viewOwner(store: GithubStore, caller: Caller, account: AccountRecord): GraphNode {
  return {
    type: account.type,
    interfaces: ["RepositoryOwner", "Actor", "Node", "ProfileOwner"],
    fields: {
      id: () => makeNodeId(account.type, account.id),
      databaseId: () => account.id,
      login: () => account.login,
      name: () => account.name,
      url: () => `${store.origin}/${account.login}`,
      repositories: ({ first, after, privacy }) => {
        const visible = store
          .repositoriesOf(account.login)
          .filter((one) => canSeeRepository(store, caller, one))
          .filter((one) => typeof privacy !== "string" || privacyOf(one) === privacy);
        return makeConnection("RepositoryConnection", visible, { first, after }, (one) =>
          viewRepository(store, caller, one),
        );
      },
    },
  };
}

function privacyOf(repository: RepositoryRecord): string {
  return repository.visibility === "public" ? "PUBLIC" : "PRIVATE";
}

function viewRepository(
  store: GithubStore,
  caller: Caller,
  repository: RepositoryRecord,
): GraphNode {
  const page = repositoryPage(store, repository);
  const owner = store.account(repository.owner);
  const none = (type: string) => () => makeConnection(type, [], {}, () => undefined);
  const always = (value: unknown) => () => value;
  return {
    type: "Repository",
    interfaces: ["Node", "RepositoryInfo", "UniformResourceLocatable"],
    fields: {
      id: always(makeNodeId("Repository", repository.id)),
      databaseId: always(repository.id),
      name: always(repository.name),
      nameWithOwner: always(`${repository.owner}/${repository.name}`),
      owner: () => (owner === undefined ? null : viewOwner(store, caller, owner)),
      isInOrganization: always(owner?.type === "Organization"),
      url: always(page),
      sshUrl: always(
        `git@${new URL(store.origin).host}:${repository.owner}/${repository.name}.git`,
      ),
      description: always(null),
      homepageUrl: always(null),
      visibility: always(repository.visibility.toUpperCase()),
      isPrivate: always(repository.visibility !== "public"),
      ...Object.fromEntries(
        ["isFork", "isArchived", "isTemplate", "isEmpty", "isMirror", "isDisabled"].map((name) => [
          name,
          always(false),
        ]),
      ),
      ...Object.fromEntries(
        ["hasIssuesEnabled", "hasWikiEnabled", "hasProjectsEnabled"].map((name) => [
          name,
          always(true),
        ]),
      ),
      mergeCommitAllowed: always(true),
      rebaseMergeAllowed: always(true),
      squashMergeAllowed: always(true),
      deleteBranchOnMerge: always(false),
      parent: always(null),
      primaryLanguage: always(null),
      licenseInfo: always(null),
      stargazerCount: always(0),
      forkCount: always(0),
      createdAt: always(repository.createdAt),
      updatedAt: always(repository.updatedAt),
      pushedAt: always(repository.updatedAt),
      viewerPermission: () => permissionOf(store, caller, repository),
      viewerCanAdminister: () => permissionOf(store, caller, repository) === "ADMIN",
      defaultBranchRef: () => viewBranch(repository, repository.defaultBranch),
      ref: ({ qualifiedName }) =>
        viewBranch(repository, String(qualifiedName).replace("refs/heads/", "")),
      issues: none("IssueConnection"),
      labels: none("LabelConnection"),
      pullRequests: none("PullRequestConnection"),
      releases: none("ReleaseConnection"),
    },
  };
}

function viewBranch(repository: RepositoryRecord, name: string): GraphNode | null {
  const commit = repository.branches[name];
  if (commit === undefined) return null;
  return {
    type: "Ref",
    interfaces: ["Node"],
    fields: {
      id: () => makeNodeId("Ref", repository.id),
      name: () => name,
      prefix: () => "refs/heads/",
      target: () => ({
        type: "Commit",
        interfaces: ["GitObject", "Node"],
        fields: { oid: () => commit },
      }),
    },
  };
}

function permissionOf(
  store: GithubStore,
  caller: Caller,
  repository: RepositoryRecord,
): string | null {
  if (caller.kind !== "token") return null;
  const { token } = caller;
  if (token.kind === "classic" || token.kind === "fine-grained") {
    const role = roleOf(store, token.owner, repository);
    return role === "none" ? null : role.toUpperCase();
  }
  return "WRITE";
}

/** https://docs.github.com/graphql/guides/using-pagination-in-the-graphql-api */
function makeConnection<T>(
  type: string,
  items: readonly T[],
  page: { readonly first?: unknown; readonly after?: unknown },
  view: (item: T) => unknown,
): GraphNode {
  const start = typeof page.after === "string" ? Number(atob(page.after)) : 0;
  const size = typeof page.first === "number" ? page.first : 30;
  const shown = items.slice(start, start + size);
  const end = start + shown.length;
  const pageInfo: GraphNode = {
    type: "PageInfo",
    fields: {
      hasNextPage: () => end < items.length,
      hasPreviousPage: () => start > 0,
      startCursor: () => (shown.length === 0 ? null : btoa(String(start))),
      endCursor: () => (shown.length === 0 ? null : btoa(String(end))),
    },
  };
  return {
    type,
    fields: {
      totalCount: () => items.length,
      nodes: () => shown.map(view),
      pageInfo: () => pageInfo,
    },
  };
}

function describeType(store: GithubStore, caller: Caller, name: string): GraphNode | null {
  const repository = store.repositories.entries()[0]?.[1];
  const known = repository === undefined ? undefined : viewRepository(store, caller, repository);
  if (name !== "Repository" || known === undefined) return null;
  const fields = Object.keys(known.fields).map((field): GraphNode => ({
    type: "__Field",
    fields: { name: () => field },
  }));
  return {
    type: "__Type",
    fields: {
      name: () => name,
      kind: () => "OBJECT",
      fields: () => fields,
      enumValues: () => null,
    },
  };
}
