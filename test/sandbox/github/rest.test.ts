import { createHash, createSign, generateKeyPairSync, type KeyObject } from "node:crypto";
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { misfits, startGithub, type GithubFixture } from "./github-fixture.js";

let github: GithubFixture;
const org = "octo-org";
const at = { owner: org, repo: "hello" };

beforeAll(async () => {
  github = await startGithub();
});
afterAll(() => github.close());
afterEach(() => expect(misfits.splice(0)).toEqual([]));

const statusOf = (work: Promise<unknown>): Promise<number> =>
  work.then(
    () => 200,
    (error: { status?: number }) => error.status ?? 0,
  );

describe("signing in", () => {
  it("GH-1 knows the owner of a personal access token", async () => {
    const reply = await github.octokit.rest.users.getAuthenticated();
    expect(reply.data.login).toBe("octocat");
    expect(reply.headers["x-oauth-scopes"]).toContain("admin:org");
    expect(reply.headers["x-ratelimit-limit"]).toBe("5000");
  });

  it("GH-2 trades an App's JWT for an installation token that reaches the organization", async () => {
    const reply = await github.installation.rest.apps.listReposAccessibleToInstallation();
    expect(reply.data.repositories.map((one) => one.full_name)).toEqual(["octo-org/hello"]);
    expect(reply.headers["x-ratelimit-limit"]).toBe("15000");
  });

  it("GH-2 finds installations and the App itself with a JWT", async () => {
    const app = new Octokit({
      baseUrl: github.api,
      authStrategy: createAppAuth,
      auth: { appId: 1, privateKey: github.appKey },
      log: { debug() {}, info() {}, warn() {}, error() {} },
    });
    expect((await app.rest.apps.getAuthenticated()).data?.slug).toBe("runnerctl-sandbox");
    expect((await app.rest.apps.listInstallations()).data).toHaveLength(1);
    expect(
      (await app.rest.apps.getInstallation({ installation_id: 1 })).data.account,
    ).toMatchObject({ login: org });
    expect((await app.rest.apps.getOrgInstallation({ org })).data.id).toBe(1);
    expect((await app.rest.apps.getRepoInstallation(at)).data.id).toBe(1);
    expect(await statusOf(app.rest.apps.getUserInstallation({ username: "octocat" }))).toBe(404);
    expect(await statusOf(app.rest.apps.getInstallation({ installation_id: 7 }))).toBe(404);
    const narrowed = await app.rest.apps.createInstallationAccessToken({
      installation_id: 1,
      repositories: ["hello"],
      permissions: { actions: "read" },
    });
    expect(narrowed.data).toMatchObject({
      repository_selection: "selected",
      permissions: { actions: "read" },
    });
    expect(narrowed.data.token).toMatch(/^ghs_\w{36}$/);
    const denied = app.rest.apps.createInstallationAccessToken({
      installation_id: 1,
      permissions: { issues: "write" },
    });
    expect(await statusOf(denied)).toBe(422);
  });

  it.each([
    ["no such token", "ghp_000000000000000000000000000000000000", 401, "Bad credentials"],
    ["nonsense as a JWT", "a.b.c", 401, "A JSON web token could not be decoded"],
  ])("GH-1 refuses %s", async (_name, token, status, message) => {
    const reply = await github.fetch("/user", { token });
    expect(reply.status).toBe(status);
    expect(await reply.json()).toMatchObject({ message, status: String(status) });
  });

  it("GH-3 refuses a JWT of another key, an expired one, and one of too long a life", async () => {
    const now = Math.floor(github.clock.now().getTime() / 1000);
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
    const ask = async (key: Parameters<typeof signJwt>[0], claims: object) => {
      const reply = await github.fetch("/app", { token: await signJwt(key, claims) });
      return [reply.status, ((await reply.json()) as { message?: string }).message];
    };
    expect(await ask(github.appKey, { iss: 1, iat: now, exp: now + 60 })).toEqual([200, undefined]);
    expect(await ask(other, { iss: 1, iat: now, exp: now + 60 })).toEqual([
      401,
      "A JSON web token could not be decoded",
    ]);
    expect(await ask(github.appKey, { iss: 1, iat: now - 700, exp: now - 60 })).toEqual([
      401,
      expect.stringContaining("'Expiration time' claim ('exp') must be"),
    ]);
    expect(await ask(github.appKey, { iss: 1, iat: now, exp: now + 900 })).toEqual([
      401,
      expect.stringContaining("too far in the future"),
    ]);
    expect(await ask(github.appKey, { iss: 1, iat: now + 300, exp: now + 500 })).toEqual([
      401,
      expect.stringContaining("'Issued at' claim"),
    ]);
    expect(await ask(github.appKey, { iss: 99, iat: now, exp: now + 60 })).toEqual([
      404,
      "Integration not found",
    ]);
    expect(await ask("pat", {})).toEqual([401, "A JSON web token could not be decoded"]);
  });

  it("GH-4 ends an installation token after an hour, and an expiring PAT when it says", async () => {
    const { token } = (await github.installation.auth({ type: "installation", refresh: true })) as {
      token: string;
    };
    expect((await github.fetch("/installation/repositories", { token })).status).toBe(200);
    const { token: personal } = (await github.control("POST", "/tokens", {
      kind: "classic",
      scopes: ["repo"],
      expiresAt: new Date(github.clock.now().getTime() + 1800_000).toISOString(),
    })) as { token: string };
    const before = await github.fetch("/user", { token: personal });
    expect(before.headers.get("github-authentication-token-expiration")).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/,
    );
    github.clock.advance(3601_000);
    expect((await github.fetch("/installation/repositories", { token })).status).toBe(401);
    expect((await github.fetch("/user", { token: personal })).status).toBe(401);
  });
});

