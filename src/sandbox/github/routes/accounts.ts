import { canSeeRepository, type Need } from "../access.js";
import { makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { RepositoryRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { apiUrl, viewOrganization, viewUser } from "../views/accounts.js";
import { viewMinimalRepository, viewRepository } from "../views/repositories.js";

const anyone: Need = { kind: "anyone" };

/** What the root of the API points at. */
const rootLinks: Readonly<Record<string, string>> = {
  current_user: "/user",
  current_user_authorizations_html: "/settings/connections/applications{/client_id}",
  authorizations: "/authorizations",
  code_search: "/search/code?q={query}{&page,per_page,sort,order}",
  commit_search: "/search/commits?q={query}{&page,per_page,sort,order}",
  emails: "/user/emails",
  emojis: "/emojis",
  events: "/events",
  feeds: "/feeds",
  followers: "/user/followers",
  following: "/user/following{/target}",
  gists: "/gists{/gist_id}",
  issue_search: "/search/issues?q={query}{&page,per_page,sort,order}",
  issues: "/issues",
  keys: "/user/keys",
  label_search: "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
  notifications: "/notifications",
  organization: "/orgs/{org}",
  organization_repositories: "/orgs/{org}/repos{?type,page,per_page,sort}",
  organization_teams: "/orgs/{org}/teams",
  public_gists: "/gists/public",
  rate_limit: "/rate_limit",
  repository: "/repos/{owner}/{repo}",
  repository_search: "/search/repositories?q={query}{&page,per_page,sort,order}",
  current_user_repositories: "/user/repos{?type,page,per_page,sort}",
  starred: "/user/starred{/owner}{/repo}",
  starred_gists: "/gists/starred",
  user: "/users/{user}",
  user_organizations: "/user/orgs",
  user_repositories: "/users/{user}/repos{?type,page,per_page,sort}",
  user_search: "/search/users?q={query}{&page,per_page,sort,order}",
};

/** The server itself, users and organizations. */
export function routeAccounts({ store, limiter }: GithubParts): RouteTable {
  const listRepositories = (call: Call, repositories: readonly RepositoryRecord[]) =>
    cutPage(
      call.request,
      repositories.filter((one) => canSeeRepository(store, call.caller, one)),
      (page) => page.map((repository) => viewMinimalRepository(store, repository)),
    );
  const findUser = (call: Call) => {
    const account = store.account(call.path.username ?? "");
    if (account === undefined) throw makeNotFound(call.docs);
    return account;
  };
  return {
    "meta/root": {
      need: anyone,
      handle: () => ({
        status: 200,
        body: Object.fromEntries(
          Object.entries(rootLinks).map(([name, path]) => [`${name}_url`, apiUrl(store, path)]),
        ),
      }),
    },
    "meta/get": {
      need: anyone,
      handle: () => ({
        status: 200,
        body: { verifiable_password_authentication: true, installed_version: "3.19.0" },
      }),
    },
    "rate-limit/get": {
      need: anyone,
      handle: (call) => {
        const { limit, remaining, reset, used } = limiter.look(call.caller);
        const rate = { limit, remaining, reset, used };
        const search = { limit: 30, remaining: 30, reset, used: 0 };
        return { status: 200, body: { resources: { core: rate, search }, rate } };
      },
    },
    "users/get-authenticated": {
      need: { kind: "user" },
      handle: (call) => {
        const login = call.caller.kind === "token" ? call.caller.token.owner : "";
        const account = store.account(login);
        if (account === undefined) throw makeNotFound(call.docs);
        return { status: 200, body: viewUser(store, account) };
      },
    },
    "users/get-by-username": {
      need: anyone,
      handle: (call) => ({ status: 200, body: viewUser(store, findUser(call)) }),
    },
    "repos/list-for-user": {
      need: anyone,
      handle: (call) => listRepositories(call, store.repositoriesOf(findUser(call).login)),
    },
    "repos/list-for-authenticated-user": {
      need: { kind: "user" },
      handle: (call) =>
        listRepositories(
          call,
          store.repositories
            .entries()
            .map(([, repository]) => repository)
            .filter((one) => one.owner !== "actions"),
        ),
    },
    "orgs/get": {
      need: anyone,
      handle: (call) => {
        if (call.target.kind !== "organization") throw makeNotFound(call.docs);
        return { status: 200, body: viewOrganization(store, call.target.organization) };
      },
    },
    "repos/list-for-org": {
      need: anyone,
      handle: (call) => {
        if (call.target.kind !== "organization") throw makeNotFound(call.docs);
        return listRepositories(call, store.repositoriesOf(call.target.organization.login));
      },
    },
    "apps/list-repos-accessible-to-installation": {
      need: { kind: "installation" },
      handle: (call) => {
        const owner = call.caller.kind === "token" ? call.caller.token.target : null;
        const repositories = store
          .repositoriesOf(owner ?? "")
          .filter((one) => canSeeRepository(store, call.caller, one));
        return cutPage(call.request, repositories, (page, total) => ({
          total_count: total,
          repositories: page.map((repository) => viewRepository(store, repository)),
        }));
      },
    },
    "apps/revoke-installation-access-token": {
      need: { kind: "installation" },
      handle: (call) => {
        if (call.caller.kind === "token") store.tokens.delete(call.caller.hash);
        return { status: 204 };
      },
    },
  };
}
