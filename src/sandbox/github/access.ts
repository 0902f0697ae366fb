import { makeGithubError, makeNotFound } from "./errors.js";
import type {
  AccountRecord,
  EnterpriseRecord,
  PermissionLevel,
  RepositoryRecord,
} from "./records.js";
import type { GithubStore } from "./store.js";
import { makeJwtRequired, type Caller } from "./tokens.js";

/** What an operation asks of its caller. */
export type Need =
  | { readonly kind: "anyone" }
  | { readonly kind: "user" }
  | { readonly kind: "app" }
  | { readonly kind: "installation" }
  | {
      readonly kind: "permission";
      /** Of fine-grained and App tokens: https://docs.github.com/rest/authentication/permissions-required-for-github-apps */
      readonly permission: string;
      readonly level: PermissionLevel;
      /** Any of these scopes of a classic token will do. */
      readonly scopes: readonly string[];
    };

/** What an operation is about, found from its path. */
export type Target =
  | { readonly kind: "none" }
  | { readonly kind: "repository"; readonly repository: RepositoryRecord }
  | { readonly kind: "organization"; readonly organization: AccountRecord }
  | { readonly kind: "enterprise"; readonly enterprise: EnterpriseRecord };

const levels: Readonly<Record<string, number>> = {
  read: 1,
  triage: 2,
  write: 3,
  maintain: 4,
  admin: 5,
};

/** The target of a path; 404 for one that is not there or that the caller may not see. */
export function findTarget(
  store: GithubStore,
  caller: Caller,
  path: Readonly<Record<string, string>>,
  docs: string,
): Target {
  const { owner, repo, org, enterprise: slug } = path;
  if (owner !== undefined && repo !== undefined) {
    const repository = store.repository(owner, repo);
    if (repository === undefined || !canSeeRepository(store, caller, repository)) {
      throw makeNotFound(docs);
    }
    return { kind: "repository", repository };
  }
  if (slug !== undefined) {
    const enterprise = store.enterprise(slug);
    const user =
      caller.kind === "token" && caller.token.kind === "classic" ? caller.token.owner : "";
    if (enterprise === undefined || !enterprise.admins.includes(user)) throw makeNotFound(docs);
    return { kind: "enterprise", enterprise };
  }
  if (org !== undefined) {
    const organization = store.account(org);
    if (organization?.type !== "Organization") throw makeNotFound(docs);
    return { kind: "organization", organization };
  }
  return { kind: "none" };
}

export function canSeeRepository(
  store: GithubStore,
  caller: Caller,
  repository: RepositoryRecord,
): boolean {
  if (repository.visibility === "public") return true;
  if (caller.kind === "app") {
    // An App may ask where it is installed.
    return store.installations
      .entries()
      .some(
        ([, one]) =>
          one.appId === caller.app.id &&
          one.account.toLowerCase() === repository.owner.toLowerCase() &&
          (one.repositoryIds === "all" || one.repositoryIds.includes(repository.id)),
      );
  }
  if (caller.kind === "anonymous") return false;
  const { token } = caller;
  if (token.kind === "classic") {
    return token.scopes.includes("repo") && roleOf(store, token.owner, repository) !== "none";
  }
  return (
    (token.target ?? "").toLowerCase() === repository.owner.toLowerCase() &&
    (token.repositoryIds === "all" || token.repositoryIds.includes(repository.id))
  );
}

/** Role of a user in a repository, from ownership, membership or collaboration. */
export function roleOf(
  store: GithubStore,
  login: string,
  repository: RepositoryRecord,
): "none" | "read" | "triage" | "write" | "maintain" | "admin" {
  const same = (a: string): boolean => a.toLowerCase() === login.toLowerCase();
  if (same(repository.owner)) return "admin";
  const members = store.account(repository.owner)?.members ?? {};
  const membership = Object.entries(members).find(([member]) => same(member))?.[1];
  if (membership === "admin") return "admin";
  const role = Object.entries(repository.collaborators).find(([user]) => same(user))?.[1];
  return role ?? (membership === "member" || repository.visibility === "public" ? "read" : "none");
}

