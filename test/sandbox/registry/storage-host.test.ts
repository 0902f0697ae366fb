import { createHash } from "node:crypto";
import { request } from "node:https";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startSandbox, type RunningSandbox } from "../../../src/sandbox/start.js";
import { hasStorageHost } from "../../../src/sandbox/storage-host.js";
import { fetchToken, send } from "../core/http.js";
import { makeFolder, packageRoot, readCa } from "../core/sandbox-fixture.js";

describe("the storage host", () => {
  test.each([
    ["127.0.0.1 localhost\n", false],
    ["127.0.0.1 localhost sandbox.blob.localhost\n", true],
    ["127.0.0.1\tsandbox.blob.localhost # for az acr build\n::1 localhost", true],
    ["# 127.0.0.1 sandbox.blob.localhost\n", false],
    ["10.0.0.1 sandbox.blob.localhost\n", false],
    ["", false],
  ])("REG-44: is used where the hosts file has it: %j", (hosts, used) => {
    expect(hasStorageHost(hosts)).toBe(used);
  });

  describe("in an upload", () => {
    const folder = makeFolder();
    let sandbox: RunningSandbox;
    beforeAll(async () => {
      sandbox = await startSandbox({
        directory: folder.path,
        packageRoot,
        asyncSeconds: 0,
        storageHostName: true,
      });
    });
    afterAll(async () => {
      await sandbox.close();
      folder.remove();
    });

    test("REG-44: has the account in the host, and both addresses are of the same blob", async () => {
      const token = await fetchToken(sandbox.httpOrigin, sandbox.environment);
      const call = (method: string, path: string, body?: unknown) =>
        send(`${sandbox.httpOrigin}${path}?api-version=2019-06-01-preview`, {
          method,
          body,
          headers: { authorization: `Bearer ${token}` },
        });
      const group = `/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}/resourceGroups/rg`;
      const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/crhost`;
      await call("PUT", group, { location: "westeurope" });
      await call("PUT", registry, { location: "westeurope", sku: { name: "Basic" } });
      const lent = await call("POST", `${registry}/listBuildSourceUploadUrl`);
      const upload = new URL(String(lent.json.uploadUrl));
      expect(upload.host).toBe(`sandbox.blob.localhost:${new URL(sandbox.origin).port}`);
      const content = Buffer.from("a context");
      // The name is in the certificate; where it leads, this machine need not know.
      const status = await new Promise((resolve, reject) => {
        const sent = request(
          upload,
          {
            method: "PUT",
            ca: readCa(sandbox),
            headers: { "x-ms-blob-type": "BlockBlob" },
            lookup: (_name, options, done) => {
              const found = { address: "127.0.0.1", family: 4 };
              if (options.all === true) done(null, [found]);
              else done(null, found.address, found.family);
            },
          },
          (response) => resolve(response.resume().headers["content-md5"]),
        );
        sent.on("error", reject);
        sent.end(content);
      });
      expect(status).toBe(createHash("md5").update(content).digest("base64"));
      const twin = `${sandbox.httpOrigin}/blob${upload.pathname}${upload.search}`;
      const again = await send(twin, {
        method: "PUT",
        body: "another",
        headers: { "x-ms-blob-type": "BlockBlob" },
      });
      expect(again.status).toBe(201);
    });
  });
});
