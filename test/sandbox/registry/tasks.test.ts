import { createHash } from "node:crypto";
import {
  existsSync,
  readFileSync,
  rmSync,
  statSync,
  mkdtempSync,
  writeFileSync,
  mkdirSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gunzipSync, gzipSync } from "node:zlib";
import { packTar } from "modern-tar/fs";
import { unpackTar } from "modern-tar";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRegistryRoom } from "../../../src/sandbox/registry/service.js";
import { call, createRoomContext, resourceGroup } from "./room-context.js";

const registryId = `${resourceGroup}/providers/Microsoft.ContainerRegistry/registries/crTest`;
const owner = "token-owner@https://management.azure.com";
const version = "api-version=2019-06-01-preview";
const provider = "Microsoft.ContainerRegistry/registries";

let room: ReturnType<typeof createRegistryRoom>;
let context: ReturnType<typeof createRoomContext>;
let host: string;

beforeEach(async () => {
  context = createRoomContext();
  // Builds take their time for people to watch.
  context.clock.setSpeed(10);
  context.grant(
    "owner",
    `${provider}/listBuildSourceUploadUrl/action`,
    `${provider}/scheduleRun/action`,
    `${provider}/runs/read`,
    `${provider}/runs/write`,
    `${provider}/runs/listLogSasUrl/action`,
    `${provider}/runs/cancel/action`,
  );
  context.grant("puller", `${provider}/pull/read`);
  room = createRegistryRoom(context.ctx, { packageRoot: "" });
  host = await room.port.open({ id: registryId, name: "crTest", type: provider, properties: {} });
  context.addResource({
    id: `${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull`,
    name: "pull",
    type: "Microsoft.ManagedIdentity/userAssignedIdentities",
    properties: { principalId: "puller" },
  });
});

afterEach(async () => {
  for (const service of room.services) await service.close?.();
  context.dispose();
});

type Files = Record<string, string | { mode?: number; text?: string; link?: string }>;

async function pack(files: Files): Promise<Buffer> {
  const directory = mkdtempSync(join(tmpdir(), "build-context-"));
  for (const [name, file] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    if (typeof file === "object" && file.link !== undefined) symlinkSync(file.link, path);
    else if (typeof file === "string") writeFileSync(path, file);
    else writeFileSync(path, file.text ?? "", { mode: file.mode ?? 0o644 });
  }
  const archive = gzipSync(await buffer(packTar(directory)));
  rmSync(directory, { recursive: true, force: true });
  return archive;
}

async function upload(content: Buffer): Promise<string> {
  const url = await call(room.services, `${registryId}/listBuildSourceUploadUrl?${version}`, {
    method: "POST",
    token: owner,
  });
  const put = await call(room.services, url.json.uploadUrl, {
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob" },
    body: content,
  });
  expect(put.status).toBe(201);
  return url.json.relativePath as string;
}

async function schedule(request: Record<string, unknown>) {
  return await call(room.services, `${registryId}/scheduleRun?${version}`, {
    method: "POST",
    token: owner,
    body: {
      type: "DockerBuildRequest",
      dockerFilePath: "Dockerfile",
      imageNames: ["runner:{{.Run.ID}}", "runner:latest"],
      isPushEnabled: true,
      platform: { os: "Linux" },
      ...request,
    },
  });
}

async function finish(runId: string) {
  for (;;) {
    const run = await call(room.services, `${registryId}/runs/${runId}?${version}`, {
      token: owner,
    });
    if (run.json.properties.finishTime !== undefined) return run.json.properties;
    await context.clock.sleep(10);
  }
}

async function readLog(runId: string) {
  const link = await call(room.services, `${registryId}/runs/${runId}/listLogSasUrl?${version}`, {
    method: "POST",
    token: owner,
  });
  const blob = await call(room.services, link.json.logLink);
  return { url: link.json.logLink as string, blob, text: String(blob.body) };
}

async function build(files: Files, request: Record<string, unknown> = {}) {
  const sourceLocation = await upload(await pack(files));
  const scheduled = await schedule({ sourceLocation, ...request });
  expect(scheduled.status).toBe(200);
  expect(scheduled.json.properties.status).toBe("Queued");
  const run = await finish(scheduled.json.properties.runId);
  return { run, ...(await readLog(run.runId)) };
}

