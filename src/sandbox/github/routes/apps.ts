import type { Need } from "../access.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { AppRecord, InstallationRecord, PermissionLevel, Permissions } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { formatTime, type GithubStore } from "../store.js";
import { issueToken } from "../tokens.js";
import { viewApp, viewInstallation } from "../views/accounts.js";
import { viewRepository } from "../views/repositories.js";

const need: Need = { kind: "app" };

/** GitHub Apps: https://docs.github.com/rest/apps/apps */
export function routeApps({ store }: GithubParts): RouteTable {
  const findInstallation = (call: Call): InstallationRecord => {
    const installation = store.installations.get(String(Number(call.path.installation_id)));
    if (installation?.appId !== appOf(call).id) throw makeNotFound(call.docs);
    return installation;
  };
  const findByAccount = (call: Call) => {
    const name = call.path.org ?? call.path.username ?? call.path.owner ?? "";
    const installation = installationsOf(store, appOf(call)).find(
      (one) => one.account.toLowerCase() === name.toLowerCase(),
    );
    if (installation === undefined) throw makeNotFound(call.docs);
    return { status: 200, body: viewInstallation(store, installation) };
  };
  return {
    "apps/get-authenticated": {
      need,
      handle: (call) => ({ status: 200, body: viewApp(store, appOf(call)) }),
    },
    "apps/list-installations": {
      need,
      handle: (call) =>
        cutPage(call.request, installationsOf(store, appOf(call)), (page) =>
          page.map((installation) => viewInstallation(store, installation)),
        ),
    },
    "apps/get-installation": {
      need,
      handle: (call) => ({ status: 200, body: viewInstallation(store, findInstallation(call)) }),
    },
    "apps/get-repo-installation": { need, handle: findByAccount },
    "apps/get-org-installation": { need, handle: findByAccount },
    "apps/get-user-installation": { need, handle: findByAccount },
    "apps/create-installation-access-token": {
      need,
      handle: (call) => {
        const installation = findInstallation(call);
        if (installation.suspendedAt !== null) {
          throw makeGithubError(403, "This installation has been suspended", { docs: call.docs });
        }
        const permissions = narrowPermissions(call, installation);
        const repositoryIds = narrowRepositories(store, call, installation);
        const expires = new Date(store.clock.now().getTime() + 3600_000);
        const { value } = issueToken(store, {
          kind: "installation",
          owner: `${appOf(call).slug}[bot]`,
          scopes: [],
          permissions,
          target: installation.account,
          repositoryIds,
          installationId: installation.id,
          jobId: null,
          expiresAt: formatTime(expires),
        });
        return {
          status: 201,
          body: {
            token: value,
            expires_at: formatTime(expires),
            permissions,
            repository_selection: repositoryIds === "all" ? "all" : "selected",
            ...(repositoryIds === "all" ? {} : { repositories: viewAll(store, repositoryIds) }),
          },
        };
      },
    },
  };
}

function appOf(call: Call): AppRecord {
  if (call.caller.kind !== "app") throw makeNotFound(call.docs);
  return call.caller.app;
}

function installationsOf(store: GithubStore, app: AppRecord): InstallationRecord[] {
  return store.installations
    .entries()
    .map(([, installation]) => installation)
    .filter((installation) => installation.appId === app.id);
}

function viewAll(store: GithubStore, ids: readonly number[]): unknown[] {
  return ids.flatMap((id) => {
    const repository = store.repositoryById(id);
    return repository === undefined ? [] : [viewRepository(store, repository)];
  });
}

const order: readonly PermissionLevel[] = ["read", "write", "admin"];

/** A token may have less than its installation, never more. */
function narrowPermissions(call: Call, installation: InstallationRecord): Permissions {
  const asked = call.body.permissions as Permissions | undefined;
  if (asked === undefined) return installation.permissions;
  for (const [name, level] of Object.entries(asked)) {
    const granted = installation.permissions[name];
    if (granted === undefined || order.indexOf(granted) < order.indexOf(level)) {
      throw makeGithubError(
        422,
        "The permissions requested are not granted to this installation.",
        {
          docs: call.docs,
        },
      );
    }
  }
  return { metadata: "read", ...asked };
}

function narrowRepositories(
  store: GithubStore,
  call: Call,
  installation: InstallationRecord,
): readonly number[] | "all" {
  const names = call.body.repositories as string[] | undefined;
  const ids = call.body.repository_ids as number[] | undefined;
  if (names === undefined && ids === undefined) return installation.repositoryIds;
  const found = [
    ...(names ?? []).map((name) => store.repository(installation.account, name)),
    ...(ids ?? []).map((id) => store.repositoryById(id)),
  ];
  return found.map((repository) => {
    const reachable =
      repository?.owner.toLowerCase() === installation.account.toLowerCase() &&
      (installation.repositoryIds === "all" || installation.repositoryIds.includes(repository.id));
    if (repository === undefined || !reachable) {
      throw makeGithubError(
        422,
        "There is at least one repository that does not exist or is not accessible to the parent installation.",
        { docs: call.docs },
      );
    }
    return repository.id;
  });
}
