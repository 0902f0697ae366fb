import type { Clock } from "../domain/clock.js";
import { currentTag } from "../domain/image-tags.js";
import { listUsers, type StoredImage } from "../domain/image-inventory.js";
import { readInventory, type ImagesDeps, type ImagesRequest } from "./images-inventory.js";
import { runBounded } from "./run-bounded.js";
import { systemClock } from "./system-clock.js";

export interface ListedImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly current: boolean;
  readonly createdAt: string;
  readonly ageDays: number;
  /** Absent where the image does not say it. */
  readonly runnerVersion?: string;
  /** The tag of the content it was built from. */
  readonly revision?: string;
  readonly bytes?: number;
  /** Jobs that would run it. */
  readonly usedBy: readonly string[];
}

export interface ListImagesResult {
  readonly registry: string;
  readonly repository: string;
  readonly images: readonly ListedImage[];
}

const readsAtOnce = 4;

/** The images of the repository, newest first. */
export async function listImages(
  request: ImagesRequest,
  deps: ImagesDeps & { readonly clock?: Clock },
): Promise<ListImagesResult> {
  const { client, inventory } = await readInventory(request, deps);
  const now = (deps.clock ?? systemClock).now().getTime();
  const describe = async (image: StoredImage): Promise<ListedImage> => {
    const labels =
      image.parts.length > 0 ? {} : await client.readLabels(request.repository, image.digest);
    const version = labels["org.opencontainers.image.version"];
    const revision = labels["org.opencontainers.image.revision"];
    return {
      digest: image.digest,
      tags: image.tags,
      current: image.tags.includes(currentTag),
      createdAt: image.createdAt.toISOString(),
      ageDays: Math.max(0, Math.floor((now - image.createdAt.getTime()) / 86_400_000)),
      ...(version === undefined || !/^\d/.test(version) ? {} : { runnerVersion: version }),
      ...(revision === undefined || revision === "" ? {} : { revision }),
      ...(image.bytes === undefined ? {} : { bytes: image.bytes }),
      usedBy: listUsers(inventory, image),
    };
  };
  return {
    registry: inventory.loginServer,
    repository: inventory.repository,
    images: await runBounded(inventory.images, readsAtOnce, describe),
  };
}