function pull(image: string) {
  return room.port.pull(
    image,
    `${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull`,
  );
}

describe("a build", () => {
  const files: Files = {
    Dockerfile: [
      "ARG BASE=ubuntu:24.04",
      "FROM ${BASE} AS download",
      "ARG VERSION",
      "RUN fetch ${VERSION} \\",
      "  # a comment in between",
      "  && unpack",
      "COPY lib/ /opt/lib",
      "",
      "FROM ${BASE}",
      "ARG VERSION=none",
      'LABEL title="a runner" version=$VERSION',
      "ENV HOME_DIR=/home/runner GREETING='hello $VERSION'",
      "COPY --from=download /opt/lib ${HOME_DIR}/lib/",
      "COPY --from=download /opt/made-by-run /opt/made-by-run",
      "COPY --chown=1001:1001 entrypoint.sh /usr/local/bin/",
      "COPY lib/*.txt notes/",
      "WORKDIR /home/runner",
      "USER runner",
      'ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]',
      'CMD ["run", "--now"]',
    ].join("\n"),
    "entrypoint.sh": { text: "#!/bin/sh\n", mode: 0o755 },
    "lib/one.txt": "1",
    "lib/two.txt": "2",
    "lib/deep/three.md": "3",
  };

  it("makes an image that can be pulled by digest and by tag [REG-20 REG-21 REG-30]", async () => {
    const { run, text } = await build(files, {
      arguments: [{ name: "VERSION", value: "2.336.0" }],
    });
    expect(text).toContain("Step 1/17 : ARG BASE=ubuntu:24.04\r\n");
    expect(run.status).toBe("Succeeded");
    expect(run.outputImages).toEqual([
      {
        registry: host,
        repository: "runner",
        tag: run.runId,
        digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      },
      { registry: host, repository: "runner", tag: "latest", digest: run.outputImages[0].digest },
    ]);
    const image = pull(`${host}/runner@${run.outputImages[0].digest}`);
    expect(pull(`${host}/runner:latest`)).toEqual(image);
    expect(image).toMatchObject({
      env: { HOME_DIR: "/home/runner", GREETING: "hello $VERSION" },
      entrypoint: ["/usr/local/bin/entrypoint.sh"],
      cmd: ["run", "--now"],
      workdir: "/home/runner",
      user: "runner",
    });
    const file = (path: string) => join(image.rootfs, path);
    expect(readFileSync(file("home/runner/lib/deep/three.md"), "utf8")).toBe("3");
    expect(readFileSync(file("notes/two.txt"), "utf8")).toBe("2");
    expect(statSync(file("usr/local/bin/entrypoint.sh")).mode & 0o777).toBe(0o755);
    expect(text).toContain("Step 4/17 : RUN fetch ${VERSION}   && unpack");
    expect(text).toContain("[sandbox] /opt/made-by-run is made by a RUN");
    expect(text).toContain(`Successfully tagged ${host}/runner:latest\r\n`);
    expect(text).toContain(`latest: digest: ${run.outputImages[0].digest} size: `);
    expect(text).toMatch(new RegExp(`Run ID: ${run.runId} was successful after \\d+s\\r\\n$`));
  });

  it("builds this product's own image [REG-20 REG-22]", async () => {
    const docker = join(import.meta.dirname, "..", "..", "..", "docker");
    const sourceLocation = await upload(gzipSync(await buffer(packTar(docker))));
    const scheduled = await schedule({ sourceLocation });
    const run = await finish(scheduled.json.properties.runId);
    expect((await readLog(run.runId)).text).not.toContain("not consumed");
    expect(run.status).toBe("Succeeded");
    const image = pull(`${host}/runner:latest`);
    expect(image).toMatchObject({ entrypoint: ["/usr/local/bin/entrypoint.sh"], user: "runner" });
    expect(existsSync(join(image.rootfs, "usr/local/bin/entrypoint.sh"))).toBe(true);
  });

  it("survives a restart of the sandbox [REG-31]", async () => {
    const { run } = await build(files);
    context.flush();
    const again = createRoomContext(context.directory);
    again.grant("puller", `${provider}/pull/read`);
    again.addResource(context.ctx.arm.list("Microsoft.ManagedIdentity/userAssignedIdentities")[0]!);
    const later = createRegistryRoom(again.ctx, { packageRoot: "" });
    await later.port.open({ id: registryId, name: "crTest", type: provider, properties: {} });
    const identity = `${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/pull`;
    expect(later.port.pull(`${host}/runner:latest`, identity).digest).toBe(
      run.outputImages[0].digest,
    );
    await later.port.close(registryId);
    expect(() => later.port.pull(`${host}/runner:latest`, identity)).toThrow(/no such host/);
    again.flush();
  });

  it("keeps owner and mode in the layer [REG-30]", async () => {
    const { run } = await build(files);
    const tokens = await registryToken("repository:runner:pull");
    const manifest = await call(
      room.services,
      `/v2/runner/manifests/${run.outputImages[0].digest}`,
      {
        listener: "registry:crtest",
        token: tokens,
      },
    );
    const document = JSON.parse(String(manifest.body));
    const layer = await call(room.services, `/v2/runner/blobs/${document.layers[0].digest}`, {
      listener: "registry:crtest",
      token: tokens,
    });
    const entries = await unpackTar(gunzipSync(layer.body as Buffer));
    const header = entries.find((one) => one.header.name === "usr/local/bin/entrypoint.sh")?.header;
    expect(header).toMatchObject({ uid: 1001, gid: 1001, mode: 0o755 });
  });

  it("ends at the target stage [REG-22]", async () => {
    const { run, text } = await build(files, { target: "download" });
    expect(run.status).toBe("Succeeded");
    expect(text).toContain("Step 5/5 : COPY lib/ /opt/lib");
  });

  it("does not push when told not to [REG-20]", async () => {
    const { run } = await build(files, { isPushEnabled: false });
    expect(run.status).toBe("Succeeded");
    expect(run.outputImages).toEqual([]);
    expect(() => pull(`${host}/runner:latest`)).toThrow(/NAME_UNKNOWN/);
  });
});

