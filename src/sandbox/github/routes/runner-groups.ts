import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { RunnerGroupRecord, RunnerRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { runnersOf } from "../runners.js";
import { viewRunner, viewRunnerGroup } from "../views/actions.js";
import { viewOrganization } from "../views/accounts.js";
import { viewMinimalRepository } from "../views/repositories.js";
import { needRunners, scopeKey, scopePath } from "./runner-scope.js";

type Kind = "organization" | "enterprise";

/** Operation ids of the two scopes that have groups. */
const ids = {
  organization: {
    list: "actions/list-self-hosted-runner-groups-for-org",
    create: "actions/create-self-hosted-runner-group-for-org",
    get: "actions/get-self-hosted-runner-group-for-org",
    update: "actions/update-self-hosted-runner-group-for-org",
    delete: "actions/delete-self-hosted-runner-group-from-org",
    listRunners: "actions/list-self-hosted-runners-in-group-for-org",
    setRunners: "actions/set-self-hosted-runners-in-group-for-org",
    addRunner: "actions/add-self-hosted-runner-to-group-for-org",
    removeRunner: "actions/remove-self-hosted-runner-from-group-for-org",
    listAccess: "actions/list-repo-access-to-self-hosted-runner-group-in-org",
    setAccess: "actions/set-repo-access-to-self-hosted-runner-group-in-org",
    addAccess: "actions/add-repo-access-to-self-hosted-runner-group-in-org",
    removeAccess: "actions/remove-repo-access-to-self-hosted-runner-group-in-org",
  },
  enterprise: {
    list: "enterprise-admin/list-self-hosted-runner-groups-for-enterprise",
    create: "enterprise-admin/create-self-hosted-runner-group-for-enterprise",
    get: "enterprise-admin/get-self-hosted-runner-group-for-enterprise",
    update: "enterprise-admin/update-self-hosted-runner-group-for-enterprise",
    delete: "enterprise-admin/delete-self-hosted-runner-group-from-enterprise",
    listRunners: "enterprise-admin/list-self-hosted-runners-in-group-for-enterprise",
    setRunners: "enterprise-admin/set-self-hosted-runners-in-group-for-enterprise",
    addRunner: "enterprise-admin/add-self-hosted-runner-to-group-for-enterprise",
    removeRunner: "enterprise-admin/remove-self-hosted-runner-from-group-for-enterprise",
    listAccess: "enterprise-admin/list-org-access-to-self-hosted-runner-group-in-enterprise",
    setAccess: "enterprise-admin/set-org-access-to-self-hosted-runner-group-in-enterprise",
    addAccess: "enterprise-admin/add-org-access-to-self-hosted-runner-group-in-enterprise",
    removeAccess: "enterprise-admin/remove-org-access-to-self-hosted-runner-group-in-enterprise",
  },
} as const;

export function routeRunnerGroups(parts: GithubParts): RouteTable {
  return { ...routeKind("organization", parts), ...routeKind("enterprise", parts) };
}

function routeKind(kind: Kind, { store, sessions, actions }: GithubParts): RouteTable {
  const read = needRunners(kind, "read");
  const write = needRunners(kind, "write");
  const id = ids[kind];
  const selectedKey =
    kind === "organization" ? "selected_repository_ids" : "selected_organization_ids";
  const groupsOf = (call: Call): RunnerGroupRecord[] =>
    store.groups.entries(`${scopeKey(call)}/`).map(([, group]) => group);
  const find = (call: Call): RunnerGroupRecord => {
    const group = store.group(scopeKey(call), Number(call.path.runner_group_id));
    if (group === undefined) throw makeNotFound(call.docs);
    return group;
  };
  const view = (call: Call, group: RunnerGroupRecord): unknown =>
    viewRunnerGroup(store, group, scopePath(call));
  const put = (group: RunnerGroupRecord): void => {
    store.putGroup(group);
    actions.notify();
  };
  const checkName = (call: Call, name: string, self?: RunnerGroupRecord): void => {
    const taken = groupsOf(call).some(
      (one) => one.id !== self?.id && one.name.toLowerCase() === name.toLowerCase(),
    );
    if (taken) {
      throw makeGithubError(409, `Runner group with name '${name}' already exists.`, {
        docs: call.docs,
      });
    }
  };
  const findRunner = (call: Call, runnerId: number): RunnerRecord => {
    const runner = store.runner(runnerId);
    if (runner?.scope !== scopeKey(call)) throw makeNotFound(call.docs);
    return runner;
  };
  const select = (
    call: Call,
    change: (ids: readonly number[]) => readonly number[],
  ): { status: 204 } => {
    const group = find(call);
    if (group.visibility !== "selected") {
      throw makeGithubError(409, "The runner group's visibility is not `selected`.", {
        docs: call.docs,
      });
    }
    put({ ...group, selectedIds: [...new Set(change(group.selectedIds))] });
    return { status: 204 };
  };
  const accessId = (call: Call): number => Number(call.path.repository_id ?? call.path.org_id);

  return {
    [id.list]: {
      need: read,
      handle: (call) =>
        cutPage(call.request, groupsOf(call), (page, total) => ({
          total_count: total,
          runner_groups: page.map((group) => view(call, group)),
        })),
    },
    [id.create]: {
      need: write,
      handle: (call) => {
        const { body } = call;
        const name = body.name as string;
        checkName(call, name);
        const scope = scopeKey(call);
        const group: RunnerGroupRecord = {
          id: store.nextId(`runner-group/${scope}`, 2),
          scope,
          name,
          isDefault: false,
          visibility: (body.visibility as RunnerGroupRecord["visibility"] | undefined) ?? "all",
          selectedIds: (body[selectedKey] as number[] | undefined) ?? [],
          allowsPublicRepositories: body.allows_public_repositories === true,
          restrictedToWorkflows: body.restricted_to_workflows === true,
          selectedWorkflows: (body.selected_workflows as string[] | undefined) ?? [],
        };
        put(group);
        for (const runner of (body.runners as number[] | undefined) ?? []) {
          store.putRunner({ ...findRunner(call, runner), groupId: group.id });
        }
        return { status: 201, body: view(call, group) };
      },
    },
    [id.get]: { need: read, handle: (call) => ({ status: 200, body: view(call, find(call)) }) },
    [id.update]: {
      need: write,
      handle: (call) => {
        const group = find(call);
        const { body } = call;
        const name = (body.name as string | undefined) ?? group.name;
        if (group.isDefault && name !== group.name) {
          throw makeGithubError(422, "The default runner group cannot be renamed.", {
            docs: call.docs,
          });
        }
        checkName(call, name, group);
        const changed: RunnerGroupRecord = {
          ...group,
          name,
          visibility:
            (body.visibility as RunnerGroupRecord["visibility"] | undefined) ?? group.visibility,
          allowsPublicRepositories:
            (body.allows_public_repositories as boolean | undefined) ??
            group.allowsPublicRepositories,
          restrictedToWorkflows:
            (body.restricted_to_workflows as boolean | undefined) ?? group.restrictedToWorkflows,
          selectedWorkflows:
            (body.selected_workflows as string[] | undefined) ?? group.selectedWorkflows,
        };
        put(changed);
        return { status: 200, body: view(call, changed) };
      },
    },
    [id.delete]: {
      need: write,
      handle: (call) => {
        const group = find(call);
        if (group.isDefault) {
          throw makeGithubError(422, "The default runner group cannot be deleted.", {
            docs: call.docs,
          });
        }
        // Its runners fall back to the default group.
        for (const runner of runnersOf(store, group.scope)) {
          if (runner.groupId === group.id) store.putRunner({ ...runner, groupId: 1 });
        }
        store.groups.delete(`${group.scope}/${group.id}`);
        actions.notify();
        return { status: 204 };
      },
    },
    [id.listRunners]: {
      need: read,
      handle: (call) => {
        const group = find(call);
        const runners = runnersOf(store, group.scope).filter((one) => one.groupId === group.id);
        return cutPage(call.request, runners, (page, total) => ({
          total_count: total,
          runners: page.map((runner) =>
            viewRunner(runner, {
              online: sessions.isOnline(runner.id),
              busy: sessions.isBusy(runner.id),
            }),
          ),
        }));
      },
    },
    [id.setRunners]: {
      need: write,
      handle: (call) => {
        const group = find(call);
        const wanted = call.body.runners as number[];
        for (const runner of wanted)
          store.putRunner({ ...findRunner(call, runner), groupId: group.id });
        for (const runner of runnersOf(store, group.scope)) {
          if (runner.groupId === group.id && !wanted.includes(runner.id)) {
            store.putRunner({ ...runner, groupId: 1 });
          }
        }
        actions.notify();
        return { status: 204 };
      },
    },
    [id.addRunner]: {
      need: write,
      handle: (call) => {
        const group = find(call);
        store.putRunner({ ...findRunner(call, Number(call.path.runner_id)), groupId: group.id });
        actions.notify();
        return { status: 204 };
      },
    },
    [id.removeRunner]: {
      need: write,
      handle: (call) => {
        find(call);
        store.putRunner({ ...findRunner(call, Number(call.path.runner_id)), groupId: 1 });
        actions.notify();
        return { status: 204 };
      },
    },
    [id.listAccess]: {
      need: read,
      handle: (call) => {
        const { selectedIds } = find(call);
        if (kind === "organization") {
          const repositories = selectedIds.flatMap((one) => store.repositoryById(one) ?? []);
          return cutPage(call.request, repositories, (page, total) => ({
            total_count: total,
            repositories: page.map((repository) => viewMinimalRepository(store, repository)),
          }));
        }
        const organizations = store.accounts
          .entries()
          .map(([, account]) => account)
          .filter((account) => selectedIds.includes(account.id));
        return cutPage(call.request, organizations, (page, total) => ({
          total_count: total,
          organizations: page.map((organization) => viewOrganization(store, organization)),
        }));
      },
    },
    [id.setAccess]: {
      need: write,
      handle: (call) => select(call, () => call.body[selectedKey] as number[]),
    },
    [id.addAccess]: {
      need: write,
      handle: (call) => select(call, (known) => [...known, accessId(call)]),
    },
    [id.removeAccess]: {
      need: write,
      handle: (call) => select(call, (known) => known.filter((one) => one !== accessId(call))),
    },
  };
}
