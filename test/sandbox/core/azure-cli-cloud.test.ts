import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder, startFast } from "./sandbox-fixture.js";

test("CORE-15: az-cloud.json points the Azure CLI at the sandbox, by way of AD FS", async () => {
  const folder = makeFolder();
  const sandbox = await startFast(folder.path);
  try {
    const cloud = JSON.parse(readFileSync(join(folder.path, "az-cloud.json"), "utf8")) as {
      endpoints: Record<string, string>;
      suffixes: Record<string, string>;
    };
    expect(cloud.endpoints).toMatchObject({
      resourceManager: sandbox.origin,
      activeDirectory: `${sandbox.origin}/adfs`,
      activeDirectoryResourceId: "https://management.azure.com/",
      microsoftGraphResourceId: sandbox.origin,
    });
    expect(cloud.suffixes["acrLoginServerEndpoint"]).toBe("localhost");
  } finally {
    await sandbox.close();
    folder.remove();
  }
});
