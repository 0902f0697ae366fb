import { createArmReader } from "./arm-reader.js";
import type { AzureConnection } from "./connection.js";

export interface JobImages {
  readonly job: string;
  /** References as written, of all containers. */
  readonly images: readonly string[];
}

/** Which images the jobs of a resource group are set to run, whoever made the jobs. */
export async function listJobImages(
  connection: AzureConnection,
  resourceGroup: string,
): Promise<readonly JobImages[]> {
  const jobs = await createArmReader(connection).list(
    `/subscriptions/${connection.subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.App/jobs`,
    "2025-07-01",
  );
  return (jobs ?? []).map((job) => {
    const { name, properties } = job as {
      name?: string;
      properties?: { template?: { containers?: Container[]; initContainers?: Container[] } };
    };
    const { containers = [], initContainers = [] } = properties?.template ?? {};
    const images = [...initContainers, ...containers].flatMap(({ image }) => image ?? []);
    return { job: name ?? "", images: [...new Set(images)] };
  });
}

interface Container {
  readonly image?: string;
}
