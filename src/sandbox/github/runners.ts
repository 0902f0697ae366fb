import { makeGithubError } from "./errors.js";
import type { RunnerRecord } from "./records.js";
import { hashSecret, type GithubStore } from "./store.js";
import { makeRandomText } from "./tokens.js";

const dayMs = 24 * 3600 * 1000;

/** Labels that GitHub itself gives to runners; all others are custom. */
const defaultLabels = ["self-hosted", "linux", "windows", "macos", "x64", "arm", "arm64"];

export type RunnerLabel = RunnerRecord["labels"][number];

export function makeLabels(store: GithubStore, names: readonly string[]): RunnerLabel[] {
  const unique = [...new Map(names.map((name) => [name.toLowerCase(), name])).values()];
  return unique.map((name) => ({
    id: store.nextId("label"),
    name,
    type: defaultLabels.includes(name.toLowerCase()) ? "read-only" : "custom",
  }));
}

export function checkLabels(names: readonly string[], docs: string): void {
  const bad = names.find((name) => name.trim() === "" || name.length > 256 || /[,\r\n]/.test(name));
  if (bad !== undefined) {
    throw makeGithubError(422, `Invalid label name: ${JSON.stringify(bad)}`, { docs });
  }
}

/** A runner made just in time, and the configuration that its listener starts with. */
export function createJitRunner(
  store: GithubStore,
  request: {
    readonly scope: string;
    readonly scopeUrl: string;
    readonly groupId: number;
    readonly name: string;
    readonly labels: readonly string[];
    readonly workFolder: string;
    readonly docs: string;
  },
): { readonly runner: RunnerRecord; readonly encoded: string } {
  const { scope, name, docs } = request;
  if (name.trim() === "" || name.length > 64 || /["/:<>\\|*?]/.test(name)) {
    throw makeGithubError(
      422,
      'Runner names are 1 to 64 characters long and have none of "/:<>\\|*?.',
      { docs },
    );
  }
  checkLabels(request.labels, docs);
  if (runnersOf(store, scope).some((one) => one.name.toLowerCase() === name.toLowerCase())) {
    throw makeGithubError(409, `Already exists - A runner with the name ${name} already exists.`, {
      docs,
    });
  }
  const group = store.group(scope, request.groupId);
  const isRepositoryDefault = scope.startsWith("repo:") && request.groupId === 1;
  if (group === undefined && !isRepositoryDefault)
    throw makeGithubError(404, "Not Found", { docs });
  const credential = makeRandomText(64);
  const runner: RunnerRecord = {
    id: store.nextId("runner"),
    name,
    scope,
    groupId: request.groupId,
    labels: makeLabels(store, request.labels),
    workFolder: request.workFolder,
    ephemeral: true,
    credentialHash: hashSecret(credential),
    sessionOpened: false,
    os: "unknown",
    version: null,
    lastSeenAt: store.now(),
  };
  store.putRunner(runner);
  return {
    runner,
    encoded: encodeJitConfig(store, request.scopeUrl, group?.name ?? "Default", runner, credential),
  };
}

/** The files that the runner application writes beside itself, by name, each in base64. */
function encodeJitConfig(
  store: GithubStore,
  scopeUrl: string,
  groupName: string,
  runner: RunnerRecord,
  credential: string,
): string {
  const files = {
    ".runner": {
      agentId: String(runner.id),
      agentName: runner.name,
      disableUpdate: "true",
      ephemeral: "true",
      poolId: String(runner.groupId),
      poolName: groupName,
      serverUrl: `${store.origin}/_runner/`,
      gitHubUrl: scopeUrl,
      workFolder: runner.workFolder,
    },
    ".credentials": {
      scheme: "OAuth",
      data: { authorizationUrl: `${store.origin}/_runner/token`, credential },
    },
    ".credentials_rsaparams": {},
  };
  const encode = (value: unknown): string =>
    Buffer.from(JSON.stringify(value), "utf8").toString("base64");
  return encode(
    Object.fromEntries(Object.entries(files).map(([file, content]) => [file, encode(content)])),
  );
}

export function runnersOf(store: GithubStore, scope: string): RunnerRecord[] {
  return store.runners
    .entries()
    .map(([, runner]) => runner)
    .filter((runner) => runner.scope === scope);
}

/**
 * Removes what GitHub would have removed by now: ephemeral runners a day after they were last
 * connected, others after 14 days.
 * https://docs.github.com/actions/how-tos/manage-runners/self-hosted-runners/remove-runners
 */
export function sweepRunners(store: GithubStore, isOnline: (runnerId: number) => boolean): void {
  const now = store.clock.now().getTime();
  for (const [key, runner] of store.runners.entries()) {
    if (isOnline(runner.id) || runner.forced !== undefined) continue;
    const days = runner.ephemeral ? 1 : 14;
    if (now - Date.parse(runner.lastSeenAt) > days * dayMs) store.runners.delete(key);
  }
}
