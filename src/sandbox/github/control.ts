import { join } from "node:path";
import { SandboxHttpError, type SandboxReply, type SandboxRequest } from "../ports.js";
import type { Permissions, RepositoryRecord, RunnerRecord, TokenRecord } from "./records.js";
import { createRepository, isWorkflowPath, putFile } from "./repositories.js";
import type { GithubParts } from "./route.js";
import { makeDefaultGroup, seeded } from "./seed.js";
import { formatTime, hashSecret } from "./store.js";
import { issueToken } from "./tokens.js";
import { WorkflowFileError } from "./workflow/model.js";
import { readWorkflow } from "./workflow/read-workflow.js";

type Body = Readonly<Record<string, unknown>>;

const prefix = "/_sandbox/github";

/**
 * What a test does to GitHub from outside of its API. The control token has been checked before a
 * request comes here.
 */
export async function handleControl(
  parts: GithubParts,
  request: SandboxRequest,
): Promise<SandboxReply | undefined> {
  if (!request.path.startsWith(`${prefix}/`) && request.path !== prefix) return undefined;
  const [noun = "", ...rest] = request.path
    .slice(prefix.length + 1)
    .split("/")
    .map(decodeURIComponent);
  const body = request.method === "GET" ? {} : (((await request.json()) ?? {}) as Body);
  switch (`${request.method} ${noun}`) {
    case "GET ":
      return { status: 200, body: describe(parts) };
    case "PUT accounts":
      return putAccount(parts, rest, body);
    case "PUT repositories":
      return putRepository(parts, rest, body);
    case "PUT files":
      return putRepositoryFile(parts, rest, body);
    case "POST tokens":
      return createToken(parts, body);
    case "PATCH tokens":
      return changeToken(parts, body);
    case "PATCH runners":
      return forceRunner(parts, rest, body);
    case "PATCH installations":
      return changeInstallation(parts, rest, body);
    case "POST rate-limit":
      return setRateLimit(parts, body);
    default:
      return undefined;
  }
}

/** Where the seeded credentials lie; never the credentials. */
function describe({ store }: GithubParts): unknown {
  const folder = store.state.directory("github");
  return {
    apiUrl: `${store.origin}/api/v3`,
    organization: seeded.organization,
    repository: `${seeded.organization}/${seeded.repository}`,
    enterprise: seeded.enterprise,
    user: seeded.user,
    app: {
      id: seeded.appId,
      installationId: seeded.installationId,
      privateKeyFile: join(folder, seeded.appKeyFile),
    },
    patFile: join(folder, seeded.patFile),
  };
}

function putAccount({ store }: GithubParts, [login]: readonly string[], body: Body): SandboxReply {
  if (login === undefined) throw invalid("PUT accounts/{login}");
  const known = store.account(login);
  const type = body.type === "User" ? "User" : "Organization";
  const enterprise = (body.enterprise as string | undefined) ?? known?.enterprise;
  const account = {
    id: known?.id ?? store.nextId("account", 8_000_001),
    login,
    type: known?.type ?? (type as "User" | "Organization"),
    name: (body.name as string | undefined) ?? login,
    ...(enterprise === undefined ? {} : { enterprise }),
    members:
      (body.members as Record<string, "admin" | "member"> | undefined) ??
      known?.members ??
      (type === "Organization" ? { [seeded.user]: "admin" as const } : {}),
    createdAt: known?.createdAt ?? store.now(),
  };
  store.accounts.set(login.toLowerCase(), account);
  const scope = `org:${account.id}`;
  if (account.type === "Organization" && store.group(scope, 1) === undefined) {
    store.putGroup(makeDefaultGroup(scope));
  }
  return { status: 200, body: account };
}

/** Makes or changes a repository: visibility, collaborators, secrets, branch protection. */
function putRepository(
  { store }: GithubParts,
  [owner, name]: readonly string[],
  body: Body,
): SandboxReply {
  if (owner === undefined || name === undefined) throw invalid("PUT repositories/{owner}/{name}");
  if (store.account(owner) === undefined) throw invalid(`there is no account ${owner}`);
  const visibility = body.visibility as RepositoryRecord["visibility"] | undefined;
  const known =
    store.repository(owner, name) ??
    createRepository(store, { owner, name, visibility: visibility ?? "private" });
  const repository: RepositoryRecord = {
    ...known,
    visibility: visibility ?? known.visibility,
    collaborators:
      (body.collaborators as RepositoryRecord["collaborators"] | undefined) ?? known.collaborators,
    secrets: (body.secrets as Record<string, string> | undefined) ?? known.secrets,
    protectedBranches:
      (body.protectedBranches as Record<string, unknown> | undefined) ?? known.protectedBranches,
  };
  store.putRepository(repository);
  const { secrets: _secrets, ...visible } = repository;
  return { status: 200, body: visible };
}

