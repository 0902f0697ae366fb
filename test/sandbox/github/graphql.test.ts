import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { misfits, startGithub, type GithubFixture } from "./github-fixture.js";

let github: GithubFixture;
beforeEach(async () => {
  github = await startGithub();
});
afterEach(async () => {
  await github.close();
  expect(misfits.splice(0)).toEqual([]);
});

interface Answer {
  readonly status: number;
  readonly data?: Record<string, unknown> | null;
  readonly errors?: { type?: string; message: string; extensions?: unknown }[];
}

async function ask(
  query: unknown,
  variables?: Record<string, unknown>,
  token: string | null = github.pat,
): Promise<Answer> {
  const reply = await fetch(`${github.origin}/api/graphql`, {
    method: "POST",
    headers: token === null ? {} : { authorization: `bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  return { ...((await reply.json()) as object), status: reply.status };
}

describe("GraphQL", () => {
  it("GH-50 knows the viewer and a repository, with fragments, aliases, variables and __typename", async () => {
    const query = `
      # as command-line clients write them
      fragment repo on Repository { id name owner { login ... on Organization { name } } }
      query Info($owner: String!, $name: String = "hello") {
        viewer { login }
        mine: repository(owner: $owner, name: $name) {
          __typename
          ...repo
          owner { id }
          defaultBranchRef { name target { oid } }
          viewerPermission
          pullRequests(states: [OPEN], first: 5, orderBy: {field: CREATED_AT, direction: DESC}) {
            totalCount
            nodes { number }
            pageInfo { hasNextPage endCursor }
          }
        }
      }`;
    const { data, errors } = await ask(query, { owner: "octo-org" });
    expect(errors).toBeUndefined();
    expect(data).toMatchObject({
      viewer: { login: "octocat" },
      mine: {
        __typename: "Repository",
        name: "hello",
        owner: { login: "octo-org" },
        defaultBranchRef: { name: "main" },
        viewerPermission: "ADMIN",
        pullRequests: { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false } },
      },
    });
    const { owner } = (data ?? {})["mine"] as { owner: Record<string, string> };
    expect(Object.keys(owner).sort()).toEqual(["id", "login", "name"]);
  });

  it("GH-50 lists an owner's repositories by pages", async () => {
    await github.control("PUT", "/repositories/octo-org/second", { visibility: "public" });
    const query = `query($after: String) { repositoryOwner(login: "octo-org") {
      repositories(first: 1, after: $after) { nodes { name } pageInfo { hasNextPage endCursor } } } }`;
    const names: string[] = [];
    let after: string | undefined;
    for (let more = true; more;) {
      const { data } = await ask(query, after === undefined ? {} : { after });
      const page = (data as Record<string, Record<string, unknown>>)["repositoryOwner"]?.[
        "repositories"
      ] as {
        nodes: { name: string }[];
        pageInfo: { hasNextPage: boolean; endCursor: string };
      };
      names.push(...page.nodes.map((one) => one.name));
      after = page.pageInfo.endCursor;
      more = page.pageInfo.hasNextPage;
    }
    expect(names.sort()).toEqual(["hello", "second"]);
  });

  it("GH-51 what is not there is null beside an error, what is unknown refuses the query", async () => {
    const missing = await ask(`{ repository(owner: "octo-org", name: "none") { id } }`);
    expect(missing).toMatchObject({ status: 200, data: { repository: null } });
    expect(missing.errors?.[0]).toMatchObject({ type: "NOT_FOUND", path: ["repository"] });
    const unknown = await ask(`{ viewer { login shoeSize } }`);
    expect(unknown.data).toBeUndefined();
    expect(unknown.errors?.[0]?.extensions).toEqual({
      code: "undefinedField",
      typeName: "User",
      fieldName: "shoeSize",
    });
    for (const bad of ["{ viewer { login }", "{ viewer % }", "", "query(", 5]) {
      const { status, data, errors } = await ask(bad);
      expect([status, data, errors?.length], String(bad)).toEqual([200, undefined, 1]);
    }
    expect((await ask("mutation { x { y } }")).errors?.[0]?.message).toContain("queries");
  });

  it("GH-51 takes a token, and shows what the token may see", async () => {
    expect((await ask("{ viewer { login } }", {}, null)).status).toBe(401);
    expect((await ask("{ viewer { login } }", {}, "ghp_wrong")).status).toBe(401);
    const { token } = (await github.control("POST", "/tokens", {
      kind: "classic",
      owner: "octocat",
      scopes: ["gist"],
    })) as { token: string };
    const hidden = await ask(`{ repository(owner: "octo-org", name: "hello") { id } }`, {}, token);
    expect(hidden.data).toEqual({ repository: null });
  });
});