describe("permissions", () => {
  const jit = "/orgs/octo-org/actions/runners/generate-jitconfig";
  const body = JSON.stringify({ name: "denied", runner_group_id: 1, labels: ["x"] });

  it("GH-5 names what is missing, for each kind of token", async () => {
    const make = async (token: object): Promise<string> =>
      ((await github.control("POST", "/tokens", token)) as { token: string }).token;
    const classic = await github.fetch(jit, {
      method: "POST",
      body,
      token: await make({ kind: "classic", scopes: ["repo"] }),
    });
    expect(classic.status).toBe(403);
    expect(classic.headers.get("x-accepted-oauth-scopes")).toContain("admin:org");
    const fine = await github.fetch(jit, {
      method: "POST",
      body,
      token: await make({
        kind: "fine-grained",
        permissions: { organization_self_hosted_runners: "read" },
      }),
    });
    expect(fine.status).toBe(403);
    expect(fine.headers.get("x-accepted-github-permissions")).toBe(
      "organization_self_hosted_runners=write",
    );
    expect(await fine.json()).toMatchObject({
      message: "Resource not accessible by personal access token",
    });
    const anonymous = await github.fetch(jit, { method: "POST", body, token: null });
    expect(anonymous.status).toBe(401);
    expect(await anonymous.json()).toMatchObject({ message: "Requires authentication" });
  });

  it("GH-6 hides a private repository from those who may not see it", async () => {
    const { token } = (await github.control("POST", "/tokens", {
      kind: "classic",
      scopes: [],
    })) as { token: string };
    expect((await github.fetch("/repos/octo-org/hello", { token })).status).toBe(404);
    expect((await github.fetch("/repos/octo-org/hello", { token: null })).status).toBe(404);
    expect((await github.fetch("/repos/actions/runner", { token: null })).status).toBe(200);
  });
});

it("GH-10 has a route for every operation of the description that was cut out", async () => {
  const { default: description } = await import(
    "../../../src/sandbox/github/openapi/operations.json",
    { with: { type: "json" } }
  );
  const unserved = [];
  for (const { id, method, path } of description.operations) {
    const address = path.replace(/\{(\w+)\}/g, (_all, name: string) =>
      /_id$|number/.test(name) ? "1" : "x",
    );
    const reply = await github.fetch(address, { method, token: null });
    if (reply.status === 501) unserved.push(id);
  }
  expect(unserved).toEqual([]);
});

