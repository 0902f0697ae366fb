import { createArmReader } from "./arm-reader.js";
import type { AzureConnection } from "./connection.js";

export interface ResourceGroupContent {
  readonly id: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly resources: readonly {
    readonly id: string;
    readonly tags: Readonly<Record<string, string>>;
  }[];
}

export interface ResourceGroupReader {
  /** A group and what is in it; undefined when there is none of that name. */
  inspect(name: string): Promise<ResourceGroupContent | undefined>;
}

interface TaggedResource {
  readonly id: string;
  readonly tags?: Readonly<Record<string, string>>;
}

const apiVersion = "2021-04-01";

export function createResourceGroupReader(connection: AzureConnection): ResourceGroupReader {
  const reader = createArmReader(connection);
  return {
    async inspect(name) {
      const id = `/subscriptions/${connection.subscriptionId}/resourceGroups/${name}`;
      const group = (await reader.get(id, apiVersion)) as TaggedResource | undefined;
      if (group === undefined) return undefined;
      const resources = await reader.list(`${id}/resources`, apiVersion);
      // Deleted between the two calls.
      if (resources === undefined) return undefined;
      return {
        id: group.id,
        tags: group.tags ?? {},
        resources: (resources as TaggedResource[]).map(({ id: resource, tags }) => ({
          id: resource,
          tags: tags ?? {},
        })),
      };
    },
  };
}
