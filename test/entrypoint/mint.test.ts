import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder, recordArguments, removeFolder, runEntrypoint } from "./entrypoint-process.js";
import { appKey, startStubGithub, verifyAppJwt, type StubReply } from "./stub-github.js";

const pat = "ghp_averysecrettokenvalue1234567890";
const minted: StubReply = {
  status: 201,
  body: { runner: { id: 1 }, encoded_jit_config: "eyJqaXQiOiJ5ZXMifQ==" },
};
const repository = "/repos/octo/widgets/actions/runners/generate-jitconfig";

let folder: string;
let closers: (() => Promise<void>)[];
beforeEach(() => {
  folder = makeFolder();
  closers = [];
});
afterEach(async () => {
  await Promise.all(closers.map((close) => close()));
  removeFolder(folder);
});

async function github(routes: Record<string, StubReply | StubReply[]>) {
  const stub = await startStubGithub(routes);
  closers.push(stub.close);
  return stub;
}

function variables(url: string, more: Record<string, string> = {}): Record<string, string> {
  return {
    GITHUB_API_URL: url,
    GITHUB_OWNER: "octo",
    GITHUB_SCOPE: "repository",
    GITHUB_REPOSITORY: "widgets",
    RUNNER_LABELS: "self-hosted, linux,x64,pool a",
    RUNNER_GROUP: "Default",
    RUNNER_NAME_PREFIX: "caj-widgets",
    JIT_FILE: join(folder, "jitconfig"),
    CONTAINER_APP_JOB_EXECUTION_NAME: "caj-widgets-x1y2z3a",
    MINT_BACKOFF_SECONDS: "0",
    GITHUB_PAT: pat,
    ...more,
  };
}

const app = (more: Record<string, string> = {}) => ({
  GITHUB_PAT: "",
  GITHUB_APP_ID: "1234",
  GITHUB_APP_INSTALLATION_ID: "77",
  GITHUB_APP_PRIVATE_KEY: appKey.privateKey,
  ...more,
});

