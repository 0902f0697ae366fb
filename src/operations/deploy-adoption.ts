import type { ResolvedConfig } from "../config/types.js";
import { deriveResourceNames } from "../domain/resource-names.js";
import { resourceNotOurs } from "../errors/catalogue/terraform.js";
import type { ExistingResource, SavedPlan } from "../terraform/runner.js";

/*
 * A run that was killed in the middle of an apply leaves resources in Azure that the state does not
 * know. They are adopted, but only ones that this deployment made: in its resource group, and with
 * its tags.
 */

/** Types that Azure gives no tags; their names are derived from the deployment and thus ours. */
const untaggedTypes = ["azurerm_role_assignment."];

/** Throws for a resource outside the deployment's own resource group. */
export function refuseForeign(
  config: ResolvedConfig,
  stack: string,
  resources: readonly ExistingResource[],
): void {
  const names = deriveResourceNames(config.subscription, config.name);
  const group =
    `/subscriptions/${config.subscription}/resourceGroups/${names.resourceGroup}`.toLowerCase();
  for (const { address, id } of resources) {
    const lower = id.toLowerCase();
    if (lower !== group && !lower.startsWith(`${group}/`)) {
      throw resourceNotOurs({ stack, address, id });
    }
  }
}

/** Throws when the plan would adopt a resource without this deployment's tags. */
export function checkOwnership(
  config: ResolvedConfig,
  plan: SavedPlan,
  adopt: readonly ExistingResource[],
): void {
  for (const { address, id } of adopt) {
    if (untaggedTypes.some((type) => address.startsWith(type))) continue;
    const planned = plan.document.resource_changes?.find((change) => change.address === address);
    if (!hasOwnTags(config.name, readTags(planned?.change.before))) {
      throw resourceNotOurs({ stack: plan.stack.name, address, id });
    }
  }
}

/** Tags that only this deployment's resources carry. */
export function hasOwnTags(
  deployment: string,
  tags: Readonly<Record<string, unknown>> | undefined,
): boolean {
  return tags?.["managed-by"] === "runnerctl" && tags["runnerctl-deployment"] === deployment;
}

function readTags(resource: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof resource !== "object" || resource === null) return undefined;
  const { tags } = resource as { tags?: unknown };
  return typeof tags === "object" && tags !== null ? (tags as Record<string, unknown>) : undefined;
}
