import type { Need } from "../access.js";
import type { PermissionLevel, RepositoryRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { repositoryOf } from "./repositories.js";
import { scopeKey } from "./runner-scope.js";

const repositoryNeed = (level: PermissionLevel): Need => ({
  kind: "permission",
  permission: "administration",
  level,
  scopes: ["repo"],
});
const organizationNeed = (level: PermissionLevel): Need => ({
  kind: "permission",
  permission: "organization_administration",
  level,
  scopes: ["admin:org"],
});
const enterpriseNeed = (level: PermissionLevel): Need => ({
  kind: "permission",
  permission: "enterprise_administration",
  level,
  scopes: ["admin:enterprise"],
});

/** Whether Actions may run at all: https://docs.github.com/rest/actions/permissions */
export function routePermissions({ store }: GithubParts): RouteTable {
  const settings = store.state.collection<Record<string, unknown>>("github-actions-permissions");
  const read = (defaults: Record<string, unknown>) => (call: Call) => ({
    status: 200,
    body: { ...defaults, ...settings.get(scopeKey(call)) },
  });
  const write = (call: Call) => {
    settings.set(scopeKey(call), { ...settings.get(scopeKey(call)), ...call.body });
    return { status: 204 };
  };
  return {
    "actions/get-github-actions-permissions-repository": {
      need: repositoryNeed("read"),
      handle: (call) => {
        const { enabled, allowed } = repositoryOf(call).actions;
        return { status: 200, body: enabled ? { enabled, allowed_actions: allowed } : { enabled } };
      },
    },
    "actions/set-github-actions-permissions-repository": {
      need: repositoryNeed("write"),
      handle: (call) => {
        const repository = repositoryOf(call);
        type Allowed = RepositoryRecord["actions"]["allowed"];
        store.putRepository({
          ...repository,
          actions: {
            enabled: call.body.enabled as boolean,
            allowed:
              (call.body.allowed_actions as Allowed | undefined) ?? repository.actions.allowed,
          },
        });
        return { status: 204 };
      },
    },
    "actions/get-github-actions-permissions-organization": {
      need: organizationNeed("read"),
      handle: read({ enabled_repositories: "all", allowed_actions: "all" }),
    },
    "actions/set-github-actions-permissions-organization": {
      need: organizationNeed("write"),
      handle: write,
    },
    "enterprise-admin/get-github-actions-permissions-enterprise": {
      need: enterpriseNeed("read"),
      handle: read({ enabled_organizations: "all", allowed_actions: "all" }),
    },
    "enterprise-admin/set-github-actions-permissions-enterprise": {
      need: enterpriseNeed("write"),
      handle: write,
    },
  };
}