describe("mint", () => {
  it("names every missing or malformed variable at once and calls nobody", async () => {
    const stub = await github({});
    const { code, stderr } = await runEntrypoint("mint", {
      GITHUB_API_URL: stub.url,
      GITHUB_SCOPE: "planet",
      GITHUB_OWNER: "no spaces allowed",
      JIT_FILE: "relative/path",
      GITHUB_APP_ID: "not-a-number",
      GITHUB_APP_PRIVATE_KEY: "not a key",
    });
    expect(code).toBe(2);
    for (const name of [
      "GITHUB_SCOPE is malformed",
      "GITHUB_OWNER is malformed",
      "JIT_FILE is malformed",
      "RUNNER_LABELS is missing",
      "RUNNER_NAME_PREFIX is missing",
      "GITHUB_APP_ID is malformed",
      "GITHUB_APP_INSTALLATION_ID is missing",
      "GITHUB_APP_PRIVATE_KEY is malformed",
    ]) {
      expect(stderr).toContain(name);
    }
    expect(stderr).not.toContain("not a key");
    expect(stub.calls).toEqual([]);
  });

  it("refuses two credentials and none", async () => {
    const both = await runEntrypoint(
      "mint",
      variables("http://127.0.0.1:1", { ...app(), GITHUB_PAT: pat }),
    );
    expect(both.code).toBe(2);
    expect(both.stderr).toContain("both set");
    const none = await runEntrypoint("mint", variables("http://127.0.0.1:1", { GITHUB_PAT: "" }));
    expect(none.code).toBe(2);
    expect(none.stderr).toContain("no credential");
  });

  it("writes the configuration for the runner alone, named after the execution", async () => {
    const stub = await github({ [`POST ${repository}`]: minted });
    const { code, stderr } = await runEntrypoint("mint", variables(stub.url));
    expect(stderr).toContain("caj-widgets-x1y2z3a is registered");
    expect(code).toBe(0);
    const file = join(folder, "jitconfig");
    expect(readFileSync(file, "utf8")).toBe("eyJqaXQiOiJ5ZXMifQ==");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    if (process.getuid?.() === 0) expect(statSync(file).uid).toBe(1001);
    expect(readdirSync(folder)).toEqual(["jitconfig"]);
    expect(stub.calls).toEqual([
      {
        method: "POST",
        path: repository,
        authorization: `Bearer ${pat}`,
        body: {
          name: "caj-widgets-x1y2z3a",
          runner_group_id: 1,
          labels: ["self-hosted", "linux", "x64", "pool a"],
          work_folder: "_work",
        },
      },
    ]);
  });

  it.each([
    ["pkcs1", appKey.privateKey],
    ["one line", appKey.privateKey.replaceAll("\n", "\\n")],
  ])("signs as an App and uses its installation token (%s key)", async (_kind, key) => {
    const stub = await github({
      "POST /app/installations/77/access_tokens": {
        status: 201,
        body: { token: "ghs_installation" },
      },
      [`POST ${repository}`]: minted,
    });
    const { code, stderr } = await runEntrypoint(
      "mint",
      variables(stub.url, app({ GITHUB_APP_PRIVATE_KEY: key })),
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const claims = verifyAppJwt(stub.calls[0]?.authorization ?? "");
    const now = Date.now() / 1000;
    expect(claims["iss"]).toBe("1234");
    expect(claims["iat"]).toBeLessThan(now - 30);
    expect((claims["exp"] as number) - (claims["iat"] as number)).toBeLessThanOrEqual(600);
    expect(stub.calls[1]?.authorization).toBe("Bearer ghs_installation");
  });

  it("takes the credential from a file", async () => {
    const stub = await github({ [`POST ${repository}`]: minted });
    const file = join(folder, "token");
    writeFileSync(file, `${pat}\n`);
    const { code } = await runEntrypoint(
      "mint",
      variables(stub.url, { GITHUB_PAT: "", GITHUB_PAT_FILE: file }),
    );
    expect(code).toBe(0);
    expect(stub.calls[0]?.authorization).toBe(`Bearer ${pat}`);
  });

  it("follows a renamed repository, and takes the token to no other host", async () => {
    const stub = await github({
      [`POST ${repository}`]: { status: 307 },
      "POST /repositories/9/actions/runners/generate-jitconfig": minted,
    });
    const elsewhere = await github({});
    const move = (to: string) => {
      stub.routes[`POST ${repository}`] = {
        status: 307,
        headers: { Location: `${to}/repositories/9/actions/runners/generate-jitconfig` },
      };
    };
    move(stub.url);
    expect((await runEntrypoint("mint", variables(stub.url))).code).toBe(0);
    expect(stub.calls.map((call) => call.authorization)).toEqual([
      `Bearer ${pat}`,
      `Bearer ${pat}`,
    ]);
    expect(stub.calls[1]?.body).toEqual(stub.calls[0]?.body);
    move(elsewhere.url);
    expect((await runEntrypoint("mint", variables(stub.url))).code).toBe(24);
    expect(elsewhere.calls).toEqual([]);
  });

  it("spares a call for the default group, which is 1 everywhere", async () => {
    const stub = await github({ "POST /orgs/octo/actions/runners/generate-jitconfig": minted });
    const env = variables(stub.url, { GITHUB_SCOPE: "organization", GITHUB_REPOSITORY: "" });
    expect((await runEntrypoint("mint", env)).code).toBe(0);
    expect(stub.calls).toHaveLength(1);
    expect(stub.calls[0]?.body).toMatchObject({ runner_group_id: 1 });
  });

  it.each([
    ["organization", "/orgs/octo"],
    ["enterprise", "/enterprises/octo"],
  ])("finds the runner group by name on a later page (%s)", async (scope, path) => {
    const filler = Array.from({ length: 100 }, (_, index) => ({
      id: index + 10,
      name: `g${index}`,
    }));
    const stub = await github({
      [`GET ${path}/actions/runner-groups?per_page=100&page=1`]: {
        status: 200,
        body: { runner_groups: filler },
      },
      [`GET ${path}/actions/runner-groups?per_page=100&page=2`]: {
        status: 200,
        body: { runner_groups: [{ id: 5, name: "Builders" }] },
      },
      [`POST ${path}/actions/runners/generate-jitconfig`]: minted,
    });
    const env = variables(stub.url, {
      GITHUB_SCOPE: scope,
      GITHUB_REPOSITORY: "",
      RUNNER_GROUP: "builders",
    });
    expect((await runEntrypoint("mint", env)).code).toBe(0);
    expect(stub.calls.at(-1)?.body).toMatchObject({ runner_group_id: 5 });
    const missing = await runEntrypoint("mint", { ...env, RUNNER_GROUP: "nobody" });
    expect(missing.code).toBe(22);
    expect(missing.stderr).toContain("runner group 'nobody' does not exist");
  });

  it("waits as long as GitHub asks and tries again after 429, secondary limits and 5xx", async () => {
    const stub = await github({
      [`POST ${repository}`]: [
        { status: 429, headers: { "Retry-After": "1" }, body: { message: "slow down" } },
        { status: 403, headers: { "Retry-After": "0" }, body: { message: "secondary rate limit" } },
        { status: 502 },
        minted,
      ],
    });
    const started = Date.now();
    const { code, stderr } = await runEntrypoint("mint", variables(stub.url));
    expect(code).toBe(0);
    expect(stub.calls).toHaveLength(4);
    expect(Date.now() - started).toBeGreaterThanOrEqual(1000);
    expect(stderr).toContain("in 1 s");
  });

  it("gives up at once when GitHub asks for more time than there is", async () => {
    const stub = await github({
      [`POST ${repository}`]: { status: 429, headers: { "Retry-After": "4000" }, body: {} },
    });
    const { code, stderr } = await runEntrypoint("mint", variables(stub.url));
    expect(code).toBe(23);
    expect(stderr).toContain("4000 s");
    expect(stub.calls).toHaveLength(1);
  });

  it("ends with 23 when nobody listens", async () => {
    const { code, stderr } = await runEntrypoint("mint", variables("http://127.0.0.1:9"));
    expect(code).toBe(23);
    expect(stderr).toContain("refuses connections");
  });

  it("takes a new name when the first is taken", async () => {
    const stub = await github({
      [`POST ${repository}`]: [{ status: 409, body: { message: "Already exists" } }, minted],
    });
    const prefix = "p".repeat(64);
    expect(
      (await runEntrypoint("mint", variables(stub.url, { RUNNER_NAME_PREFIX: prefix }))).code,
    ).toBe(0);
    const names = stub.calls.map((call) => (call.body as { name: string }).name);
    expect(names[0]).toBe(`${"p".repeat(56)}-x1y2z3a`);
    expect(names[1]).toMatch(/^p{49}-x1y2z3a-[0-9a-f]{6}$/);
    expect(new Set(names).size).toBe(2);
  });

  it.each([
    [401, 20, "refused the credential"],
    [403, 21, "Administration: read and write"],
    [404, 22, "not found"],
    [422, 24, "answered 422"],
  ])("explains a %i with exit code %i and writes no file", async (status, exit, text) => {
    const stub = await github({
      [`POST ${repository}`]: {
        status,
        headers: { "X-Accepted-GitHub-Permissions": "administration=write" },
        body: { message: "Said GitHub" },
      },
    });
    const { code, stderr } = await runEntrypoint("mint", variables(stub.url));
    expect(code).toBe(exit);
    expect(stderr).toContain(text);
    expect(stderr).toContain("Said GitHub");
    if (status === 403) expect(stderr).toContain("administration=write");
    expect(stub.calls).toHaveLength(1);
    expect(existsSync(join(folder, "jitconfig"))).toBe(false);
  });

  it("refuses an answer without a configuration instead of writing null", async () => {
    const stub = await github({
      [`POST ${repository}`]: { status: 201, body: { encoded_jit_config: null } },
    });
    expect((await runEntrypoint("mint", variables(stub.url))).code).toBe(24);
    expect(existsSync(join(folder, "jitconfig"))).toBe(false);
  });

  it("shows no secret in an argument, in a program's environment or in its log", async () => {
    const stub = await github({
      "POST /app/installations/77/access_tokens": {
        status: 201,
        body: { token: "ghs_installation" },
      },
      [`POST ${repository}`]: minted,
    });
    const bin = recordArguments(folder, ["curl", "jq", "openssl", "mktemp", "chmod", "mv", "date"]);
    const { code, stdout, stderr } = await runEntrypoint(
      "mint",
      variables(stub.url, app({ PATH: `${bin}:/usr/local/bin:/usr/bin:/bin` })),
    );
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const seen =
      readFileSync(join(folder, "arguments"), "utf8") +
      readFileSync(join(folder, "environment"), "utf8") +
      stdout +
      stderr;
    expect(seen).toContain("curl --http1.1");
    const jwt = (stub.calls[0]?.authorization ?? "").replace("Bearer ", "");
    const keyLine = appKey.privateKey.split("\n")[1] ?? "";
    for (const secret of ["ghs_installation", "eyJqaXQiOiJ5ZXMifQ==", jwt, keyLine]) {
      expect(secret).not.toBe("");
      expect(seen).not.toContain(secret);
    }
  });

  it("says what it did on single lines of JSON", async () => {
    const stub = await github({ [`POST ${repository}`]: minted });
    const { stderr, stdout } = await runEntrypoint("mint", variables(stub.url));
    expect(stdout).toBe("");
    for (const line of stderr.trimEnd().split("\n")) {
      expect(JSON.parse(line)).toMatchObject({ mode: "mint", level: "info" });
    }
  });
});
