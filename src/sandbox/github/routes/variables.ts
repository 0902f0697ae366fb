import type { SandboxReply } from "../../ports.js";
import type { Need } from "../access.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { PermissionLevel, VariableRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { apiUrl } from "../views/accounts.js";
import { viewVariable } from "../views/actions.js";
import { viewMinimalRepository } from "../views/repositories.js";
import { findEnvironment } from "./environments.js";
import { scopeKey } from "./runner-scope.js";

interface VariableScope {
  readonly ids: Readonly<Record<"list" | "create" | "get" | "update" | "delete", string>>;
  readonly need: (level: PermissionLevel) => Need;
  readonly prefix: (call: Call) => string;
  readonly view: (call: Call, variable: VariableRecord) => unknown;
}

/** Actions variables: https://docs.github.com/rest/actions/variables */
export function routeVariables(parts: GithubParts): RouteTable {
  const { store } = parts;
  const repository: VariableScope = {
    ids: makeIds("repo-variable", "list-repo-variables"),
    need: (level) => ({
      kind: "permission",
      permission: "actions_variables",
      level,
      scopes: ["repo"],
    }),
    prefix: (call) => `${scopeKey(call)}/`,
    view: (_call, variable) => viewVariable(variable),
  };
  const environment: VariableScope = {
    ids: makeIds("environment-variable", "list-environment-variables"),
    need: (level) => ({ kind: "permission", permission: "environments", level, scopes: ["repo"] }),
    prefix: (call) => `env:${findEnvironment(store, call).id}/`,
    view: (_call, variable) => viewVariable(variable),
  };
  const organization: VariableScope = {
    ids: makeIds("org-variable", "list-org-variables"),
    need: (level) => ({
      kind: "permission",
      permission: "organization_actions_variables",
      level,
      scopes: ["admin:org"],
    }),
    prefix: (call) => `${scopeKey(call)}/`,
    view: (call, variable) => ({
      ...viewVariable(variable),
      visibility: variable.visibility,
      ...(variable.visibility === "selected"
        ? {
            selected_repositories_url: apiUrl(
              store,
              `/orgs/${call.path.org}/actions/variables/${variable.name}/repositories`,
            ),
          }
        : {}),
    }),
  };
  return {
    ...routeScope(parts, repository),
    ...routeScope(parts, environment),
    ...routeScope(parts, organization),
    ...routeSelection(parts, organization),
  };
}

function makeIds(stem: string, list: string): VariableScope["ids"] {
  return {
    list: `actions/${list}`,
    create: `actions/create-${stem}`,
    get: `actions/get-${stem}`,
    update: `actions/update-${stem}`,
    delete: `actions/delete-${stem}`,
  };
}