async function registryToken(scope: string): Promise<string> {
  const exchange = await call(room.services, "/oauth2/exchange", {
    method: "POST",
    listener: "registry:crtest",
    body: new URLSearchParams({
      grant_type: "access_token",
      service: host,
      access_token: "token-puller@https://containerregistry.azure.net",
    }).toString(),
  });
  const token = await call(room.services, "/oauth2/token", {
    method: "POST",
    listener: "registry:crtest",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      service: host,
      scope,
      refresh_token: exchange.json.refresh_token,
    }).toString(),
  });
  return token.json.access_token as string;
}

describe("an image that is pushed", () => {
  it("can be run from, layer on layer [REG-55]", async () => {
    context.grant("puller", `${provider}/push/write`);
    const token = await registryToken("repository:pushed:pull,push");
    const send = (path: string, init: Record<string, unknown>) =>
      call(room.services, path, { listener: "registry:crtest", token, ...init });
    const blob = async (content: Buffer) => {
      const digest = `sha256:${createHash("sha256").update(content).digest("hex")}`;
      const start = await send("/v2/pushed/blobs/uploads/", { method: "POST" });
      const at = start.headers["location"] ?? "";
      await send(at, { method: "PATCH", body: content });
      expect((await send(`${at}?digest=sha256:${"0".repeat(64)}`, { method: "PUT" })).status).toBe(
        400,
      );
      const again = await send("/v2/pushed/blobs/uploads/", { method: "POST" });
      const end = await send(`${again.headers["location"]}?digest=${digest}`, {
        method: "PUT",
        body: content,
      });
      expect(end.status).toBe(201);
      return { digest, size: content.length };
    };
    const config = await blob(
      Buffer.from(JSON.stringify({ config: { User: "me", Entrypoint: ["/a"] } })),
    );
    const layers = [
      await blob(await pack({ a: { text: "1", mode: 0o755 }, "dir/gone": "x" })),
      await blob(
        await pack({ "dir/.wh.gone": "", "dir/new": "2", evil: { link: "../../../etc" } }),
      ),
    ];
    const put = await send("/v2/pushed/manifests/v1", {
      method: "PUT",
      headers: { "content-type": "application/vnd.docker.distribution.manifest.v2+json" },
      body: {
        schemaVersion: 2,
        config: { mediaType: "application/vnd.docker.container.image.v1+json", ...config },
        layers: layers.map((layer) => ({
          mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip",
          ...layer,
        })),
      },
    });
    expect(put.status).toBe(201);
    const image = pull(`${host}/pushed:v1`);
    expect(image).toMatchObject({ user: "me", entrypoint: ["/a"], workdir: "/" });
    expect(statSync(join(image.rootfs, "a")).mode & 0o777).toBe(0o755);
    expect(existsSync(join(image.rootfs, "dir/gone"))).toBe(false);
    expect(readFileSync(join(image.rootfs, "dir/new"), "utf8")).toBe("2");
  });
});

