import { writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The file for `az cloud register --cloud-config`. The authority is the one of AD FS: for any other
 * the CLI asks the public cloud first whether it knows the host, without its port.
 * https://learn.microsoft.com/cli/azure/cloud#az-cloud-register
 */
export function writeAzureCliCloud(directory: string, origin: string): void {
  const cloud = {
    endpoints: {
      management: origin,
      resourceManager: origin,
      activeDirectory: `${origin}/adfs`,
      activeDirectoryResourceId: "https://management.azure.com/",
      activeDirectoryGraphResourceId: origin,
      microsoftGraphResourceId: origin,
      logAnalyticsResourceId: origin,
      gallery: `${origin}/gallery/`,
    },
    suffixes: {
      acrLoginServerEndpoint: "localhost",
      // Of a vault `NAME` the CLI makes `https://NAME:PORT`: see docs/sandbox.md.
      keyvaultDns: ":443",
      storageEndpoint: new URL(origin).host,
    },
  };
  writeFileSync(join(directory, "az-cloud.json"), `${JSON.stringify(cloud, null, 2)}\n`);
}