function routeScope({ store }: GithubParts, scope: VariableScope): RouteTable {
  const { ids } = scope;
  const find = (call: Call): VariableRecord => findVariable(store.variables, scope, call);
  const put = (call: Call, variable: VariableRecord): void =>
    store.variables.set(scope.prefix(call) + variable.name, variable);
  return {
    [ids.list]: {
      need: scope.need("read"),
      handle: (call) => {
        const variables = store.variables.entries(scope.prefix(call)).map(([, one]) => one);
        return cutPage(
          call.request,
          variables,
          (page, total) => ({
            total_count: total,
            variables: page.map((variable) => scope.view(call, variable)),
          }),
          10,
        );
      },
    },
    [ids.create]: {
      need: scope.need("write"),
      handle: (call) => {
        const name = checkName(call, call.body.name as string);
        if (store.variables.get(scope.prefix(call) + name) !== undefined) {
          throw makeGithubError(409, "Already exists - Variable already exists", {
            docs: call.docs,
          });
        }
        const now = store.now();
        put(call, {
          name,
          value: checkValue(call, call.body.value as string),
          visibility: (call.body.visibility as VariableRecord["visibility"] | undefined) ?? "all",
          selectedIds: (call.body.selected_repository_ids as number[] | undefined) ?? [],
          createdAt: now,
          updatedAt: now,
        });
        return { status: 201, body: {} };
      },
    },
    [ids.get]: {
      need: scope.need("read"),
      handle: (call) => ({ status: 200, body: scope.view(call, find(call)) }),
    },
    [ids.update]: {
      need: scope.need("write"),
      handle: (call) => {
        const variable = find(call);
        const name = checkName(call, (call.body.name as string | undefined) ?? variable.name);
        if (name !== variable.name) store.variables.delete(scope.prefix(call) + variable.name);
        put(call, {
          ...variable,
          name,
          value: checkValue(call, (call.body.value as string | undefined) ?? variable.value),
          visibility:
            (call.body.visibility as VariableRecord["visibility"] | undefined) ??
            variable.visibility,
          selectedIds:
            (call.body.selected_repository_ids as number[] | undefined) ?? variable.selectedIds,
          updatedAt: store.now(),
        });
        return { status: 204 };
      },
    },
    [ids.delete]: {
      need: scope.need("write"),
      handle: (call) => {
        store.variables.delete(scope.prefix(call) + find(call).name);
        return { status: 204 };
      },
    },
  };
}

/** The repositories that may read an organization's variable. */
function routeSelection({ store }: GithubParts, scope: VariableScope): RouteTable {
  const change = (
    call: Call,
    next: (ids: readonly number[]) => readonly number[],
  ): SandboxReply => {
    const variable = findVariable(store.variables, scope, call);
    if (variable.visibility !== "selected") {
      throw makeGithubError(409, "The variable's visibility is not `selected`.", {
        docs: call.docs,
      });
    }
    const selectedIds = [...new Set(next(variable.selectedIds))];
    store.variables.set(scope.prefix(call) + variable.name, { ...variable, selectedIds });
    return { status: 204 };
  };
  return {
    "actions/list-selected-repos-for-org-variable": {
      need: scope.need("read"),
      handle: (call) => {
        const { selectedIds } = findVariable(store.variables, scope, call);
        const repositories = selectedIds.flatMap((id) => store.repositoryById(id) ?? []);
        return cutPage(call.request, repositories, (page, total) => ({
          total_count: total,
          repositories: page.map((one) => viewMinimalRepository(store, one)),
        }));
      },
    },
    "actions/set-selected-repos-for-org-variable": {
      need: scope.need("write"),
      handle: (call) => change(call, () => call.body.selected_repository_ids as number[]),
    },
    "actions/add-selected-repo-to-org-variable": {
      need: scope.need("write"),
      handle: (call) => change(call, (ids) => [...ids, Number(call.path.repository_id)]),
    },
    "actions/remove-selected-repo-from-org-variable": {
      need: scope.need("write"),
      handle: (call) =>
        change(call, (ids) => ids.filter((id) => id !== Number(call.path.repository_id))),
    },
  };
}

function findVariable(
  variables: GithubParts["store"]["variables"],
  scope: VariableScope,
  call: Call,
): VariableRecord {
  const variable = variables.get(scope.prefix(call) + (call.path.name ?? "").toUpperCase());
  if (variable === undefined) throw makeNotFound(call.docs);
  return variable;
}

/** https://docs.github.com/actions/reference/workflows-and-actions/variables#naming-conventions */
function checkName(call: Call, name: string): string {
  if (!/^[A-Za-z_]\w*$/.test(name) || /^GITHUB_/i.test(name)) {
    throw makeGithubError(
      422,
      "A variable name is made of letters, digits and underscores; it begins with no digit and not with GITHUB_.",
      { docs: call.docs },
    );
  }
  return name.toUpperCase();
}

function checkValue(call: Call, value: string): string {
  if (Buffer.byteLength(value) > 48 * 1024) {
    throw makeGithubError(422, "Variable values are limited to 48 KB.", { docs: call.docs });
  }
  return value;
}
