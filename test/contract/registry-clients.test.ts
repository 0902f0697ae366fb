import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { packTar } from "modern-tar";
import { fetchToken, send } from "../sandbox/core/http.js";
import { readCa } from "../sandbox/core/sandbox-fixture.js";
import {
  findProgram,
  runProgram,
  startForeignSandbox,
  type ForeignSandbox,
} from "./foreign-client.js";

const skopeo = findProgram("skopeo");
const why = skopeo === undefined ? " (skipped: skopeo is not installed)" : "";

/** A client of image registries that knows nothing of Azure. */
describe.skipIf(skopeo === undefined)(`skopeo${why}`, () => {
  let foreign: ForeignSandbox;
  let loginServer: string;

  const run = (argv: readonly string[], input?: string) =>
    runProgram(skopeo ?? "skopeo", argv, {
      cwd: foreign.folder,
      env: { HOME: foreign.folder, REGISTRY_AUTH_FILE: join(foreign.folder, "auth.json") },
      ...(input === undefined ? {} : { input }),
    });
  const ask = async (...argv: string[]): Promise<string> => {
    const result = await run(argv);
    expect(result.code, `skopeo ${argv.join(" ")}\n${result.stderr}`).toBe(0);
    return result.stdout;
  };

  beforeAll(async () => {
    foreign = await startForeignSandbox();
    const { sandbox, folder } = foreign;
    const ca = readCa(sandbox);
    const token = await fetchToken(sandbox.origin, sandbox.environment, { ca });
    const call = (path: string, body: object) =>
      send(`${sandbox.origin}${path}?api-version=2025-04-01`, {
        method: "PUT",
        ca,
        body,
        headers: { authorization: `Bearer ${token}` },
      });
    const group = `/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}/resourceGroups/rg`;
    await call(group, { location: "westeurope" });
    const made = await call(`${group}/providers/Microsoft.ContainerRegistry/registries/crforeign`, {
      location: "westeurope",
      sku: { name: "Basic" },
    });
    loginServer = String(made.json.properties.loginServer);
    // What `az acr login --expose-token` does.
    const exchanged = await send(`https://${loginServer}/oauth2/exchange`, {
      method: "POST",
      ca,
      body: new URLSearchParams({
        grant_type: "access_token",
        service: loginServer,
        tenant: sandbox.environment["ARM_TENANT_ID"] ?? "",
        access_token: token,
      }),
    });
    mkdirSync(join(folder, "certs"));
    copyFileSync(sandbox.environment["SSL_CERT_FILE"] ?? "", join(folder, "certs", "ca.crt"));
    const user = ["--username", "00000000-0000-0000-0000-000000000000", "--password-stdin"];
    const login = ["login", "--cert-dir", "certs", ...user, loginServer];
    const result = await run(login, String(exchanged.json.refresh_token));
    expect(result.code, result.stderr).toBe(0);
  });
  afterAll(() => foreign.close());

  /** An OCI layout with one small image. */
  async function writeImage(): Promise<void> {
    const layout = join(foreign.folder, "image");
    const blobs = join(layout, "blobs", "sha256");
    mkdirSync(blobs, { recursive: true });
    const put = (content: Buffer, mediaType: string) => {
      const hex = createHash("sha256").update(content).digest("hex");
      writeFileSync(join(blobs, hex), content);
      return { mediaType, digest: `sha256:${hex}`, size: content.length };
    };
    const json = (value: object): Buffer => Buffer.from(JSON.stringify(value));
    const tar = Buffer.from(
      await packTar([{ header: { name: "greeting", size: 6 }, body: "hello\n" }]),
    );
    const layer = put(gzipSync(tar), "application/vnd.oci.image.layer.v1.tar+gzip");
    const diff = `sha256:${createHash("sha256").update(tar).digest("hex")}`;
    const config = put(
      json({
        architecture: "amd64",
        os: "linux",
        config: { Cmd: ["/greeting"] },
        rootfs: { type: "layers", diff_ids: [diff] },
      }),
      "application/vnd.oci.image.config.v1+json",
    );
    const mediaType = "application/vnd.oci.image.manifest.v1+json";
    const manifest = put(json({ schemaVersion: 2, mediaType, config, layers: [layer] }), mediaType);
    writeFileSync(join(layout, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
    const annotations = { "org.opencontainers.image.ref.name": "one" };
    writeFileSync(
      join(layout, "index.json"),
      json({ schemaVersion: 2, manifests: [{ ...manifest, annotations }] }),
    );
  }

  test("pushes, inspects, converts, pulls and deletes", async () => {
    await writeImage();
    const image = `docker://${loginServer}/team/hello`;
    await ask("copy", "--dest-cert-dir", "certs", "oci:image:one", `${image}:one`);
    const described = JSON.parse(await ask("inspect", "--cert-dir", "certs", `${image}:one`)) as {
      Os: string;
      RepoTags: string[];
    };
    expect(described).toMatchObject({ Os: "linux", RepoTags: ["one"] });
    const convert = ["--src-cert-dir", "certs", "--dest-cert-dir", "certs", "--format", "v2s2"];
    await ask("copy", ...convert, `${image}:one`, `${image}:two`);
    const raw = await ask("inspect", "--cert-dir", "certs", "--raw", `${image}:two`);
    expect(JSON.parse(raw)).toMatchObject({
      mediaType: "application/vnd.docker.distribution.manifest.v2+json",
    });
    await ask("copy", "--src-cert-dir", "certs", `${image}:two`, "oci:pulled:two");
    await ask("delete", "--cert-dir", "certs", `${image}:two`);
    const tags = JSON.parse(await ask("list-tags", "--cert-dir", "certs", image)) as object;
    expect(tags).toMatchObject({ Tags: ["one"] });
    const refused = await run(["inspect", "--no-creds", "--cert-dir", "certs", `${image}:one`]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/unauthorized|authentication required/i);
  });
});
