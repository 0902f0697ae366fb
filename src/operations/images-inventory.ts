import type { AzureConnection } from "../azure/connection.js";
import { listJobImages } from "../azure/job-images.js";
import { createRegistryImagesClient, type RegistryImagesClient } from "../azure/registry-images.js";
import { createResourceReader } from "../azure/resources.js";
import type { ImageInventory, StoredImage } from "../domain/image-inventory.js";
import type { ResourceNames } from "../domain/resource-names.js";
import { registryNotDeployed } from "../errors/catalogue/image.js";
import type { Emit } from "../output/events.js";
import { runBounded } from "./run-bounded.js";

export interface ImagesRequest {
  readonly repository: string;
  readonly names: Pick<ResourceNames, "resourceGroup" | "registry">;
}

export interface ImagesDeps {
  readonly connection: AzureConnection;
  readonly emit: Emit;
}

export interface OpenedImages {
  readonly client: RegistryImagesClient;
  readonly inventory: ImageInventory;
}

const readsAtOnce = 4;

/** What the registry has of the image, and what the jobs run of it, as it is now. */
export async function readInventory(
  { repository, names }: ImagesRequest,
  { connection }: ImagesDeps,
): Promise<OpenedImages> {
  const registry = await createResourceReader(connection).findRegistry(
    names.resourceGroup,
    names.registry,
  );
  if (registry === undefined) throw registryNotDeployed(names.registry, names.resourceGroup);
  const { loginServer } = registry;
  const client = createRegistryImagesClient(connection, loginServer);
  const [manifests, jobs] = await Promise.all([
    client.listManifests(repository),
    listJobImages(connection, names.resourceGroup),
  ]);
  const images = await runBounded(
    manifests,
    readsAtOnce,
    async ({ isIndex, ...manifest }): Promise<StoredImage> => ({
      ...manifest,
      parts: isIndex ? await client.readIndex(repository, manifest.digest) : [],
    }),
  );
  return { client, inventory: { loginServer, repository, images, jobs } };
}
