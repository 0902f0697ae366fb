import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { createGzip } from "node:zlib";
import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import { ContainerRegistryClient, ContainerRegistryContentClient } from "@azure/container-registry";
import { AnonymousCredential, BlockBlobClient, newPipeline } from "@azure/storage-blob";
import { packTar } from "modern-tar/fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { send } from "../core/http.js";
import { startForTest, type SandboxUnderTest } from "./running-sandbox.js";

const registryName = "crsdktest";
let test: SandboxUnderTest;
let registryId: string;
let loginServer: string;

beforeAll(async () => {
  test = await startForTest();
  registryId = `${test.group}/providers/Microsoft.ContainerRegistry/registries/${registryName}`;
  const made = await test.arm("PUT", registryId, "2025-04-01", {
    location: "westeurope",
    sku: { name: "Basic" },
    properties: {},
  });
  loginServer = made.json.properties.loginServer;
});

afterAll(async () => {
  await test.close();
});

function tasksClient() {
  return new ContainerRegistryManagementClient(test.credential, test.subscriptionId, {
    endpoint: test.sandbox.origin,
    credentialScopes: ["https://management.azure.com/.default"],
    tlsOptions: { ca: test.ca },
  });
}

/** storage-blob takes no CA of its own; a SAS holds for the sandbox's plain address too. */
function blobClient(url: string) {
  const plain = url.replace(test.sandbox.origin, test.sandbox.httpOrigin);
  return new BlockBlobClient(
    plain,
    newPipeline(new AnonymousCredential(), { retryOptions: { maxTries: 1 } }),
  );
}

async function build(dockerfile: string, imageNames: string[]) {
  const directory = mkdtempSync(join(tmpdir(), "sdk-context-"));
  writeFileSync(join(directory, "Dockerfile"), dockerfile);
  writeFileSync(join(directory, "hello.txt"), "hello");
  const archive = await buffer(packTar(directory).pipe(createGzip()));
  rmSync(directory, { recursive: true, force: true });
  const client = tasksClient();
  const upload = await client.registries.getBuildSourceUploadUrl("rg-sdk", registryName);
  await blobClient(upload.uploadUrl ?? "").upload(archive, archive.length);
  let run = await client.registries.beginScheduleRunAndWait("rg-sdk", registryName, {
    type: "DockerBuildRequest",
    dockerFilePath: "Dockerfile",
    imageNames,
    isPushEnabled: true,
    platform: { os: "Linux", architecture: "amd64" },
    sourceLocation: upload.relativePath,
  } as never);
  const runId = run.runId ?? "";
  const link = await client.runs.getLogSasUrl("rg-sdk", registryName, runId);
  const log = blobClient(link.logLink ?? "");
  let text = "";
  for (;;) {
    try {
      const part = await log.download(text.length);
      text += (await buffer(part.readableStreamBody!)).toString();
      if (part.metadata?.["complete"] !== undefined) break; // The rest came with it.
    } catch (error) {
      // Not there yet, or nothing new.
      if (![404, 416].includes((error as { statusCode: number }).statusCode)) throw error;
      const properties = await log.getProperties().catch(() => undefined);
      const all = (properties?.contentLength ?? 0) <= text.length;
      if (properties?.metadata?.["complete"] !== undefined && all) break;
    }
  }
  run = await client.runs.get("rg-sdk", registryName, runId);
  return { run, text };
}

const clientOptions = () => ({
  audience: "https://containerregistry.azure.net",
  tlsOptions: { ca: test.ca },
  retryOptions: { maxRetries: 0 },
});

