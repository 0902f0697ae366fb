import { makeNotFound } from "../errors.js";
import type { Need } from "../access.js";
import type { PermissionLevel } from "../records.js";
import type { Call } from "../route.js";

/** Where runners are registered: one list a repository, organization or enterprise. */
export type ScopeKind = "repository" | "organization" | "enterprise";

export const scopeKinds: readonly ScopeKind[] = ["repository", "organization", "enterprise"];

/** The key under which records of a scope are kept. */
export function scopeKey(call: Call): string {
  const { target } = call;
  switch (target.kind) {
    case "repository":
      return `repo:${target.repository.id}`;
    case "organization":
      return `org:${target.organization.id}`;
    case "enterprise":
      return `ent:${target.enterprise.id}`;
    case "none":
      throw makeNotFound(call.docs);
  }
}

export function scopePath(call: Call): string {
  const { target } = call;
  switch (target.kind) {
    case "repository":
      return `/repos/${target.repository.owner}/${target.repository.name}`;
    case "organization":
      return `/orgs/${target.organization.login}`;
    case "enterprise":
      return `/enterprises/${target.enterprise.slug}`;
    case "none":
      throw makeNotFound(call.docs);
  }
}

/** https://docs.github.com/rest/actions/self-hosted-runners */
export function needRunners(kind: ScopeKind, level: PermissionLevel): Need {
  switch (kind) {
    case "repository":
      return { kind: "permission", permission: "administration", level, scopes: ["repo"] };
    case "organization":
      return {
        kind: "permission",
        permission: "organization_self_hosted_runners",
        level,
        scopes: ["admin:org"],
      };
    case "enterprise":
      return {
        kind: "permission",
        permission: "enterprise_self_hosted_runners",
        level,
        scopes: ["manage_runners:enterprise", "admin:enterprise"],
      };
  }
}

/** The names of one operation in the three scopes. */
export function operationName(kind: ScopeKind, stem: string): string {
  const ids = operationIds[stem];
  if (ids === undefined) throw new Error(`no operation ${stem}`);
  return ids[scopeKinds.indexOf(kind)] ?? stem;
}

function name(stem: string, preposition = "for"): readonly string[] {
  return [
    `actions/${stem}-${preposition}-repo`,
    `actions/${stem}-${preposition}-org`,
    `enterprise-admin/${stem}-${preposition}-enterprise`,
  ];
}

const operationIds: Readonly<Record<string, readonly string[]>> = {
  list: name("list-self-hosted-runners"),
  get: name("get-self-hosted-runner"),
  delete: name("delete-self-hosted-runner", "from"),
  downloads: name("list-runner-applications"),
  jitconfig: [
    "actions/generate-runner-jitconfig-for-repo",
    "actions/generate-runner-jitconfig-for-org",
    "actions/generate-runner-jitconfig-for-enterprise",
  ],
  registrationToken: name("create-registration-token"),
  removeToken: name("create-remove-token"),
  listLabels: name("list-labels-for-self-hosted-runner"),
  addLabels: name("add-custom-labels-to-self-hosted-runner"),
  setLabels: name("set-custom-labels-for-self-hosted-runner"),
  removeLabels: name("remove-all-custom-labels-from-self-hosted-runner"),
  removeLabel: name("remove-custom-label-from-self-hosted-runner"),
};
