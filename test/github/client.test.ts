import { generateKeyPairSync, verify } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { SecretText } from "../../src/domain/secret-text.js";
import type { GithubCredential } from "../../src/github/auth.js";
import { createGithubClient, type GithubClient } from "../../src/github/client.js";
import { generateJitConfig, probeRegistration } from "../../src/github/jit.js";
import { listQueuedJobs } from "../../src/github/jobs.js";
import { deleteRunner, listRunners } from "../../src/github/runners.js";
import { runnerScopeOf, runnersPath } from "../../src/github/scope.js";
import type { RunnerctlEvent } from "../../src/output/events.js";
import { failureOf } from "../azure/failure.js";
import { type Handler, type HttpsServer, startHttpsServer } from "../azure/https-server.js";

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pkcs1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
const scope = { kind: "repository", owner: "acme", repository: "app" } as const;
const pat: GithubCredential = { type: "pat", token: new SecretText("ghp_secret") };

let server: HttpsServer | undefined;
let events: RunnerctlEvent[];

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function connect(handler: Handler, credential = pat): Promise<GithubClient> {
  server = await startHttpsServer(handler);
  events = [];
  return createGithubClient({
    apiUrl: `${server.origin}/api/v3`,
    credential,
    ca: server.ca,
    version: "1.2.3",
    emit: (event) => events.push(event),
    retrySecond: 1,
  });
}

const runner = (id: number) => ({
  id,
  name: `r-${id}`,
  os: "linux",
  status: "online",
  busy: false,
  labels: [{ id: 1, name: "self-hosted", type: "read-only" }],
});

describe("scopes", () => {
  it.each([
    [
      { owner: "o", repositories: ["r"], scope: "repository" as const },
      "/repos/o/r/actions/runners",
    ],
    [{ owner: "o", repositories: [], scope: "organization" as const }, "/orgs/o/actions/runners"],
    [
      { owner: "o", repositories: ["r", "s"], scope: "organization" as const },
      "/orgs/o/actions/runners",
    ],
    [
      { owner: "e", repositories: [], scope: "enterprise" as const },
      "/enterprises/e/actions/runners",
    ],
  ])("%o → %s", (settings, path) => {
    expect(runnersPath(runnerScopeOf(settings))).toBe(path);
  });
});

