import type { AzureConnection } from "../azure/connection.js";
import { createRegistryImagesClient } from "../azure/registry-images.js";
import type { ImageConfig } from "../config/types.js";
import { currentTag, formatCurrentImage } from "../domain/image-tags.js";
import type { BuildImageResult } from "./build-image.js";
import type { DeployedImage } from "./deploy.js";

/**
 * What the jobs are told to run: the image of this content by digest, or the tag `current`, which
 * rebuilds and promotions move. A deployment moves that tag by building, and otherwise leaves it
 * where it is, unless nobody has set it.
 */
export async function chooseImage(
  built: Pick<BuildImageResult, "loginServer" | "repository" | "digest" | "reference" | "built">,
  pin: ImageConfig["pin"],
  connection: AzureConnection,
): Promise<DeployedImage> {
  if (pin === "digest") return { reference: built.reference, built: built.built };
  const images = createRegistryImagesClient(connection, built.loginServer);
  const current = await images.findTag(built.repository, currentTag);
  if (current === undefined) await images.setTag(built.repository, built.digest, currentTag);
  return {
    reference: formatCurrentImage(built.loginServer, built.repository),
    built: built.built,
  };
}