describe("the manner of every answer", () => {
  it("GH-8 counts requests, and not those answered 304", async () => {
    const first = await github.fetch("/repos/octo-org/hello");
    const etag = first.headers.get("etag") ?? "";
    const used = Number(first.headers.get("x-ratelimit-used"));
    const second = await github.fetch("/repos/octo-org/hello", {
      headers: { "if-none-match": etag },
    });
    expect(second.status).toBe(304);
    expect(await second.text()).toBe("");
    expect(Number(second.headers.get("x-ratelimit-used"))).toBe(used);
    expect(first.headers.get("x-github-request-id")).toBeTruthy();
  });

  it("GH-7 answers 403 when the hour's requests are spent, until the window ends", async () => {
    const { token } = (await github.control("POST", "/tokens", {
      kind: "classic",
      owner: "octocat",
      scopes: ["repo"],
    })) as { token: string };
    await github.control("POST", "/rate-limit", { token, remaining: 1 });
    expect((await github.fetch("/user", { token })).headers.get("x-ratelimit-remaining")).toBe("0");
    const spent = await github.fetch("/user", { token });
    expect(spent.status).toBe(403);
    expect(spent.headers.get("x-ratelimit-remaining")).toBe("0");
    expect(await spent.json()).toMatchObject({
      message: expect.stringContaining("API rate limit exceeded") as string,
    });
    const limit = (await (await github.fetch("/rate_limit", { token })).json()) as {
      rate: { remaining: number };
    };
    expect(limit.rate.remaining).toBe(0);
    github.clock.advance(3601_000);
    expect((await github.fetch("/user", { token })).status).toBe(200);
  });

  it.each([
    ["an unknown API version", { "x-github-api-version": "2001-01-01" }, 400],
    ["the version it has", { "x-github-api-version": "2022-11-28" }, 200],
    ["no user agent", { "user-agent": "" }, 200],
  ])("GH-9 %s", async (_name, headers, status) => {
    expect((await github.fetch("/user", { headers })).status).toBe(status);
  });

  it("GH-10 refuses malformed JSON with 400, a body that does not fit with 422, and an unknown operation with 501", async () => {
    const path = "/repos/octo-org/hello/actions/runners/generate-jitconfig";
    expect((await github.fetch(path, { method: "POST", body: "{" })).status).toBe(400);
    const unfit = await github.fetch(path, {
      method: "POST",
      body: JSON.stringify({ name: "x", labels: "x" }),
    });
    expect(unfit.status).toBe(422);
    const text = ((await unfit.json()) as { message: string }).message;
    expect(text).toContain(`"runner_group_id" wasn't supplied.`);
    expect(text).toContain("For 'properties/labels'");
    expect((await github.fetch("/repos/octo-org/hello/pulls")).status).toBe(501);
    expect((await github.fetch("/repos/octo-org/hello/actions/runners/abc")).status).toBe(404);
    expect((await github.fetch("/repos/octo-org/hello/actions/runs?status=nonsense")).status).toBe(
      422,
    );
  });
});

describe("repositories and accounts", () => {
  it("GH-11 serves organizations, repositories, branches, files and roles", async () => {
    const { rest } = github.octokit;
    expect((await rest.orgs.get({ org })).data.login).toBe(org);
    expect((await rest.repos.listForOrg({ org })).data.map((one) => one.name)).toEqual(["hello"]);
    expect((await rest.repos.get(at)).data.default_branch).toBe("main");
    expect((await rest.repos.listBranches(at)).data[0]?.name).toBe("main");
    expect((await rest.repos.getBranch({ ...at, branch: "main" })).data.protected).toBe(false);
    expect(await statusOf(rest.repos.getBranch({ ...at, branch: "none" }))).toBe(404);
    expect(await statusOf(rest.repos.getBranchProtection({ ...at, branch: "main" }))).toBe(404);
    const file = await rest.repos.getContent({ ...at, path: ".github/workflows/hello.yml" });
    expect(Buffer.from((file.data as { content: string }).content, "base64").toString()).toContain(
      "runs-on",
    );
    const role = await rest.repos.getCollaboratorPermissionLevel({ ...at, username: "octocat" });
    expect(role.data.permission).toBe("admin");
    expect((await rest.users.getByUsername({ username: "octocat" })).data.name).toBe("The Octocat");
    expect((await rest.meta.root()).status).toBe(200);
    expect(
      (await rest.repos.createInOrg({ org, name: "second", private: true })).data.private,
    ).toBe(true);
    expect(await statusOf(rest.repos.createInOrg({ org, name: "second" }))).toBe(422);
    const put = await rest.repos.createOrUpdateFileContents({
      owner: org,
      repo: "second",
      path: "README.md",
      message: "start",
      content: Buffer.from("hi\n").toString("base64"),
    });
    expect(put.status).toBe(201);
    expect(
      (await rest.repos.getContent({ owner: org, repo: "second", path: "README.md" })).status,
    ).toBe(200);
    await github.control("PUT", "/repositories/octo-org/second", {
      protectedBranches: { main: { enforce_admins: { url: `${github.api}/x`, enabled: true } } },
    });
    expect(
      (await rest.repos.getBranchProtection({ owner: org, repo: "second", branch: "main" })).status,
    ).toBe(200);
    expect((await rest.repos.get({ owner: org, repo: "second" })).status).toBe(200);
  });

  it("GH-12 offers the runner application's release with a digest that the download has", async () => {
    const release = await github.octokit.rest.repos.getLatestRelease({
      owner: "actions",
      repo: "runner",
    });
    const asset = release.data.assets.find((one) => one.name.includes("linux-x64"));
    const bytes = Buffer.from(await (await fetch(asset?.browser_download_url ?? "")).arrayBuffer());
    expect(`sha256:${createHash("sha256").update(bytes).digest("hex")}`).toBe(asset?.digest);
    const latest = await fetch(`${github.origin}/actions/runner/releases/latest`, {
      method: "HEAD",
    });
    expect(latest.url).toMatch(/\/releases\/tag\/v\d+\.\d+\.\d+$/);
    const downloads = await github.octokit.rest.actions.listRunnerApplicationsForRepo(at);
    expect(downloads.data[0]?.sha256_checksum).toMatch(/^[0-9a-f]{64}$/);
  });
});

