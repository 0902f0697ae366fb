import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  findProgram,
  runProgram,
  startForeignSandbox,
  type ForeignSandbox,
} from "./foreign-client.js";

const gh = findProgram("gh");
const why = gh === undefined ? " (skipped: gh is not installed)" : "";

/** GitHub's own command line against the sandbox, as a host of GitHub Enterprise Server. */
describe.skipIf(gh === undefined)(`the GitHub CLI${why}`, () => {
  let foreign: ForeignSandbox;
  const repository = ["--repo", "octo-org/hello"];

  const run = (...argv: string[]) => {
    const { sandbox, folder } = foreign;
    return runProgram(gh ?? "gh", argv, {
      cwd: folder,
      env: {
        HOME: folder,
        // It caches what it has learnt of a host for a day.
        TMPDIR: folder,
        XDG_CACHE_HOME: folder,
        GH_CONFIG_DIR: join(folder, "gh"),
        GH_NO_UPDATE_NOTIFIER: "1",
        GH_PROMPT_DISABLED: "1",
        GH_HOST: new URL(sandbox.origin).host,
        GH_ENTERPRISE_TOKEN: readFileSync(
          join(sandbox.directory, "state/github/pat"),
          "utf8",
        ).trim(),
        SSL_CERT_FILE: sandbox.environment["SSL_CERT_FILE"] ?? "",
      },
    });
  };
  const ask = async (...argv: string[]): Promise<string> => {
    const result = await run(...argv);
    expect(result.code, `gh ${argv.join(" ")}\n${result.stderr}`).toBe(0);
    return result.stdout;
  };

  beforeAll(async () => {
    foreign = await startForeignSandbox();
  });
  afterAll(() => foreign.close());

  test("signs in with a token and sees user, repository and scopes", async () => {
    const status = await run("auth", "status");
    expect(status.stdout + status.stderr).toMatch(
      /Logged in to localhost:\d+ (as|account) octocat/,
    );
    expect(await ask("repo", "view", "octo-org/hello")).toContain("octo-org/hello");
    expect(await ask("repo", "list", "octo-org")).toContain("octo-org/hello");
    expect(
      await ask("api", "graphql", "-f", "query={viewer{login}}", "--jq", ".data.viewer.login"),
    ).toBe("octocat\n");
    const missing = await run("api", "repos/octo-org/none");
    expect([missing.code, missing.stderr]).toEqual([1, "gh: Not Found (HTTP 404)\n"]);
  });

  test("dispatches a workflow, lists, views, cancels and repeats its runs, and gets the log", async () => {
    expect(await ask("workflow", "list", ...repository)).toContain("Hello\tactive");
    expect(await ask("workflow", "view", "hello.yml", "--yaml", ...repository)).toContain(
      "runs-on:",
    );
    await ask("workflow", "run", "hello.yml", ...repository);
    const runs = JSON.parse(
      await ask("run", "list", "--json", "databaseId,status,event", ...repository),
    ) as { databaseId: number; status: string; event: string }[];
    expect(runs).toMatchObject([{ status: "queued", event: "workflow_dispatch" }]);
    const id = String(runs[0]?.databaseId);
    expect(await ask("run", "view", id, ...repository)).toMatch(/\* hello \(ID \d+\)/);
    await ask("run", "cancel", id, ...repository);
    expect(await ask("run", "watch", id, ...repository)).toContain("completed with 'cancelled'");
    const view = await ask("run", "view", id, "--json", "conclusion,jobs", ...repository);
    expect(JSON.parse(view)).toMatchObject({ conclusion: "cancelled", jobs: [{ name: "hello" }] });
    await ask("run", "rerun", id, ...repository);
    const again = await ask("run", "view", id, "--json", "status", ...repository);
    expect(JSON.parse(again)).toEqual({ status: "queued" });
  });

  test("sets variables and secrets, sealed, and pages through a listing", async () => {
    const variables = "repos/octo-org/hello/actions/variables";
    for (const name of ["ONE", "TWO", "THREE"]) {
      await ask("api", variables, "-f", `name=${name}`, "-f", "value=x");
    }
    const paged = ["--paginate", `${variables}?per_page=1`, "--jq", ".variables[].name"];
    expect((await ask("api", ...paged)).trim().split("\n").sort()).toEqual(["ONE", "THREE", "TWO"]);
    await ask("secret", "set", "TOKEN", "--body", "s3cret", ...repository);
    expect(await ask("secret", "list", ...repository)).toMatch(/^TOKEN\s/);
    await ask("secret", "delete", "TOKEN", ...repository);
    expect(await ask("secret", "list", ...repository)).toBe("");
  });

  test("sees runners, and registers one just in time", async () => {
    const made = await ask(
      ...["api", "repos/octo-org/hello/actions/runners/generate-jitconfig"],
      ...["-f", "name=by-gh", "-F", "runner_group_id=1", "-f", "labels[]=azure"],
      ...["--jq", ".runner.name"],
    );
    expect(made).toBe("by-gh\n");
    const listed = ["api", "repos/octo-org/hello/actions/runners", "--jq", ".runners[].status"];
    expect(await ask(...listed)).toBe("offline\n");
  });
});
