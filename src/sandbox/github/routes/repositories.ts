import { roleOf, type Need } from "../access.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { PermissionLevel, RepositoryRecord } from "../records.js";
import { createRepository, deleteRepository, putFile } from "../repositories.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import { viewAccount } from "../views/accounts.js";
import { viewBranch, viewContent, viewFileCommit } from "../views/contents.js";
import { repositoryUrl, viewRepository } from "../views/repositories.js";

function need(permission: string, level: PermissionLevel): Need {
  return { kind: "permission", permission, level, scopes: ["repo"] };
}

/** Repositories, their files, branches and people, as far as runners have to do with them. */
export function routeRepositories({ store }: GithubParts): RouteTable {
  return {
    "repos/get": {
      need: need("metadata", "read"),
      handle: (call) => ({ status: 200, body: viewRepository(store, repositoryOf(call)) }),
    },
    "repos/create-in-org": {
      need: need("administration", "write"),
      handle: (call) => {
        const owner = call.target.kind === "organization" ? call.target.organization.login : "";
        const name = call.body.name as string;
        if (!/^[\w.-]{1,100}$/.test(name) || store.repository(owner, name) !== undefined) {
          throw makeGithubError(422, "Repository creation failed.", {
            docs: call.docs,
            errors: [
              {
                resource: "Repository",
                code: "custom",
                field: "name",
                message: "name already exists on this account",
              },
            ],
          });
        }
        const visibility =
          (call.body.visibility as RepositoryRecord["visibility"] | undefined) ??
          (call.body.private === true ? "private" : "public");
        const repository = createRepository(store, { owner, name, visibility });
        return { status: 201, body: viewRepository(store, repository) };
      },
    },
    "repos/delete": {
      need: { ...need("administration", "write"), scopes: ["delete_repo"] } as Need,
      handle: (call) => {
        deleteRepository(store, repositoryOf(call));
        return { status: 204 };
      },
    },
    "repos/get-readme": {
      need: need("contents", "read"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const file = store.files.get(`${repository.id}:README.md`);
        if (file === undefined) throw makeNotFound(call.docs);
        return { status: 200, body: viewContent(store, repository, file) };
      },
    },
    "repos/get-content": {
      need: need("contents", "read"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const path = (call.path.path ?? "").replace(/\/$/, "");
        const file = store.files.get(`${repository.id}:${path}`);
        if (file !== undefined) {
          if (/application\/vnd\.github(\.v3)?\.raw/.test(String(call.request.headers.accept))) {
            return {
              status: 200,
              headers: { "content-type": "application/vnd.github.raw; charset=utf-8" },
              body: file.content,
            };
          }
          return { status: 200, body: viewContent(store, repository, file) };
        }
        const below = store.files.entries(`${repository.id}:${path}/`).map(([, one]) => one);
        if (below.length === 0) throw makeNotFound(call.docs);
        const listed = below.filter((one) => !one.path.slice(path.length + 1).includes("/"));
        return {
          status: 200,
          body: listed.map((one) => {
            const {
              content: _content,
              encoding: _encoding,
              ...entry
            } = viewContent(store, repository, one);
            return entry;
          }),
        };
      },
    },
    "repos/create-or-update-file-contents": {
      need: need("contents", "write"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const path = call.path.path ?? "";
        const known = store.files.get(`${repository.id}:${path}`);
        if (known !== undefined && call.body.sha !== known.sha) {
          const message =
            call.body.sha === undefined
              ? `Invalid request.\n\n"sha" wasn't supplied.`
              : `${path} does not match ${String(call.body.sha)}`;
          throw makeGithubError(call.body.sha === undefined ? 422 : 409, message, {
            docs: call.docs,
          });
        }
        const content = Buffer.from(call.body.content as string, "base64").toString("utf8");
        const { file, commit } = putFile(store, repository, path, content);
        return {
          status: known === undefined ? 201 : 200,
          body: viewFileCommit(store, repository, file, {
            sha: commit,
            message: call.body.message as string,
          }),
        };
      },
    },
    "repos/list-branches": {
      need: need("contents", "read"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const url = repositoryUrl(store, repository);
        return cutPage(call.request, Object.entries(repository.branches), (page) =>
          page.map(([name, sha]) => ({
            name,
            commit: { sha, url: `${url}/commits/${sha}` },
            protected: name in repository.protectedBranches,
          })),
        );
      },
    },
    "repos/get-branch": {
      need: need("contents", "read"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const branch = call.path.branch ?? "";
        const sha = repository.branches[branch];
        if (sha === undefined) throw makeGithubError(404, "Branch not found", { docs: call.docs });
        return { status: 200, body: viewBranch(store, repository, branch, sha) };
      },
    },
    "repos/get-branch-protection": {
      need: need("administration", "read"),
      handle: (call) => {
        const repository = repositoryOf(call);
        const branch = call.path.branch ?? "";
        if (repository.branches[branch] === undefined) {
          throw makeGithubError(404, "Branch not found", { docs: call.docs });
        }
        const protection = repository.protectedBranches[branch];
        if (protection === undefined) {
          throw makeGithubError(404, "Branch not protected", { docs: call.docs });
        }
        return { status: 200, body: protection };
      },
    },
    "repos/get-collaborator-permission-level": {
      need: need("metadata", "read"),
      handle: (call) => {
        const account = store.account(call.path.username ?? "");
        if (account?.type !== "User") throw makeNotFound(call.docs);
        const role = roleOf(store, account.login, repositoryOf(call));
        // `permission` knows four values; the finer role stands in `role_name`.
        const permission = role === "maintain" ? "write" : role === "triage" ? "read" : role;
        const atLeast = (roles: readonly string[]): boolean => roles.includes(role);
        return {
          status: 200,
          body: {
            permission,
            role_name: role,
            user: {
              ...viewAccount(store, account.login),
              role_name: role,
              permissions: {
                admin: role === "admin",
                maintain: atLeast(["admin", "maintain"]),
                push: atLeast(["admin", "maintain", "write"]),
                triage: atLeast(["admin", "maintain", "write", "triage"]),
                pull: role !== "none",
              },
            },
          },
        };
      },
    },
  };
}

export function repositoryOf(call: Call): RepositoryRecord {
  if (call.target.kind !== "repository") throw makeNotFound(call.docs);
  return call.target.repository;
}
