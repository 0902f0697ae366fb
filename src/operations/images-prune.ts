import { planPrune, type PrunePlan, type StoredImage } from "../domain/image-inventory.js";
import { declined } from "../errors/catalogue/command.js";
import { runStep } from "../output/events.js";
import { readInventory, type ImagesDeps, type ImagesRequest } from "./images-inventory.js";

export interface PruneRequest extends ImagesRequest {
  readonly keep: number;
  /** The tag of what the configuration describes. */
  readonly contentTag?: string;
}

export interface PruneDeps extends ImagesDeps {
  /** Shows the plan and asks. */
  readonly confirm: (plan: PruneView) => Promise<boolean>;
}

export interface PrunedImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly createdAt: string;
  readonly bytes?: number;
}

export interface PruneView {
  readonly registry: string;
  readonly repository: string;
  readonly keep: number;
  readonly remove: readonly PrunedImage[];
  readonly kept: readonly (PrunedImage & { readonly reason: string })[];
}

export interface PruneResult extends PruneView {
  /** Digests. */
  readonly removed: readonly string[];
  /** Planned, and left alone because something came to need them in the meantime. */
  readonly spared: readonly { readonly digest: string; readonly reason: string }[];
}

/** Deletes what nobody needs: shown first, and looked at once more before it goes. */
export async function pruneImages(request: PruneRequest, deps: PruneDeps): Promise<PruneResult> {
  const rules = {
    keep: request.keep,
    ...(request.contentTag === undefined ? {} : { contentTag: request.contentTag }),
  };
  const first = await readInventory(request, deps);
  const plan = planPrune(first.inventory, rules);
  const view = describePlan(first.inventory, plan, request.keep);
  if (plan.remove.length === 0) return { ...view, removed: [], spared: [] };
  if (!(await deps.confirm(view))) throw declined("Pruning images");

  const { client, inventory } = await readInventory(request, deps);
  const still = planPrune(inventory, rules);
  const removable = new Set(still.remove.map(({ digest }) => digest));
  const reasons = new Map(still.keep.map(({ image, reason }) => [image.digest, reason]));
  const removed: string[] = [];
  const spared: { digest: string; reason: string }[] = [];
  await runStep(deps.emit, { id: "images.prune", title: "Delete images" }, async () => {
    // An index before its parts: never is there one with something missing.
    for (const { digest } of [...plan.remove].sort((a, b) => b.parts.length - a.parts.length)) {
      const reason = reasons.get(digest);
      if (reason !== undefined) spared.push({ digest, reason });
      if (!removable.has(digest)) continue;
      await client.deleteManifest(request.repository, digest);
      removed.push(digest);
      deps.emit({
        name: "images.prune.removed",
        level: "info",
        message: `Deleted ${request.repository}@${digest}`,
        data: { repository: request.repository, digest },
      });
    }
  });
  return { ...view, removed, spared };
}

function describePlan(
  { loginServer, repository }: { loginServer: string; repository: string },
  plan: PrunePlan,
  keep: number,
): PruneView {
  return {
    registry: loginServer,
    repository,
    keep,
    remove: plan.remove.map(describeImage),
    kept: plan.keep.map(({ image, reason }) => ({ ...describeImage(image), reason })),
  };
}

function describeImage({ digest, tags, createdAt, bytes }: StoredImage): PrunedImage {
  return {
    digest,
    tags,
    createdAt: createdAt.toISOString(),
    ...(bytes === undefined ? {} : { bytes }),
  };
}
