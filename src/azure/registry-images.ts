import { ContainerRegistryClient } from "@azure/container-registry";
import { callOptions, pipelineOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { readAzureError } from "./error-facts.js";
import { callAzure } from "./errors.js";

export interface TagView {
  readonly tag: string;
  readonly digest: string;
  readonly createdAt: Date;
}

/** What lies in a registry. */
export interface RegistryImagesClient {
  findTag(repository: string, tag: string): Promise<TagView | undefined>;
  /** Newest first; none for a repository that does not exist. */
  listTags(repository: string): Promise<TagView[]>;
}

export function createRegistryImagesClient(
  connection: AzureConnection,
  loginServer: string,
): RegistryImagesClient {
  const client = new ContainerRegistryClient(`https://${loginServer}`, connection.credential, {
    ...pipelineOptions(connection),
    audience: connection.endpoints.registryAudience,
  });
  const call = callOptions(connection.signal);

  async function unlessMissing<T>(doing: string, work: () => Promise<T>): Promise<T | undefined> {
    return callAzure(
      {
        doing,
        permission: "Microsoft.ContainerRegistry/registries/pull/read",
        role: "AcrPull",
      },
      async () => {
        try {
          return await work();
        } catch (error) {
          if (readAzureError(error).status === 404) return undefined;
          throw error;
        }
      },
    );
  }

  return {
    async findTag(repository, tag) {
      return unlessMissing(`looking for ${repository}:${tag} in ${loginServer}`, async () => {
        const found = await client.getArtifact(repository, tag).getTagProperties(tag, call);
        return { tag: found.name, digest: found.digest, createdAt: found.createdOn };
      });
    },

    async listTags(repository) {
      const tags = await unlessMissing(
        `listing the tags of ${repository} in ${loginServer}`,
        async () => {
          const found: TagView[] = [];
          const pages = client.getArtifact(repository, "latest").listTagProperties({
            ...call,
            order: "LastUpdatedOnDescending",
          });
          for await (const tag of pages) {
            found.push({ tag: tag.name, digest: tag.digest, createdAt: tag.createdOn });
          }
          return found;
        },
      );
      return tags ?? [];
    },
  };
}
