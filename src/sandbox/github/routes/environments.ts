import type { Need } from "../access.js";
import { makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { EnvironmentRecord, PermissionLevel } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import type { GithubStore } from "../store.js";
import { makeNodeId } from "../views/accounts.js";
import { repositoryPage, repositoryUrl } from "../views/repositories.js";
import { repositoryOf } from "./repositories.js";

function need(permission: string, level: PermissionLevel): Need {
  return { kind: "permission", permission, level, scopes: ["repo"] };
}

/** Deployment environments: https://docs.github.com/rest/deployments/environments */
export function routeEnvironments({ store }: GithubParts): RouteTable {
  const view = (call: Call, environment: EnvironmentRecord): unknown => {
    const name = encodeURIComponent(environment.name);
    return {
      id: environment.id,
      node_id: makeNodeId("Environment", environment.id),
      name: environment.name,
      url: `${repositoryUrl(store, repositoryOf(call))}/environments/${name}`,
      html_url: `${repositoryPage(store, repositoryOf(call))}/deployments/activity_log?environments_filter=${name}`,
      created_at: environment.createdAt,
      updated_at: environment.updatedAt,
      protection_rules: [],
      deployment_branch_policy: environment.settings.deployment_branch_policy ?? null,
    };
  };
  return {
    "repos/get-all-environments": {
      need: need("actions", "read"),
      handle: (call) => {
        const environments = store.environments
          .entries(`${repositoryOf(call).id}/`)
          .map(([, one]) => one);
        return cutPage(call.request, environments, (page, total) => ({
          total_count: total,
          environments: page.map((environment) => view(call, environment)),
        }));
      },
    },
    "repos/get-environment": {
      need: need("actions", "read"),
      handle: (call) => ({ status: 200, body: view(call, findEnvironment(store, call)) }),
    },
    "repos/create-or-update-environment": {
      need: need("administration", "write"),
      handle: (call) => {
        const name = call.path.environment_name ?? "";
        const key = environmentKey(call);
        const known = store.environments.get(key);
        const environment: EnvironmentRecord = {
          id: known?.id ?? store.nextId("environment", 2_000_001),
          repositoryId: repositoryOf(call).id,
          name: known?.name ?? name,
          settings: { ...known?.settings, ...call.body },
          createdAt: known?.createdAt ?? store.now(),
          updatedAt: store.now(),
        };
        store.environments.set(key, environment);
        return { status: 200, body: view(call, environment) };
      },
    },
    "repos/delete-an-environment": {
      need: need("administration", "write"),
      handle: (call) => {
        const { id } = findEnvironment(store, call);
        for (const [key] of store.variables.entries(`env:${id}/`)) store.variables.delete(key);
        store.environments.delete(environmentKey(call));
        return { status: 204 };
      },
    },
  };
}

export function findEnvironment(store: GithubStore, call: Call): EnvironmentRecord {
  const environment = store.environments.get(environmentKey(call));
  if (environment === undefined) throw makeNotFound(call.docs);
  return environment;
}

function environmentKey(call: Call): string {
  return `${repositoryOf(call).id}/${(call.path.environment_name ?? "").toLowerCase()}`;
}