/** `PUT files/{owner}/{repo}/{path}`; a workflow file that cannot be read is refused with every reason. */
function putRepositoryFile(
  { store }: GithubParts,
  rest: readonly string[],
  body: Body,
): SandboxReply {
  const [owner = "", name = "", ...segments] = rest;
  const repository = store.repository(owner, name);
  const { content } = body;
  if (repository === undefined) throw invalid(`there is no repository ${owner}/${name}`);
  if (typeof content !== "string") throw invalid("`content` must be the file's text");
  const path = segments.join("/");
  if (isWorkflowPath(path) && body.check !== false) {
    try {
      readWorkflow(content);
    } catch (error) {
      if (error instanceof WorkflowFileError)
        throw invalid(`${path}: ${error.problems.join("; ")}`);
      throw error;
    }
  }
  const { file, commit } = putFile(store, repository, path, content);
  return { status: 200, body: { path, sha: file.sha, commit } };
}

/** A token with just these rights; its value is in this answer and nowhere else. */
function createToken({ store }: GithubParts, body: Body): SandboxReply {
  const kind = body.kind === "fine-grained" ? "fine-grained" : "classic";
  const names = body.repositories as string[] | undefined;
  const target = (body.target as string | undefined) ?? seeded.organization;
  const token: Omit<TokenRecord, "id"> = {
    kind,
    owner: (body.owner as string | undefined) ?? seeded.user,
    scopes: (body.scopes as string[] | undefined) ?? [],
    permissions: (body.permissions as Permissions | undefined) ?? {},
    target: kind === "fine-grained" ? target : null,
    repositoryIds: names?.flatMap((name) => store.repository(target, name)?.id ?? []) ?? "all",
    installationId: null,
    jobId: null,
    expiresAt: (body.expiresAt as string | undefined) ?? null,
  };
  return { status: 201, body: { token: issueToken(store, token).value } };
}

/** Sets when a token expires (`expiresAt`), or revokes it (`revoked: true`). */
function changeToken({ store }: GithubParts, body: Body): SandboxReply {
  const hash = hashSecret(String(body.token));
  const token = store.tokens.get(hash);
  if (token === undefined) throw invalid("there is no such token");
  if (body.revoked === true) store.tokens.delete(hash);
  else store.tokens.set(hash, { ...token, expiresAt: readTime(body.expiresAt) });
  return { status: 204 };
}

/** Puts a runner into a state without a process; `null` takes that back. */
function forceRunner({ store }: GithubParts, [id]: readonly string[], body: Body): SandboxReply {
  const runner = store.runner(Number(id));
  if (runner === undefined) throw invalid(`there is no runner ${id}`);
  const { forced: _forced, ...rest } = runner;
  const forced = body.forced as RunnerRecord["forced"] | null | undefined;
  const lastSeenAt =
    body.lastSeenAt === undefined ? runner.lastSeenAt : (readTime(body.lastSeenAt) ?? "");
  store.putRunner({
    ...rest,
    lastSeenAt,
    ...(forced === null || forced === undefined ? {} : { forced }),
  });
  return { status: 204 };
}

function changeInstallation(
  { store }: GithubParts,
  [id]: readonly string[],
  body: Body,
): SandboxReply {
  const installation = store.installations.get(String(id));
  if (installation === undefined) throw invalid(`there is no installation ${id}`);
  const names = body.repositories as string[] | "all" | undefined;
  store.installations.set(String(id), {
    ...installation,
    permissions: (body.permissions as Permissions | undefined) ?? installation.permissions,
    repositoryIds:
      names === undefined || names === "all"
        ? (names ?? installation.repositoryIds)
        : names.flatMap((name) => store.repository(installation.account, name)?.id ?? []),
    suspendedAt:
      body.suspended === undefined
        ? installation.suspendedAt
        : body.suspended === true
          ? store.now()
          : null,
  });
  return { status: 204 };
}

/** `{token, remaining}`: leaves so many requests in the current window of the token's owner. */
function setRateLimit({ store, limiter }: GithubParts, body: Body): SandboxReply {
  const hash = hashSecret(String(body.token));
  const token = store.tokens.get(hash);
  if (token === undefined) throw invalid("there is no such token");
  limiter.setRemaining({ kind: "token", token, hash }, Number(body.remaining));
  return { status: 204 };
}

function readTime(value: unknown): string | null {
  if (value === null) return null;
  const time = new Date(String(value));
  if (Number.isNaN(time.getTime())) throw invalid(`${JSON.stringify(value)} is not a time`);
  return formatTime(time);
}

function invalid(message: string): SandboxHttpError {
  return new SandboxHttpError(400, "InvalidControlRequest", message);
}