describe("a build that fails", () => {
  const table: [
    name: string,
    dockerfile: string,
    message: RegExp,
    request?: Record<string, unknown>,
  ][] = [
    [
      "unknown instruction",
      "FROM a\nFORM b",
      /dockerfile parse error on line 2: unknown instruction: FORM\r\n/,
    ],
    ["no FROM", "RUN x", /line 1: no build stage in current context/],
    ["empty", "# nothing", /the Dockerfile \(Dockerfile\) cannot be empty/],
    [
      "missing source",
      "FROM a\nCOPY nope.txt /",
      /COPY failed: file not found in build context or excluded by \.dockerignore: stat nope\.txt: file does not exist/,
    ],
    [
      "outside",
      "FROM a\nCOPY ../x /",
      /COPY failed: forbidden path outside the build context: \.\.\/x \(\)/,
    ],
    [
      "link out of the context",
      "FROM a\nCOPY out /",
      /forbidden path outside the build context: out/,
    ],
    ["no match", "FROM a\nADD *.nope /", /ADD failed: no source files were specified/],
    [
      "many to one",
      "FROM a\nCOPY a.txt b.txt /target",
      /destination must be a directory and end with a \//,
    ],
    ["one argument", "FROM a\nCOPY a.txt", /COPY requires at least two arguments/],
    [
      "command",
      "FROM a\nRUN exit 3",
      /The command '\/bin\/sh -c exit 3' returned a non-zero code: 3\r\n/,
    ],
    [
      "exec command",
      'FROM a\nRUN ["false"]',
      /The command 'false' returned a non-zero code: 1\r\n/,
    ],
    [
      "BuildKit's chmod",
      "FROM a\nCOPY --chmod=755 a.txt /",
      /the --chmod option requires BuildKit/,
    ],
    [
      "BuildKit's mount",
      "FROM a\nRUN --mount=type=cache,target=/x true",
      /the --mount option requires BuildKit/,
    ],
    ["heredoc", "FROM a\nRUN <<EOF\nls\nEOF", /heredoc syntax requires BuildKit/],
    ["unknown flag", "FROM a\nCOPY --nope=1 a.txt /", /line 2: Unknown flag: nope/],
    ["variable", "FROM a\nUSER ${X:?is needed}", /X: is needed/],
    ["blank base", "ARG B\nFROM $B", /base name \(\$B\) should not be blank/],
    ["no such stage for COPY", "FROM a\nCOPY --from=3 x /", /invalid from flag value 3/],
    ["no such image here", "FROM HOST/base:1", /manifest for localhost:\d+\/base:1 not found/],
    [
      "no such target",
      "FROM a AS one",
      /failed to reach build target two in Dockerfile/,
      { target: "two" },
    ],
    [
      "no Dockerfile",
      "FROM a",
      /unable to evaluate symlinks in Dockerfile path/,
      { dockerFilePath: "Other" },
    ],
    [
      "name",
      "FROM a",
      /invalid argument "localhost:\d+\/Runner:1" for "-t, --tag" flag/,
      { imageNames: ["HOST/Runner:1"] },
    ],
    [
      "registry of others",
      "FROM a",
      /authentication required for other\.azurecr\.io/,
      { imageNames: ["other.azurecr.io/x:1"] },
    ],
  ];

  it.each(table)("%s [REG-23]", async (_name, dockerfile, message, request = {}) => {
    const replaceHost = (text: string) => text.replace("HOST", host);
    const names = request["imageNames"] as string[] | undefined;
    const { run, text, blob } = await build(
      {
        Dockerfile: replaceHost(dockerfile),
        "a.txt": "a",
        "b.txt": "b",
        out: { link: "/etc/hostname" },
      },
      { ...request, ...(names === undefined ? {} : { imageNames: names.map(replaceHost) }) },
    );
    expect(text).toMatch(message);
    expect(run.status).toBe("Failed");
    expect(run.outputImages).toEqual([]);
    expect(run.runErrorMessage).toBe("failed during run, err: exit status 1");
    expect(text).toMatch(
      /Run ID: \w+ failed after \d+s\. Error: failed during run, err: exit status 1\r\n$/,
    );
    expect(blob.headers["x-ms-meta-complete"]).toBe("failed");
  });

  it.each([
    ["a URL of elsewhere", "https://github.com/owner/repo.git"],
    ["an upload that never came", "tasks-source/1/nothing.tar.gz"],
  ])("%s [REG-24]", async (_name, sourceLocation) => {
    const scheduled = await schedule({ sourceLocation });
    const run = await finish(scheduled.json.properties.runId);
    expect(run.status).toBe("Failed");
    expect((await readLog(run.runId)).text).toContain("failed to download context");
  });

  it("what was uploaded is no archive [REG-24]", async () => {
    const scheduled = await schedule({ sourceLocation: await upload(Buffer.from("no archive")) });
    const run = await finish(scheduled.json.properties.runId);
    expect(run.status).toBe("Failed");
    expect((await readLog(run.runId)).text).toContain("failed to extract the context");
  });
});

