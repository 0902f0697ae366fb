import { randomBytes } from "node:crypto";
import type { SandboxReply } from "../../ports.js";
import { makeGithubError, makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { RunnerRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import {
  checkLabels,
  createJitRunner,
  makeLabels,
  runnersOf,
  sweepRunners,
  type RunnerLabel,
} from "../runners.js";
import { formatTime } from "../store.js";
import { viewRunner } from "../views/actions.js";
import {
  needRunners,
  operationName,
  scopeKey,
  scopeKinds,
  scopePath,
  type ScopeKind,
} from "./runner-scope.js";

export function routeRunners(parts: GithubParts): RouteTable {
  return Object.assign({}, ...scopeKinds.map((kind) => routeScope(kind, parts))) as RouteTable;
}

function routeScope(kind: ScopeKind, parts: GithubParts): RouteTable {
  const { store, sessions } = parts;
  const read = needRunners(kind, "read");
  const write = needRunners(kind, "write");
  const view = (runner: RunnerRecord): unknown =>
    viewRunner(runner, { online: sessions.isOnline(runner.id), busy: sessions.isBusy(runner.id) });
  const find = (call: Call): RunnerRecord => {
    sweepRunners(store, (id) => sessions.isOnline(id));
    const runner = store.runner(Number(call.path.runner_id));
    if (runner?.scope !== scopeKey(call)) throw makeNotFound(call.docs);
    return runner;
  };
  const relabel = (runner: RunnerRecord, labels: readonly RunnerLabel[]): SandboxReply => {
    if (labels.length > 100) throw makeGithubError(422, "A runner has 100 labels at most.");
    store.putRunner({ ...runner, labels });
    parts.actions.notify();
    return { status: 200, body: { total_count: labels.length, labels } };
  };
  const readLabels = (call: Call): string[] => {
    const names = call.body.labels as string[];
    checkLabels(names, call.docs);
    return names;
  };
  const readOnly = (runner: RunnerRecord): RunnerLabel[] =>
    runner.labels.filter((label) => label.type === "read-only");

  return {
    [operationName(kind, "list")]: {
      need: read,
      handle: (call) => {
        sweepRunners(store, (id) => sessions.isOnline(id));
        const name = call.request.query.get("name");
        const runners = runnersOf(store, scopeKey(call)).filter(
          (runner) => name === null || runner.name === name,
        );
        return cutPage(call.request, runners, (page, total) => ({
          total_count: total,
          runners: page.map(view),
        }));
      },
    },
    [operationName(kind, "get")]: {
      need: read,
      handle: (call) => ({ status: 200, body: view(find(call)) }),
    },
    [operationName(kind, "delete")]: {
      need: write,
      handle: (call) => {
        const runner = find(call);
        if (runner.forced?.busy ?? sessions.isBusy(runner.id)) {
          throw makeGithubError(
            422,
            `Bad request - Runner "${runner.name}" is still running a job`,
            { docs: call.docs },
          );
        }
        store.runners.delete(String(runner.id));
        sessions.drop(runner.id);
        return { status: 204 };
      },
    },
    [operationName(kind, "jitconfig")]: {
      need: write,
      handle: (call) => {
        sweepRunners(store, (id) => sessions.isOnline(id));
        const { runner, encoded } = createJitRunner(store, {
          scope: scopeKey(call),
          scopeUrl: `${store.origin}${scopePath(call).replace(/^\/(repos|orgs)/, "")}`,
          groupId: call.body.runner_group_id as number,
          name: call.body.name as string,
          labels: call.body.labels as string[],
          workFolder: (call.body.work_folder as string | undefined) ?? "_work",
          docs: call.docs,
        });
        return { status: 201, body: { runner: view(runner), encoded_jit_config: encoded } };
      },
    },
    [operationName(kind, "downloads")]: {
      need: read,
      handle: () => ({ status: 200, body: listDownloads(parts) }),
    },
    [operationName(kind, "registrationToken")]: {
      need: write,
      handle: () => issueRunnerToken(parts),
    },
    [operationName(kind, "removeToken")]: { need: write, handle: () => issueRunnerToken(parts) },
    [operationName(kind, "listLabels")]: {
      need: read,
      handle: (call) => {
        const { labels } = find(call);
        return { status: 200, body: { total_count: labels.length, labels } };
      },
    },
    [operationName(kind, "addLabels")]: {
      need: write,
      handle: (call) => {
        const runner = find(call);
        const has = new Set(runner.labels.map((label) => label.name.toLowerCase()));
        const added = readLabels(call).filter((name) => !has.has(name.toLowerCase()));
        return relabel(runner, [...runner.labels, ...makeLabels(store, added)]);
      },
    },
    [operationName(kind, "setLabels")]: {
      need: write,
      handle: (call) => {
        const runner = find(call);
        return relabel(runner, [...readOnly(runner), ...makeLabels(store, readLabels(call))]);
      },
    },
    [operationName(kind, "removeLabels")]: {
      need: write,
      handle: (call) => {
        const runner = find(call);
        return relabel(runner, readOnly(runner));
      },
    },
    [operationName(kind, "removeLabel")]: {
      need: write,
      handle: (call) => {
        const runner = find(call);
        const name = (call.path.name ?? "").toLowerCase();
        const label = runner.labels.find((one) => one.name.toLowerCase() === name);
        if (label === undefined) throw makeNotFound(call.docs);
        if (label.type === "read-only") {
          throw makeGithubError(422, "Read-only labels cannot be removed.", { docs: call.docs });
        }
        return relabel(
          runner,
          runner.labels.filter((one) => one !== label),
        );
      },
    },
  };
}

/** Tokens for the old way, which the sandbox's runner does not take: only their shape is served. */
function issueRunnerToken({ store }: GithubParts): SandboxReply {
  return {
    status: 201,
    body: {
      token: randomBytes(15).toString("hex").toUpperCase().slice(0, 29),
      expires_at: formatTime(new Date(store.clock.now().getTime() + 3600_000)),
    },
  };
}

function listDownloads({ store }: GithubParts): unknown[] {
  const repository = store.repository("actions", "runner");
  const release = store.releases
    .entries()
    .map(([, one]) => one)
    .filter((one) => one.repositoryId === repository?.id)
    .at(-1);
  return (release?.assets ?? []).map((asset) => ({
    os: "linux",
    architecture: asset.name.includes("arm64") ? "arm64" : "x64",
    download_url: `${store.origin}/actions/runner/releases/download/${release?.tag}/${asset.name}`,
    filename: asset.name,
    sha256_checksum: asset.digest.replace("sha256:", ""),
  }));
}
