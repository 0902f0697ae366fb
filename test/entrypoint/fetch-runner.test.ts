import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder, removeFolder } from "./entrypoint-process.js";

const script = join(import.meta.dirname, "../../docker/build/fetch-runner.sh");

let folder: string;
let server: Server;
let url: string;
let archive: Buffer;
let published: string;
let asked: string[];
let apiIsSpent: boolean;

beforeEach(async () => {
  folder = makeFolder();
  mkdirSync(join(folder, "app"));
  writeFileSync(join(folder, "app/run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  execFileSync("tar", ["-czf", join(folder, "app.tgz"), "-C", join(folder, "app"), "."]);
  archive = readFileSync(join(folder, "app.tgz"));
  published = `sha256:${createHash("sha256").update(archive).digest("hex")}`;
  asked = [];
  apiIsSpent = false;
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    switch (request.url) {
      case "/actions/runner/releases/latest":
        response.writeHead(302, { Location: "/actions/runner/releases/tag/v2.999.1" }).end();
        break;
      case "/actions/runner/releases/tag/v2.999.1":
        response
          .writeHead(200)
          .end(
            `<a href="x/actions-runner-linux-x64-2.999.1.tar.gz">get</a>\n<li>actions-runner-osx-x64-2.999.1.tar.gz ${"0".repeat(64)}</li>\n<li>actions-runner-linux-x64-2.999.1.tar.gz <!-- BEGIN SHA -->${published.slice(7)}</li>\n<li>actions-runner-linux-arm-2.999.1.tar.gz ${"1".repeat(64)}</li>`,
          );
        break;
      case "/repos/actions/runner/releases/tags/v2.999.1":
        if (apiIsSpent) {
          response.writeHead(403, { "x-ratelimit-remaining": "0" }).end();
          break;
        }
        response.writeHead(200, { "Content-Type": "application/json" }).end(
          JSON.stringify({
            assets: [
              { name: "actions-runner-osx-x64-2.999.1.tar.gz", digest: "sha256:0" },
              { name: "actions-runner-linux-x64-2.999.1.tar.gz", digest: published },
            ],
          }),
        );
        break;
      case "/mirror/v2.999.1/actions-runner-linux-x64-2.999.1.tar.gz":
      case "/actions/runner/releases/download/v2.999.1/actions-runner-linux-x64-2.999.1.tar.gz":
        response.writeHead(200).end(archive);
        break;
      default:
        response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.close();
  removeFolder(folder);
});

async function fetchRunner(env: Record<string, string> = {}) {
  const child = spawn("bash", [script, join(folder, "out")], {
    env: {
      PATH: "/usr/local/bin:/usr/bin:/bin",
      GITHUB_WEB_URL: url,
      GITHUB_API_URL: url,
      ...env,
    },
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, stderr, unpacked: existsSync(join(folder, "out/run.sh")) };
}

describe("fetch-runner", () => {
  it("finds the latest version, verifies the published digest and unpacks", async () => {
    expect(await fetchRunner()).toEqual({ code: 0, stderr: "", unpacked: true });
  });

  it("reads the digest from the release's page when the API's limit is spent", async () => {
    apiIsSpent = true;
    expect(await fetchRunner()).toMatchObject({ code: 0, unpacked: true });
    published = `sha256:${"0".repeat(64)}`;
    expect((await fetchRunner()).stderr).toContain("is not what was published");
  });

  it("takes a version and a mirror", async () => {
    const { code } = await fetchRunner({
      RUNNER_VERSION: "v2.999.1",
      RUNNER_DOWNLOAD_URL: `${url}/mirror/`,
    });
    expect(code).toBe(0);
    expect(asked).not.toContain("GET /actions/runner/releases/latest");
    expect(asked.at(-1)).toContain("/mirror/");
  });

  it("asks nobody for a digest that it is given", async () => {
    const { code } = await fetchRunner({
      RUNNER_VERSION: "2.999.1",
      RUNNER_SHA256: published.replace("sha256:", ""),
    });
    expect(code).toBe(0);
    expect(asked).toHaveLength(1);
  });

  it("unpacks nothing that is not what was published", async () => {
    published = `sha256:${"0".repeat(64)}`;
    const { code, stderr, unpacked } = await fetchRunner();
    expect(code).toBe(1);
    expect(stderr).toContain("is not what was published");
    expect(unpacked).toBe(false);
  });

  it.each([
    [{ RUNNER_VERSION: "2.1.1" }, "set RUNNER_SHA256"],
    [{ RUNNER_VERSION: "../../evil" }, "RUNNER_VERSION is no version"],
    [{ RUNNER_VERSION: "2.999.1", RUNNER_SHA256: "abc" }, "is no SHA-256 digest"],
  ])("stops with a word of advice for %j", async (env, text) => {
    const { code, stderr, unpacked } = await fetchRunner(env as Record<string, string>);
    expect(code).toBe(1);
    expect(stderr).toContain(text);
    expect(unpacked).toBe(false);
  });
});