describe("runs", () => {
  const files = { Dockerfile: "FROM a\nRUN something" };

  it("shows its states in order, and its log grows [REG-13 REG-40]", async () => {
    const sourceLocation = await upload(await pack(files));
    const scheduled = await schedule({ sourceLocation });
    const { runId } = scheduled.json.properties;
    const link = await readLog(runId);
    expect(link.blob.status).toBe(404);
    expect(String(link.blob.body)).toContain("<Code>BlobNotFound</Code>");
    const states = new Set<string>();
    const sizes = new Set<number>();
    for (;;) {
      const run = await call(room.services, `${registryId}/runs/${runId}?${version}`, {
        token: owner,
      });
      states.add(run.json.properties.status);
      const head = await call(room.services, link.url, { method: "HEAD" });
      if (head.status === 200) sizes.add(Number(head.headers["content-length"]));
      if (run.json.properties.finishTime !== undefined) break;
      expect(head.headers["x-ms-meta-complete"]).toBeUndefined();
      await context.clock.sleep(5);
    }
    expect([...states]).toEqual(["Queued", "Started", "Running", "Succeeded"]);
    expect(sizes.size).toBeGreaterThan(5);
    const end = await call(room.services, link.url, { method: "HEAD" });
    expect(end.headers).toMatchObject({
      "x-ms-meta-complete": "successful",
      "x-ms-blob-type": "AppendBlob",
    });
  });

  it("reads the log by ranges [REG-41]", async () => {
    const { url, text } = await build(files);
    const range = (value: string, name = "x-ms-range") =>
      call(room.services, url, { headers: { [name]: value } });
    const middle = await range("bytes=5-9", "range");
    expect(middle.status).toBe(206);
    expect(String(middle.body)).toBe(text.slice(5, 10));
    expect(middle.headers["content-range"]).toBe(`bytes 5-9/${text.length}`);
    const rest = await range(`bytes=${text.length - 3}-`);
    expect(String(rest.body)).toBe(text.slice(-3));
    expect(rest.headers["x-ms-meta-complete"]).toBe("successful");
    const nothing = await range(`bytes=${text.length}-`);
    expect(nothing.status).toBe(416);
    expect(String(nothing.body)).toContain("<Code>InvalidRange</Code>");
  });

  it("can be canceled [REG-14]", async () => {
    const sourceLocation = await upload(await pack(files));
    const scheduled = await schedule({ sourceLocation });
    const { runId } = scheduled.json.properties;
    const cancel = () =>
      call(room.services, `${registryId}/runs/${runId}/cancel?${version}`, {
        method: "POST",
        token: owner,
      });
    expect((await cancel()).status).toBe(200);
    const run = await finish(runId);
    expect(run.status).toBe("Canceled");
    const log = await readLog(runId);
    expect(log.blob.headers["x-ms-meta-complete"]).toBe("canceled");
    expect((await cancel()).status).toBe(409);
  });

  it("times out [REG-15]", async () => {
    const sourceLocation = await upload(await pack(files));
    const scheduled = await schedule({ sourceLocation, timeout: 300 });
    const { runId } = scheduled.json.properties;
    while ((await readLog(runId)).blob.status === 404) await context.clock.sleep(5);
    context.clock.advance(301_000);
    const run = await finish(runId);
    expect(run.status).toBe("Timeout");
    expect((await readLog(runId)).blob.headers["x-ms-meta-complete"]).toBe("timedout");
  });

  it("lists newest first, filtered and by pages [REG-12]", async () => {
    await build(files);
    await build({ Dockerfile: "FROM a\nRUN false" });
    await build(files);
    const list = (query: string) =>
      call(room.services, `${registryId}/runs?${version}${query}`, { token: owner });
    const all = await list("");
    const ids = all.json.value.map((run: { name: string }) => run.name);
    expect(ids).toHaveLength(3);
    expect(ids[0]).toMatch(/3$/);
    const failed = await list(`&$filter=${encodeURIComponent("Status eq 'Failed'")}`);
    expect(failed.json.value.map((run: { name: string }) => run.name)).toEqual([ids[1]]);
    const digest = all.json.value[0].properties.outputImages[0].digest;
    const filter = encodeURIComponent(`contains(OutputImageManifests, 'runner@${digest}')`);
    expect(
      (await list(`&$filter=${filter}`)).json.value.map((run: { name: string }) => run.name),
    ).toEqual([ids[0]]);
    const first = await list("&$top=2");
    expect(first.json.value).toHaveLength(2);
    const second = await call(room.services, first.json.nextLink, { token: owner });
    expect(second.json.value.map((run: { name: string }) => run.name)).toEqual([ids[2]]);
    expect(second.json.nextLink).toBeUndefined();
    expect((await list("&$filter=Nope")).status).toBe(400);
  });
});