/** Throws 401, 403 or 404 when the caller may not do what the operation does. */
export function authorize(
  store: GithubStore,
  caller: Caller,
  need: Need,
  target: Target,
  docs: string,
): void {
  switch (need.kind) {
    case "anyone":
      return;
    case "app":
      if (caller.kind !== "app") throw makeJwtRequired();
      return;
    case "user":
      if (caller.kind === "anonymous") throw requireAuthentication(docs);
      if (caller.kind === "app" || !isPersonal(caller)) throw inaccessible(caller, need, docs);
      return;
    case "installation":
      if (caller.kind !== "token" || caller.token.kind !== "installation") {
        throw makeGithubError(
          403,
          "You must authenticate with an installation access token in order to list repositories for an installation.",
          { docs },
        );
      }
      return;
    case "permission":
      authorizePermission(store, caller, need, target, docs);
  }
}

function authorizePermission(
  store: GithubStore,
  caller: Caller,
  need: Extract<Need, { kind: "permission" }>,
  target: Target,
  docs: string,
): void {
  const isPublicRead =
    need.level === "read" &&
    ["metadata", "contents", "actions"].includes(need.permission) &&
    (target.kind !== "repository" || target.repository.visibility === "public");
  if (caller.kind === "anonymous") {
    if (isPublicRead) return;
    throw requireAuthentication(docs);
  }
  if (caller.kind === "app") throw inaccessible(caller, need, docs);
  if (isPublicRead) return;
  const { token } = caller;
  if (token.kind === "classic") {
    const scoped =
      need.scopes.length === 0 || need.scopes.some((scope) => token.scopes.includes(scope));
    if (!scoped || !hasRole(store, token.owner, need, target))
      throw inaccessible(caller, need, docs);
    return;
  }
  // A token reaches the account it was made for and no other.
  const owner =
    target.kind === "repository"
      ? target.repository.owner
      : target.kind === "organization"
        ? target.organization.login
        : (token.target ?? "");
  const granted = levels[token.permissions[need.permission] ?? ""] ?? 0;
  if (owner.toLowerCase() !== (token.target ?? "").toLowerCase())
    throw inaccessible(caller, need, docs);
  if (granted < (levels[need.level] ?? 0)) throw inaccessible(caller, need, docs);
}

function hasRole(
  store: GithubStore,
  login: string,
  need: Extract<Need, { kind: "permission" }>,
  target: Target,
): boolean {
  if (target.kind === "repository") {
    const wanted =
      need.permission === "administration" ? "admin" : need.level === "read" ? "read" : "write";
    return (levels[roleOf(store, login, target.repository)] ?? 0) >= (levels[wanted] ?? 0);
  }
  if (target.kind === "organization") {
    if (need.permission === "metadata") return true;
    const role = Object.entries(target.organization.members).find(
      ([member]) => member.toLowerCase() === login.toLowerCase(),
    )?.[1];
    return role === "admin";
  }
  return true;
}

function isPersonal(caller: Extract<Caller, { kind: "token" }>): boolean {
  return caller.token.kind === "classic" || caller.token.kind === "fine-grained";
}

function requireAuthentication(docs: string): Error {
  return makeGithubError(401, "Requires authentication", { docs });
}

function inaccessible(caller: Caller, need: Need, docs: string): Error {
  if (caller.kind === "token" && caller.token.kind === "classic") {
    return makeGithubError(403, "Must have admin rights to Repository.", {
      docs,
      headers: describeNeed(need),
    });
  }
  const what =
    caller.kind === "token" && caller.token.kind === "fine-grained"
      ? "personal access token"
      : "integration";
  return makeGithubError(403, `Resource not accessible by ${what}`, {
    docs,
    headers: describeNeed(need),
  });
}

/** The headers by which GitHub names what an operation takes. */
export function describeNeed(need: Need): Record<string, string> {
  if (need.kind !== "permission") return {};
  return {
    "x-accepted-oauth-scopes": need.scopes.join(", "),
    "x-accepted-github-permissions": `${need.permission}=${need.level}`,
  };
}
