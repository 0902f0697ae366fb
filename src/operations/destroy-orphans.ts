import type { ResolvedConfig } from "../config/types.js";
import type { Emit } from "../output/events.js";
import { listDeclaredResources } from "../terraform/declared-resources.js";
import type { ExistingResource, TerraformRunner } from "../terraform/runner.js";
import { hasOwnTags } from "./deploy-adoption.js";
import type { SynthesizedStack } from "./synth.js";

/** A resource group as Azure lists it. */
export interface InspectedGroup {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly resources: readonly {
    readonly id: string;
    readonly tags: Readonly<Record<string, string>>;
  }[];
}

/**
 * Takes into the state what an interrupted run created without recording it, so that destroying
 * removes it too. What does not carry this deployment's tags is left alone.
 */
export async function adoptOrphans(
  request: {
    readonly config: ResolvedConfig;
    readonly stacks: readonly SynthesizedStack[];
    readonly group: InspectedGroup;
    readonly variables: Readonly<Record<string, string>>;
  },
  deps: { readonly emit: Emit; readonly terraform: TerraformRunner },
): Promise<void> {
  const { config, group } = request;
  const ours = [group, ...group.resources]
    .filter(({ tags }) => hasOwnTags(config.name, tags))
    .map(({ id }) => id);
  for (const stack of request.stacks) {
    const declared = listDeclaredResources(stack.directory);
    const recorded = new Set((await deps.terraform.listResources(stack)).map((r) => r.address));
    const orphans = declared.flatMap(({ address, armType, name }): ExistingResource[] => {
      const id = ours.find((candidate) => isNamed(candidate, armType, name));
      return id === undefined || recorded.has(address) ? [] : [{ address, id }];
    });
    for (const orphan of orphans) {
      deps.emit({
        name: "destroy.adopt",
        level: "info",
        message: `Found ${orphan.id}, which an interrupted run did not record; it goes too`,
        data: { stack: stack.name, ...orphan },
      });
      await deps.terraform.importResource(stack, orphan, request.variables);
    }
  }
}

/** Azure compares ids without regard to case. */
function isNamed(id: string, armType: string, name: string): boolean {
  const suffix =
    armType === "Microsoft.Resources/resourceGroups"
      ? `/resourceGroups/${name}`
      : `/providers/${armType}/${name}`;
  return id.toLowerCase().endsWith(suffix.toLowerCase());
}