describe("requests that are refused", () => {
  it.each([
    [
      "no permission",
      { token: "token-nobody@https://management.azure.com" },
      403,
      "AuthorizationFailed",
    ],
    [
      "another audience",
      { token: "token-owner@https://vault.azure.net" },
      401,
      "InvalidAuthenticationToken",
    ],
  ])("%s [REG-10]", async (_name, init, status, code) => {
    const reply = await call(room.services, `${registryId}/runs?${version}`, init);
    expect(reply.status).toBe(status);
    expect(reply.json.error.code).toBe(code);
  });

  it.each<[string, Record<string, unknown>]>([
    ["an unknown type", { type: "Nope" }],
    ["no Dockerfile path", { dockerFilePath: undefined }],
    ["Windows", { platform: { os: "Windows" } }],
    ["a timeout out of bounds", { timeout: 10 }],
    ["an argument without a value", { arguments: [{ name: "x" }] }],
    ["a task file", { type: "FileTaskRunRequest" }],
  ])("%s [REG-11]", async (_name, request) => {
    const reply = await schedule(request);
    expect(reply.status).toBe(400);
    expect(reply.json.error.code).toBe("InvalidRequest");
  });

  it("a run, a registry or a version that does not exist [REG-10]", async () => {
    expect(
      (await call(room.services, `${registryId}/runs/zz9?${version}`, { token: owner })).status,
    ).toBe(404);
    const other = registryId.replace("crTest", "crOther");
    expect(
      (await call(room.services, `${other}/runs?${version}`, { token: owner })).json.error.code,
    ).toBe("ResourceNotFound");
    expect(
      (await call(room.services, `${registryId}/runs`, { token: owner })).json.error.code,
    ).toBe("MissingApiVersionParameter");
    expect(
      (await call(room.services, `${registryId}/runs?api-version=2001-01-01`, { token: owner }))
        .json.error.code,
    ).toBe("NoRegisteredProviderFound");
  });
});

