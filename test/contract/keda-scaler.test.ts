import { createSign } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { control, readCa } from "../sandbox/core/sandbox-fixture.js";
import { send, type HttpAnswer } from "../sandbox/core/http.js";
import { startForeignSandbox, type ForeignSandbox } from "./foreign-client.js";

/**
 * The requests of KEDA's github-runner scaler, by hand: who scales on the sandbox's queue asks these.
 * https://keda.sh/docs/2.18/scalers/github-runner/
 */
describe("the github-runner scaler", () => {
  let foreign: ForeignSandbox;
  let pat: string;

  const ask = (path: string, token = pat, method = "GET"): Promise<HttpAnswer> =>
    send(`${foreign.sandbox.origin}/api/v3${path}`, {
      method,
      ca: readCa(foreign.sandbox),
      headers: {
        "user-agent": "Go-http-client/1.1",
        accept: "application/vnd.github.v3+json",
        authorization: `Bearer ${token}`,
        "x-github-api-version": "2022-11-28",
      },
    });

  beforeAll(async () => {
    foreign = await startForeignSandbox();
    pat = readFileSync(join(foreign.sandbox.directory, "state/github/pat"), "utf8").trim();
    for (let index = 0; index < 34; index += 1) {
      const path = `github/repositories/octo-org/extra-${index}`;
      await control(foreign.sandbox, "PUT", path, { visibility: "private" });
    }
  });
  afterAll(() => foreign.close());

  test.each(["/orgs/octo-org/repos", "/users/octo-org/repos"])(
    "pages through %s, thirty at a time, until a page is short",
    async (path) => {
      const sizes: number[] = [];
      for (let page = 1; sizes.at(-1) === undefined || sizes.at(-1) === 30; page += 1) {
        const answer = await ask(`${path}?page=${page}`);
        expect(answer.status).toBe(200);
        expect(Number(answer.headers["x-ratelimit-remaining"])).toBeGreaterThan(0);
        sizes.push((JSON.parse(answer.text) as unknown[]).length);
      }
      expect(sizes).toEqual([30, 5]);
    },
  );

  test("finds a queued job by status and run, with the labels it asks for", async () => {
    const runs = "/repos/octo-org/hello/actions/runs";
    for (const status of ["queued", "in_progress"]) {
      expect((await ask(`${runs}?status=${status}&per_page=100`)).json.total_count).toBe(0);
    }
    const dispatch = "/repos/octo-org/hello/actions/workflows/hello.yml/dispatches";
    await send(`${foreign.sandbox.origin}/api/v3${dispatch}`, {
      method: "POST",
      ca: readCa(foreign.sandbox),
      headers: { "user-agent": "test", authorization: `Bearer ${pat}` },
      body: { ref: "main" },
    });
    const queued = await ask(`${runs}?status=queued&per_page=100`);
    expect(queued.json.total_count).toBe(1);
    const jobs = await ask(`${runs}/${queued.json.workflow_runs[0].id}/jobs?per_page=100`);
    expect(jobs.json.jobs).toMatchObject([
      { status: "queued", labels: ["self-hosted", "azure"], runner_name: null },
    ]);
  });

  test("asks as an App: a JWT buys an installation token that sees the same queue", async () => {
    const encode = (value: object): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const now = Math.floor(Date.now() / 1000);
    const signed = `${encode({ alg: "RS256", typ: "JWT" })}.${encode({ iat: now - 30, exp: now + 90, iss: "1" })}`;
    const key = readFileSync(
      join(foreign.sandbox.directory, "state/github/app-private-key.pem"),
      "utf8",
    );
    const jwt = `${signed}.${createSign("sha256").update(signed).sign(key, "base64url")}`;
    const made = await ask("/app/installations/1/access_tokens", jwt, "POST");
    expect(made.status).toBe(201);
    const runs = await ask(
      "/repos/octo-org/hello/actions/runs?status=queued&per_page=100",
      String(made.json.token),
    );
    expect(runs.status).toBe(200);
    expect(runs.headers["x-ratelimit-limit"]).toBe("15000");
  });

  test("stops at a spent rate limit, which says when it is over", async () => {
    await control(foreign.sandbox, "POST", "github/rate-limit", { token: pat, remaining: 0 });
    const answer = await ask("/repos/octo-org/hello/actions/runs?status=queued");
    expect([answer.status, answer.headers["x-ratelimit-remaining"]]).toEqual([403, "0"]);
    expect(Number(answer.headers["x-ratelimit-reset"]) * 1000).toBeGreaterThan(Date.now());
  });
});
