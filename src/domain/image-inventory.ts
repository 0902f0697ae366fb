import { currentTag, parseImageReference } from "./image-tags.js";
import { findNearestWord } from "./nearest-word.js";

/** An image as the registry has it. */
export interface StoredImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly createdAt: Date;
  readonly bytes: number | undefined;
  /** False for what somebody has locked against deletion. */
  readonly deletable: boolean;
  /** Digests of the parts of an index; empty for an image. */
  readonly parts: readonly string[];
}

/** Everything in one repository, newest first, and the jobs that run images of it. */
export interface ImageInventory {
  readonly loginServer: string;
  readonly repository: string;
  readonly images: readonly StoredImage[];
  readonly jobs: readonly { readonly job: string; readonly images: readonly string[] }[];
}

export function findCurrent(inventory: ImageInventory): StoredImage | undefined {
  return inventory.images.find(({ tags }) => tags.includes(currentTag));
}

/** Names of the jobs that would run this image if they were started now. */
export function listUsers(inventory: ImageInventory, image: StoredImage): string[] {
  const { loginServer, repository } = inventory;
  return inventory.jobs
    .filter(({ images }) =>
      images.some((text) => {
        const reference = parseImageReference(text);
        if (reference?.registry.toLowerCase() !== loginServer.toLowerCase()) return false;
        if (reference.repository !== repository) return false;
        if (reference.digest !== undefined) return reference.digest === image.digest;
        return image.tags.includes(reference.tag ?? "latest");
      }),
    )
    .map(({ job }) => job);
}

/** By tag, by digest, or by the start of one (at least six digits of it, and only one fits). */
export function findImage(inventory: ImageInventory, wanted: string): StoredImage | undefined {
  const { images } = inventory;
  const tagged = images.find(({ tags }) => tags.includes(wanted));
  if (tagged !== undefined) return tagged;
  const digits = wanted.replace(/^sha256:/, "");
  if (!/^[0-9a-f]{6,64}$/.test(digits)) return undefined;
  const fitting = images.filter(({ digest }) => digest.startsWith(`sha256:${digits}`));
  return fitting.length === 1 ? fitting[0] : undefined;
}

/** The tag that was most likely meant, and the newest ones. */
export function suggestTags(
  inventory: ImageInventory,
  wanted: string,
): { readonly nearest: string | undefined; readonly newest: readonly string[] } {
  const tags = inventory.images.flatMap((image) => image.tags.filter((tag) => tag !== currentTag));
  return { nearest: findNearestWord(wanted, tags), newest: tags.slice(0, 5) };
}

/**
 * The newest image that is older than the current one. One without a tag of its own was replaced
 * under it, and is not what anybody goes back to.
 */
export function findRollbackTarget(inventory: ImageInventory): StoredImage | undefined {
  const current = findCurrent(inventory);
  if (current === undefined) return undefined;
  const at = inventory.images.indexOf(current);
  return inventory.images.slice(at + 1).find(({ tags }) => tags.length > 0);
}

export interface PruneRules {
  /** How many of the newest stay. */
  readonly keep: number;
  /** The tag of what runnerctl.yaml asks for: without it the next deploy would build again. */
  readonly contentTag?: string;
}

export interface PrunePlan {
  readonly remove: readonly StoredImage[];
  readonly keep: readonly { readonly image: StoredImage; readonly reason: string }[];
}

/** What may go: what is not used, not current and not among the newest. */
export function planPrune(inventory: ImageInventory, rules: PruneRules): PrunePlan {
  const tagged = inventory.images.filter(({ tags }) => tags.length > 0);
  const newest = new Set(tagged.slice(0, rules.keep));
  const reasons = new Map<StoredImage, string>();
  for (const image of inventory.images) {
    const reason = findReason(inventory, image, newest, rules);
    if (reason !== undefined) reasons.set(image, reason);
  }
  // The parts of an index have no tags of their own, and it is nothing without them.
  const needed = new Set([...reasons.keys()].flatMap(({ parts }) => parts));
  for (const image of inventory.images) {
    if (!reasons.has(image) && needed.has(image.digest)) reasons.set(image, "part of a kept image");
  }
  return {
    remove: inventory.images.filter((image) => !reasons.has(image)),
    keep: [...reasons].map(([image, reason]) => ({ image, reason })),
  };
}

function findReason(
  inventory: ImageInventory,
  image: StoredImage,
  newest: ReadonlySet<StoredImage>,
  rules: PruneRules,
): string | undefined {
  const users = listUsers(inventory, image);
  if (users.length > 0) return `used by ${users.join(", ")}`;
  if (image.tags.includes(currentTag)) return "current";
  if (newest.has(image)) return `among the newest ${rules.keep}`;
  if (rules.contentTag !== undefined && image.tags.includes(rules.contentTag)) {
    return "what runnerctl.yaml describes";
  }
  return image.deletable ? undefined : "locked";
}