describe("with a token", () => {
  it("lists all pages of runners below a GHES address", async () => {
    const client = await connect((request) => {
      const page = Number(request.query.get("page") ?? 1);
      return {
        status: 200,
        headers:
          page === 1
            ? {
                link: `<${server?.origin}/api/v3/repos/acme/app/actions/runners?per_page=100&page=2>; rel="next"`,
              }
            : {},
        body: { total_count: 2, runners: [runner(page)] },
      };
    });
    const found = await listRunners(client, scope);
    expect(found.map((one) => one.name)).toEqual(["r-1", "r-2"]);
    expect(found[0]?.labels).toEqual(["self-hosted"]);
    expect(server?.requests[0]?.path).toBe("/api/v3/repos/acme/app/actions/runners");
    expect(server?.requests[0]?.headers.authorization).toBe("token ghp_secret");
    expect(server?.requests[0]?.headers["user-agent"]).toContain("runnerctl/1.2.3");
  });

  it("makes a just-in-time configuration and keeps it masked", async () => {
    const client = await connect(() => ({
      status: 201,
      body: { runner: { ...runner(7), name: "n" }, encoded_jit_config: "c2VjcmV0" },
    }));
    const made = await generateJitConfig(client, scope, {
      name: "n",
      runnerGroupId: 1,
      labels: ["a"],
    });
    expect(made.encodedConfig.reveal()).toBe("c2VjcmV0");
    expect(JSON.stringify(made)).not.toContain("c2VjcmV0");
    expect(JSON.parse(server?.requests[0]?.body ?? "")).toEqual({
      name: "n",
      runner_group_id: 1,
      labels: ["a"],
      work_folder: "_work",
    });
  });

  it("tells a taken name, without a second try", async () => {
    const client = await connect(() => ({ status: 409, body: { message: "Already exists" } }));
    const error = await failureOf(
      generateJitConfig(client, scope, { name: "n", runnerGroupId: 1, labels: ["a"] }),
    );
    expect(error).toMatchObject({ code: "github.conflict", exitCode: 5 });
    expect(server?.requests).toHaveLength(1);
  });

  it("never removes a busy runner, and takes a missing one for removed", async () => {
    let status = 422;
    const client = await connect(() => ({
      status,
      ...(status === 204 ? {} : { body: { message: "Bad request" } }),
    }));
    expect(await failureOf(deleteRunner(client, scope, { id: 1, name: "r" }))).toMatchObject({
      code: "github.runnerBusy",
    });
    status = 404;
    expect(await deleteRunner(client, scope, { id: 1, name: "r" })).toBe(false);
    status = 204;
    expect(await deleteRunner(client, scope, { id: 1, name: "r" })).toBe(true);
  });

  it("finds queued jobs in queued and in running runs", async () => {
    const job = (id: number, status: string) => ({
      id,
      run_id: id,
      name: `j${id}`,
      status,
      labels: ["self-hosted"],
      runner_name: null,
      html_url: null,
    });
    const client = await connect((request) => {
      if (request.path.endsWith("/runs")) {
        const id = request.query.get("status") === "queued" ? 1 : 2;
        return { status: 200, body: { total_count: 1, workflow_runs: [{ id }] } };
      }
      const id = Number(request.path.split("/").at(-2));
      return {
        status: 200,
        body: { total_count: 2, jobs: [job(id, "queued"), job(id + 10, "in_progress")] },
      };
    });
    expect((await listQueuedJobs(client, "acme", "app")).map((one) => one.id)).toEqual([1, 2]);
  });

  it.each<[string, number, Record<string, string>, string, number]>([
    ["a wrong token", 401, {}, "github.unauthorized", 3],
    [
      "a missing permission",
      403,
      { "x-accepted-github-permissions": "administration=write" },
      "github.forbidden",
      3,
    ],
    ["an unknown repository", 404, {}, "github.notFound", 4],
    ["bad input", 422, {}, "github.rejected", 5],
    [
      "a long rate limit",
      403,
      { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "99999999999" },
      "github.rateLimited",
      5,
    ],
  ])("tells %s (%i)", async (_title, status, headers, code, exitCode) => {
    const client = await connect(() => ({ status, headers, body: { message: "No" } }));
    const error = await failureOf(probeRegistration(client, scope));
    expect(error).toMatchObject({ code, exitCode });
    expect(error.hint).toBeTruthy();
    if (code === "github.forbidden") expect(error.message).toContain("administration=write");
  });

  it("tries again after a server error, then gives up", async () => {
    const client = await connect(() => ({ status: 502, body: "bad" }));
    const error = await failureOf(listRunners(client, scope));
    expect(error).toMatchObject({ code: "github.unavailable", exitCode: 5 });
    expect(server?.requests).toHaveLength(4);
  });

  it("follows a renamed repository with its credential, and takes that to no other host", async () => {
    const moved = "/api/v3/repositories/9/actions/runners/registration-token";
    let target = "";
    const client = await connect((request) =>
      request.path === moved
        ? { status: 201, body: { token: "t" } }
        : { status: 307, headers: { location: `${target}${moved}` }, body: {} },
    );
    target = server?.origin ?? "";
    await probeRegistration(client, scope);
    expect(server?.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /api/v3/repos/acme/app/actions/runners/registration-token",
      `POST ${moved}`,
    ]);
    expect(server?.requests[1]?.headers.authorization).toBe("token ghp_secret");
    target = "https://127.0.0.2:1";
    expect((await failureOf(probeRegistration(client, scope))).code).toBe("github.rejected");
  });

  it("waits out a short secondary limit", async () => {
    const client = await connect(() =>
      server?.requests.length === 1
        ? {
            status: 429,
            headers: { "retry-after": "1" },
            body: { message: "You have exceeded a secondary rate limit." },
          }
        : { status: 200, body: { total_count: 0, runners: [] } },
    );
    expect(await listRunners(client, scope)).toEqual([]);
    expect(events[0]?.name).toBe("github.rateLimited");
  });

  it("tells a host that cannot be reached", async () => {
    const client = await connect(() => ({ status: 200 }));
    await server?.close();
    server = undefined;
    const error = await failureOf(listRunners(client, scope));
    expect(error).toMatchObject({ code: "github.unreachable", exitCode: 5 });
    expect(error.details).toEqual({ errno: "ECONNREFUSED" });
  });
});

describe("as an App", () => {
  it("signs a JWT with its key and uses the installation's token", async () => {
    const client = await connect(
      (request) =>
        request.path.endsWith("/access_tokens")
          ? {
              status: 201,
              body: {
                token: "ghs_installation",
                expires_at: new Date(Date.now() + 3_600_000).toISOString(),
                permissions: {},
                repository_selection: "all",
              },
            }
          : { status: 200, body: { total_count: 0, runners: [] } },
      { type: "app", appId: "12", installationId: 34, privateKey: new SecretText(pkcs1) },
    );
    await listRunners(client, scope);
    const [exchange, list] = server?.requests ?? [];
    expect(exchange?.path).toBe("/api/v3/app/installations/34/access_tokens");
    const jwt = String(exchange?.headers.authorization).replace(/^bearer /i, "");
    const [header = "", payload = "", signature = ""] = jwt.split(".");
    expect(
      verify(
        "sha256",
        Buffer.from(`${header}.${payload}`),
        publicKey,
        Buffer.from(signature, "base64url"),
      ),
    ).toBe(true);
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({ iss: "12" });
    expect(list?.headers.authorization).toBe("token ghs_installation");
  });
});
