import type { AccountRecord, AppRecord, EnterpriseRecord, InstallationRecord } from "../records.js";
import type { GithubStore } from "../store.js";

/** REST addresses below `/api/v3`, and web addresses below the origin. */
export function apiUrl(store: GithubStore, path: string): string {
  return `${store.origin}/api/v3${path}`;
}

export function makeNodeId(kind: string, id: number): string {
  return Buffer.from(`0${kind.length}:${kind}${id}`).toString("base64");
}

export function viewAccount(store: GithubStore, login: string): Record<string, unknown> {
  const account = store.account(login);
  const name = account?.login ?? login;
  const url = apiUrl(store, `/users/${name}`);
  return {
    login: name,
    id: account?.id ?? 0,
    node_id: makeNodeId(account?.type ?? "User", account?.id ?? 0),
    avatar_url: `${store.origin}/avatars/u/${account?.id ?? 0}`,
    gravatar_id: "",
    url,
    html_url: `${store.origin}/${name}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: account?.type ?? "User",
    site_admin: false,
  };
}

export function viewUser(store: GithubStore, account: AccountRecord): Record<string, unknown> {
  return {
    ...viewAccount(store, account.login),
    name: account.name,
    company: null,
    blog: null,
    location: null,
    email: null,
    hireable: null,
    bio: null,
    public_repos: store.repositoriesOf(account.login).filter((r) => r.visibility === "public")
      .length,
    public_gists: 0,
    followers: 0,
    following: 0,
    created_at: account.createdAt,
    updated_at: account.createdAt,
  };
}

export function viewOrganization(
  store: GithubStore,
  account: AccountRecord,
): Record<string, unknown> {
  const url = apiUrl(store, `/orgs/${account.login}`);
  return {
    login: account.login,
    id: account.id,
    node_id: makeNodeId("Organization", account.id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${store.origin}/avatars/u/${account.id}`,
    description: null,
    name: account.name,
    has_organization_projects: true,
    has_repository_projects: true,
    public_repos: store.repositoriesOf(account.login).filter((r) => r.visibility === "public")
      .length,
    public_gists: 0,
    followers: 0,
    following: 0,
    html_url: `${store.origin}/${account.login}`,
    type: "Organization",
    created_at: account.createdAt,
    updated_at: account.createdAt,
    archived_at: null,
  };
}

export function viewEnterprise(
  store: GithubStore,
  enterprise: EnterpriseRecord,
): Record<string, unknown> {
  return {
    id: enterprise.id,
    slug: enterprise.slug,
    name: enterprise.name,
    node_id: makeNodeId("Enterprise", enterprise.id),
    avatar_url: `${store.origin}/avatars/b/${enterprise.id}`,
    html_url: `${store.origin}/enterprises/${enterprise.slug}`,
    created_at: enterprise.createdAt,
    updated_at: enterprise.createdAt,
  };
}

export function viewApp(store: GithubStore, app: AppRecord): Record<string, unknown> {
  const installations = store.installations.entries().filter(([, one]) => one.appId === app.id);
  return {
    id: app.id,
    slug: app.slug,
    client_id: app.clientId,
    node_id: makeNodeId("Integration", app.id),
    owner: viewAccount(store, app.owner),
    name: app.name,
    description: null,
    external_url: store.origin,
    html_url: `${store.origin}/github-apps/${app.slug}`,
    created_at: app.createdAt,
    updated_at: app.createdAt,
    permissions: app.permissions,
    events: [],
    installations_count: installations.length,
  };
}

export function viewInstallation(
  store: GithubStore,
  installation: InstallationRecord,
): Record<string, unknown> {
  const account = store.account(installation.account);
  const app = store.apps.get(String(installation.appId));
  const owner = account?.type === "Organization" ? `organizations/${account.login}/` : "";
  return {
    id: installation.id,
    client_id: app?.clientId ?? "",
    account: viewAccount(store, installation.account),
    repository_selection: installation.repositoryIds === "all" ? "all" : "selected",
    access_tokens_url: apiUrl(store, `/app/installations/${installation.id}/access_tokens`),
    repositories_url: apiUrl(store, "/installation/repositories"),
    html_url: `${store.origin}/${owner}settings/installations/${installation.id}`,
    app_id: installation.appId,
    app_slug: app?.slug ?? "",
    target_id: account?.id ?? 0,
    target_type: account?.type ?? "Organization",
    permissions: installation.permissions,
    events: [],
    created_at: installation.createdAt,
    updated_at: installation.createdAt,
    single_file_name: null,
    has_multiple_single_files: false,
    single_file_paths: [],
    suspended_by: null,
    suspended_at: installation.suspendedAt,
  };
}