describe("variables, environments and settings", () => {
  it("GH-13 keeps repository variables", async () => {
    const { actions } = github.octokit.rest;
    await actions.createRepoVariable({ ...at, name: "greeting", value: "hi" });
    expect(
      await statusOf(actions.createRepoVariable({ ...at, name: "GREETING", value: "x" })),
    ).toBe(409);
    expect(
      await statusOf(actions.createRepoVariable({ ...at, name: "GITHUB_X", value: "x" })),
    ).toBe(422);
    expect((await actions.getRepoVariable({ ...at, name: "GREETING" })).data.value).toBe("hi");
    await actions.updateRepoVariable({ ...at, name: "GREETING", value: "hello" });
    expect((await actions.listRepoVariables(at)).data.variables[0]?.value).toBe("hello");
    await actions.deleteRepoVariable({ ...at, name: "GREETING" });
    expect(await statusOf(actions.getRepoVariable({ ...at, name: "GREETING" }))).toBe(404);
  });

  it("GH-13 keeps organization variables with the repositories that may read them", async () => {
    const { actions, repos } = github.octokit.rest;
    const { id } = (await repos.get(at)).data;
    await actions.createOrgVariable({
      org,
      name: "REGION",
      value: "we",
      visibility: "selected",
      selected_repository_ids: [id],
    });
    expect((await actions.getOrgVariable({ org, name: "REGION" })).data.visibility).toBe(
      "selected",
    );
    const chosen = await actions.listSelectedReposForOrgVariable({ org, name: "REGION" });
    expect(chosen.data.repositories.map((one) => one.id)).toEqual([id]);
    await actions.removeSelectedRepoFromOrgVariable({ org, name: "REGION", repository_id: id });
    await actions.setSelectedReposForOrgVariable({
      org,
      name: "REGION",
      selected_repository_ids: [id],
    });
    await actions.updateOrgVariable({ org, name: "REGION", visibility: "all" });
    expect((await actions.listOrgVariables({ org })).data.total_count).toBe(1);
    await actions.deleteOrgVariable({ org, name: "REGION" });
  });

  it("GH-14 keeps environments with their variables", async () => {
    const { actions, repos } = github.octokit.rest;
    const environment = { ...at, environment_name: "azure prod" };
    expect(await statusOf(repos.getEnvironment(environment))).toBe(404);
    await repos.createOrUpdateEnvironment(environment);
    expect((await repos.getEnvironment(environment)).data.name).toBe("azure prod");
    await actions.createEnvironmentVariable({ ...environment, name: "POOL", value: "linux" });
    expect((await actions.listEnvironmentVariables(environment)).data.variables).toHaveLength(1);
    expect((await repos.getAllEnvironments(at)).data.total_count).toBe(1);
    await repos.deleteAnEnvironment(environment);
    expect((await repos.getAllEnvironments(at)).data.total_count).toBe(0);
  });

  it("GH-15 keeps the settings of Actions", async () => {
    const { actions } = github.octokit.rest;
    await actions.setGithubActionsPermissionsRepository({ ...at, enabled: false });
    expect((await actions.getGithubActionsPermissionsRepository(at)).data.enabled).toBe(false);
    await actions.setGithubActionsPermissionsRepository({
      ...at,
      enabled: true,
      allowed_actions: "all",
    });
    expect(
      (await actions.getGithubActionsPermissionsOrganization({ org })).data.enabled_repositories,
    ).toBe("all");
  });
});

async function signJwt(key: string | KeyObject, claims: object): Promise<string> {
  if (key === "pat") return github.pat;
  const encode = (value: object): string =>
    Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}`;
  return `${text}.${createSign("RSA-SHA256").update(text).sign(key).toString("base64url")}`;
}