describe("uploads", () => {
  async function uploadUrl(): Promise<string> {
    const reply = await call(room.services, `${registryId}/listBuildSourceUploadUrl?${version}`, {
      method: "POST",
      token: owner,
    });
    return reply.json.uploadUrl;
  }
  const put = (url: string, headers: Record<string, string> = { "x-ms-blob-type": "BlockBlob" }) =>
    call(room.services, url, { method: "PUT", headers, body: "x" });

  it("takes blocks and their list [REG-42]", async () => {
    const reply = await call(room.services, `${registryId}/listBuildSourceUploadUrl?${version}`, {
      method: "POST",
      token: owner,
    });
    const { uploadUrl: url, relativePath } = reply.json;
    const archive = await pack({ Dockerfile: "FROM scratch" });
    const half = Math.floor(archive.length / 2);
    for (const [id, part] of [
      ["YQ==", archive.subarray(0, half)],
      ["Yg==", archive.subarray(half)],
    ] as const) {
      const block = await call(
        room.services,
        `${url}&comp=block&blockid=${encodeURIComponent(id)}`,
        { method: "PUT", body: part },
      );
      expect(block.status).toBe(201);
    }
    const list =
      "<?xml version='1.0'?><BlockList><Latest>YQ==</Latest><Latest>Yg==</Latest></BlockList>";
    const commit = await call(room.services, `${url}&comp=blocklist`, {
      method: "PUT",
      body: list,
    });
    expect(commit.status).toBe(201);
    const run = await finish(
      (await schedule({ sourceLocation: relativePath })).json.properties.runId,
    );
    expect(run.status).toBe("Succeeded");
    const missing = await call(room.services, `${url}&comp=blocklist`, {
      method: "PUT",
      body: list,
    });
    expect(String(missing.body)).toContain("InvalidBlockList");
  });

  it("checks signature, expiry and permission [REG-43]", async () => {
    const url = await uploadUrl();
    const forged = await put(url.replace("sp=cw", "sp=cwr"));
    expect(forged.status).toBe(403);
    expect(forged.headers["x-ms-error-code"]).toBe("AuthenticationFailed");
    expect(String(forged.body)).toContain("Signature did not match");
    expect((await put(url.replace(/sig=.*$/, ""))).status).toBe(401);
    const read = await call(room.services, url);
    expect(String(read.body)).toContain("AuthorizationPermissionMismatch");
    expect((await put(url, {})).status).toBe(400);
    context.clock.advance(2 * 3_600_000);
    const expired = await put(url);
    expect(expired.status).toBe(403);
    expect(String(expired.body)).toContain("Signature not valid in the specified time frame");
  });
});

describe("tasks", () => {
  const encode = (text: string) => Buffer.from(text).toString("base64");

  it("runs the build and push steps of an encoded task, with BuildKit when it says so [REG-25]", async () => {
    const sourceLocation = await upload(
      await pack({
        Dockerfile: "FROM a\nCOPY --chmod=0750 <<EOF /tool\nhello $X\nEOF\nARG X",
        "f.txt": "f",
      }),
    );
    const task = [
      "version: v1.1.0",
      "steps:",
      "  - cmd: mcr.microsoft.com/acr/some-tool",
      "  - build: -t $Registry/{{.Values.name}}:$ID -f Dockerfile .",
      "    env: [DOCKER_BUILDKIT=1]",
      "  - push: ['$Registry/{{.Values.name}}:$ID']",
    ].join("\n");
    const scheduled = await schedule({
      type: "EncodedTaskRunRequest",
      encodedTaskContent: encode(task),
      values: [{ name: "name", value: "tool" }],
      sourceLocation,
    });
    const run = await finish(scheduled.json.properties.runId);
    expect((await readLog(run.runId)).text).toContain(
      "[sandbox] what it does by itself is not known here, and not done",
    );
    expect(run).toMatchObject({
      status: "Succeeded",
      runType: "QuickRun",
      outputImages: [{ repository: "tool", tag: run.runId }],
    });
    const image = pull(`${host}/tool:${run.runId}`);
    expect(readFileSync(join(image.rootfs, "tool"), "utf8")).toBe("hello \n");
    expect(statSync(join(image.rootfs, "tool")).mode & 0o777).toBe(0o750);
  });

  it("runs a stored task [REG-25]", async () => {
    const taskId = `${registryId}/tasks/rebuild`;
    context.addResource({
      id: taskId,
      name: "rebuild",
      type: `${provider}/tasks`,
      properties: {
        platform: { os: "Linux" },
        timeout: 3600,
        step: { type: "EncodedTask", encodedTaskContent: encode("steps:\n  - cmd: true") },
      },
    });
    const scheduled = await schedule({ type: "TaskRunRequest", taskId });
    expect((await finish(scheduled.json.properties.runId)).status).toBe("Succeeded");
    expect((await schedule({ type: "TaskRunRequest", taskId: `${taskId}x` })).status).toBe(404);
  });
});
