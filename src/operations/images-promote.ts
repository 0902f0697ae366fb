import { currentTag, formatImageByDigest } from "../domain/image-tags.js";
import {
  findCurrent,
  findImage,
  findRollbackTarget,
  listUsers,
  suggestTags,
  type StoredImage,
} from "../domain/image-inventory.js";
import { imageUnknown, rollbackImpossible } from "../errors/catalogue/image-lifecycle.js";
import { runStep } from "../output/events.js";
import {
  readInventory,
  type ImagesDeps,
  type ImagesRequest,
  type OpenedImages,
} from "./images-inventory.js";

export interface PromoteResult {
  readonly registry: string;
  readonly repository: string;
  readonly digest: string;
  readonly tags: readonly string[];
  readonly reference: string;
  /** False: it was current already. */
  readonly changed: boolean;
  /** What `current` meant before. */
  readonly previous?: string;
  /** Jobs that follow `current`, and run this image from now on. */
  readonly followers: readonly string[];
  /** Jobs that stay with another image of this repository until the next deploy. */
  readonly pinned: readonly string[];
}

/** Moves `current` to an image that is in the registry. */
export async function promoteImage(
  request: ImagesRequest & { readonly image: string },
  deps: ImagesDeps,
): Promise<PromoteResult> {
  const opened = await readInventory(request, deps);
  const { inventory } = opened;
  const found = findImage(inventory, request.image);
  if (found === undefined) {
    const place = `${inventory.loginServer}/${inventory.repository}`;
    throw imageUnknown(request.image, place, suggestTags(inventory, request.image));
  }
  return moveCurrent(opened, found, deps);
}

/** Moves `current` to the newest image that is older than the one it means now. */
export async function rollbackImage(
  request: ImagesRequest,
  deps: ImagesDeps,
): Promise<PromoteResult> {
  const opened = await readInventory(request, deps);
  const { inventory } = opened;
  const target = findRollbackTarget(inventory);
  if (target === undefined) {
    const place = `${inventory.loginServer}/${inventory.repository}`;
    throw rollbackImpossible(place, findCurrent(inventory)?.digest);
  }
  return moveCurrent(opened, target, deps);
}

async function moveCurrent(
  { client, inventory }: OpenedImages,
  target: StoredImage,
  deps: ImagesDeps,
): Promise<PromoteResult> {
  const { loginServer, repository } = inventory;
  const previous = findCurrent(inventory)?.digest;
  const changed = previous !== target.digest;
  if (changed) {
    await runStep(deps.emit, { id: "images.promote", title: `Move ${currentTag}` }, () =>
      client.setTag(repository, target.digest, currentTag),
    );
  }
  const tagOnly = `${loginServer}/${repository}:${currentTag}`.toLowerCase();
  const follows = (images: readonly string[]) =>
    images.some((image) => image.toLowerCase() === tagOnly);
  const users = inventory.images
    .filter(({ digest }) => digest !== target.digest)
    .flatMap((image) => listUsers(inventory, image));
  const followers = inventory.jobs.filter(({ images }) => follows(images)).map(({ job }) => job);
  return {
    registry: loginServer,
    repository,
    digest: target.digest,
    tags: [...new Set([...target.tags, currentTag])].sort(),
    reference: formatImageByDigest(loginServer, repository, target.digest),
    changed,
    ...(previous === undefined || !changed ? {} : { previous }),
    followers,
    pinned: [...new Set(users)].filter((job) => !followers.includes(job)),
  };
}
