import { generateKeyPairSync } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AccountRecord, Permissions, RunnerGroupRecord } from "./records.js";
import { createRepository, putFile } from "./repositories.js";
import type { RunnerArchive } from "./runner-archive.js";
import { hashSecret, type GithubStore } from "./store.js";
import { issueToken } from "./tokens.js";

/** What every fresh sandbox has: names that documents and tests may count on. */
export const seeded = {
  user: "octocat",
  organization: "octo-org",
  enterprise: "octo-corp",
  repository: "hello",
  appId: 1,
  installationId: 1,
  appKeyFile: "app-private-key.pem",
  patFile: "pat",
} as const;

const helloWorkflow = `name: Hello
on:
  workflow_dispatch:
    inputs:
      who:
        description: Whom to greet
        default: world
jobs:
  hello:
    runs-on: [self-hosted, azure]
    steps:
      - name: Greet
        run: echo "Hello, \${{ inputs.who }}!"
      - name: Show the runner
        run: |
          echo "runner: $RUNNER_NAME"
          uname -a
`;

const appPermissions: Permissions = {
  metadata: "read",
  actions: "write",
  administration: "write",
  contents: "read",
  environments: "write",
  actions_variables: "write",
  organization_actions_variables: "write",
  organization_self_hosted_runners: "write",
};

const classicScopes = [
  "repo",
  "workflow",
  "admin:org",
  "manage_runners:enterprise",
  "admin:enterprise",
];

/** Fills an empty GitHub; leaves one that has been filled as it is. */
export function seedGithub(store: GithubStore, archive: RunnerArchive): void {
  if (store.account(seeded.organization) === undefined) {
    createOwners(store);
    createRunnerRelease(store, archive);
    const repository = createRepository(store, {
      owner: seeded.organization,
      name: seeded.repository,
      visibility: "private",
    });
    putFile(store, repository, ".github/workflows/hello.yml", helloWorkflow);
    createApp(store);
  }
  writePat(store);
}

function createOwners(store: GithubStore): void {
  const createdAt = store.now();
  const put = (account: Omit<AccountRecord, "createdAt">): void =>
    store.accounts.set(account.login.toLowerCase(), { ...account, createdAt });
  put({ id: 583231, login: seeded.user, type: "User", name: "The Octocat", members: {} });
  put({
    id: 9919001,
    login: seeded.organization,
    type: "Organization",
    name: "Octo Organization",
    enterprise: seeded.enterprise,
    members: { [seeded.user]: "admin" },
  });
  put({
    id: 44036562,
    login: "actions",
    type: "Organization",
    name: "GitHub Actions",
    members: {},
  });
  store.enterprises.set(seeded.enterprise, {
    id: 301,
    slug: seeded.enterprise,
    name: "Octo Corp",
    admins: [seeded.user],
    createdAt,
  });
  store.putGroup(makeDefaultGroup("org:9919001"));
  store.putGroup(makeDefaultGroup("ent:301"));
}

export function makeDefaultGroup(scope: string): RunnerGroupRecord {
  return {
    id: 1,
    scope,
    name: "Default",
    isDefault: true,
    visibility: "all",
    selectedIds: [],
    allowsPublicRepositories: false,
    restrictedToWorkflows: false,
    selectedWorkflows: [],
  };
}

function createRunnerRelease(store: GithubStore, archive: RunnerArchive): void {
  const repository = createRepository(store, {
    owner: "actions",
    name: "runner",
    visibility: "public",
  });
  const id = store.nextId("release", 200_001);
  const names = ["x64", "arm64"].map(
    (arch) => `actions-runner-linux-${arch}-${archive.version}.tar.gz`,
  );
  store.releases.set(String(id), {
    id,
    repositoryId: repository.id,
    tag: `v${archive.version}`,
    createdAt: store.now(),
    assets: names.map((name) => ({
      id: store.nextId("asset", 300_001),
      name,
      contentType: "application/x-gzip",
      size: archive.bytes.length,
      digest: archive.digest,
    })),
  });
}

/** An App installed on the organization; its key lies in the state directory, readable by its owner alone. */
function createApp(store: GithubStore): void {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    // GitHub hands out PKCS #1.
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
  writeFileSync(join(store.state.directory("github"), seeded.appKeyFile), privateKey, {
    mode: 0o600,
  });
  const createdAt = store.now();
  store.apps.set(String(seeded.appId), {
    id: seeded.appId,
    slug: "runnerctl-sandbox",
    name: "runnerctl sandbox",
    owner: seeded.organization,
    clientId: "Iv23liSandboxRunner1",
    publicKeyPem: publicKey,
    permissions: appPermissions,
    createdAt,
  });
  store.installations.set(String(seeded.installationId), {
    id: seeded.installationId,
    appId: seeded.appId,
    account: seeded.organization,
    permissions: appPermissions,
    repositoryIds: "all",
    suspendedAt: null,
    createdAt,
  });
}

/** The token's value exists in its file alone: a file that is gone, or holds no known token, gets a new one. */
function writePat(store: GithubStore): void {
  const file = join(store.state.directory("github"), seeded.patFile);
  if (existsSync(file)) {
    const known = store.tokens.get(hashSecret(readFileSync(file, "utf8").trim()));
    if (known !== undefined) return;
  }
  const { value } = issueToken(store, {
    kind: "classic",
    owner: seeded.user,
    scopes: classicScopes,
    permissions: {},
    target: null,
    repositoryIds: "all",
    installationId: null,
    jobId: null,
    expiresAt: null,
  });
  writeFileSync(file, `${value}\n`, { mode: 0o600 });
}