describe("with Azure's own SDKs", () => {
  it("an image is built, listed, unlocked and deleted [REG-50 REG-51 REG-52 REG-53]", async () => {
    const { run, text } = await build(
      'FROM debian:12\nCOPY hello.txt /\nCMD ["cat", "/hello.txt"]',
      ["team/hello:{{.Run.ID}}", "team/hello:latest"],
    );
    expect(run.status).toBe("Succeeded");
    expect(text).toMatch(/Run ID: \w+ was successful after/);
    const digest = run.outputImages?.[0]?.digest ?? "";

    const client = new ContainerRegistryClient(
      `https://${loginServer}`,
      test.credential,
      clientOptions(),
    );
    const names: string[] = [];
    for await (const name of client.listRepositoryNames()) names.push(name);
    expect(names).toEqual(["team/hello"]);
    const repository = client.getRepository("team/hello");
    expect(await repository.getProperties()).toMatchObject({
      name: "team/hello",
      manifestCount: 1,
      tagCount: 2,
    });
    const manifests = [];
    for await (const manifest of repository.listManifestProperties({
      order: "LastUpdatedOnDescending",
    }))
      manifests.push(manifest);
    expect(manifests).toMatchObject([{ digest, architecture: "amd64", operatingSystem: "linux" }]);
    const artifact = client.getArtifact("team/hello", "latest");
    expect((await artifact.getManifestProperties()).digest).toBe(digest);
    const tags: string[] = [];
    for await (const tag of artifact.listTagProperties()) tags.push(tag.name);
    expect(tags.sort()).toEqual([run.runId, "latest"].sort());

    await artifact.updateTagProperties("latest", { canDelete: false });
    await expect(artifact.deleteTag("latest")).rejects.toMatchObject({ statusCode: 405 });
    await artifact.updateTagProperties("latest", { canDelete: true });
    await artifact.deleteTag("latest");
    expect((await repository.getProperties()).tagCount).toBe(1);
    await client.getArtifact("team/hello", digest).delete();
    await expect(repository.getProperties()).rejects.toMatchObject({ statusCode: 404 });
  });

  it("an image is pushed and pulled back [REG-54]", async () => {
    const client = new ContainerRegistryContentClient(
      `https://${loginServer}`,
      "pushed/app",
      test.credential,
      clientOptions(),
    );
    const config = await client.uploadBlob(
      Buffer.from(JSON.stringify({ architecture: "arm64", os: "linux", config: { User: "me" } })),
    );
    const layer = await client.uploadBlob(Buffer.from("layer"));
    const { digest } = await client.setManifest(
      {
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        config: {
          mediaType: "application/vnd.oci.image.config.v1+json",
          digest: config.digest,
          size: config.sizeInBytes,
        },
        layers: [
          {
            mediaType: "application/vnd.oci.image.layer.v1.tar",
            digest: layer.digest,
            size: layer.sizeInBytes,
          },
        ],
      },
      { tag: "v1" },
    );
    const manifest = await client.getManifest("v1");
    expect(manifest.digest).toBe(digest);
    const blob = await client.downloadBlob(layer.digest);
    expect((await buffer(blob.content)).toString()).toBe("layer");
    await client.deleteBlob("sha256:" + "0".repeat(64)).catch(() => {});
    await client.deleteManifest(digest);
    await expect(client.getManifest("v1")).rejects.toMatchObject({ statusCode: 404 });
  });

  it("a failing build says so [REG-23]", async () => {
    const { run, text } = await build("FROM debian:12\nRUN exit 1", ["x:1"]);
    expect(run.status).toBe("Failed");
    expect(text).toContain("The command '/bin/sh -c exit 1' returned a non-zero code: 1");
  });

  it("roles decide [REG-10 REG-51]", async () => {
    await build("FROM scratch\nCOPY hello.txt /", ["roles:1"]);
    const puller = await test.addPrincipal("AcrPull", registryId);
    const client = new ContainerRegistryClient(`https://${loginServer}`, puller, clientOptions());
    const artifact = client.getArtifact("roles", "1");
    const { digest } = await artifact.getManifestProperties();
    await expect(client.getArtifact("roles", digest).delete()).rejects.toMatchObject({
      statusCode: 401,
    });
    const nobody = await test.addPrincipal();
    const stranger = new ContainerRegistryClient(`https://${loginServer}`, nobody, clientOptions());
    await expect(stranger.getArtifact("roles", "1").getManifestProperties()).rejects.toMatchObject({
      statusCode: 401,
    });
    const tasks = new ContainerRegistryManagementClient(puller, test.subscriptionId, {
      endpoint: test.sandbox.origin,
      credentialScopes: ["https://management.azure.com/.default"],
      tlsOptions: { ca: test.ca },
    });
    await expect(
      tasks.registries.getBuildSourceUploadUrl("rg-sdk", registryName),
    ).rejects.toMatchObject({
      statusCode: 403,
      code: "AuthorizationFailed",
    });
  });

  it("a Docker client finds its way to a token [REG-50]", async () => {
    const anonymous = await send(`https://${loginServer}/v2/`, { ca: test.ca });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers["www-authenticate"]).toBe(
      `Bearer realm="https://${loginServer}/oauth2/token",service="${loginServer}"`,
    );
    const aad = await test.credential.getToken("https://management.azure.com/.default");
    const exchange = await send(`https://${loginServer}/oauth2/exchange`, {
      method: "POST",
      ca: test.ca,
      body: new URLSearchParams({
        grant_type: "access_token",
        service: loginServer,
        access_token: aad?.token ?? "",
      }),
    });
    const login = Buffer.from(
      `00000000-0000-0000-0000-000000000000:${exchange.json.refresh_token}`,
    ).toString("base64");
    const token = await send(
      `https://${loginServer}/oauth2/token?service=${encodeURIComponent(loginServer)}&scope=${encodeURIComponent("repository:roles:pull")}&account=x`,
      { ca: test.ca, headers: { authorization: `Basic ${login}` } },
    );
    const headers = { authorization: `Bearer ${token.json.access_token}` };
    expect((await send(`https://${loginServer}/v2/`, { ca: test.ca, headers })).status).toBe(200);
    const head = await send(`https://${loginServer}/v2/roles/manifests/1`, {
      method: "HEAD",
      ca: test.ca,
      headers,
    });
    expect(head.status).toBe(200);
    expect(head.headers["docker-content-digest"]).toMatch(/^sha256:/);
    const other = await send(`https://${loginServer}/v2/other/manifests/1`, {
      ca: test.ca,
      headers,
    });
    expect(other.status).toBe(401);
    expect(other.headers["www-authenticate"]).toContain(
      'scope="repository:other:pull",error="insufficient_scope"',
    );
  });

  it("images and login server are the same after a restart [REG-31]", async () => {
    const { run } = await build("FROM scratch\nCOPY hello.txt /", ["kept:1"]);
    await test.restart();
    const registry = await test.arm("GET", registryId, "2025-04-01");
    expect(registry.json.properties.loginServer).toBe(loginServer);
    const client = new ContainerRegistryClient(
      `https://${loginServer}`,
      test.credential,
      clientOptions(),
    );
    const { digest } = await client.getArtifact("kept", "1").getManifestProperties();
    expect(digest).toBe(run.outputImages?.[0]?.digest);
  });
});
