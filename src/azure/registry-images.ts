import { text } from "node:stream/consumers";
import { ContainerRegistryClient, ContainerRegistryContentClient } from "@azure/container-registry";
import { callOptions, pipelineOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { readAzureError } from "./error-facts.js";
import { type AzureCall, callAzure } from "./errors.js";

export interface TagView {
  readonly tag: string;
  readonly digest: string;
  readonly createdAt: Date;
}

export interface ManifestView {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly createdAt: Date;
  readonly bytes: number | undefined;
  /** False for what somebody has locked against deletion. */
  readonly deletable: boolean;
  /** An index of manifests for several platforms names none itself. */
  readonly isIndex: boolean;
}

/** What lies in a registry. */
export interface RegistryImagesClient {
  findTag(repository: string, tag: string): Promise<TagView | undefined>;
  /** Newest first; none for a repository that does not exist. */
  listTags(repository: string): Promise<TagView[]>;
  /** Newest first; none for a repository that does not exist. */
  listManifests(repository: string): Promise<ManifestView[]>;
  /** The labels of an image, from its configuration; no layer is read. */
  readLabels(repository: string, digest: string): Promise<Readonly<Record<string, string>>>;
  /** Digests of the manifests that an index is made of. */
  readIndex(repository: string, digest: string): Promise<readonly string[]>;
  /** Moves a tag to a manifest that is there; no layer is read or written. */
  setTag(repository: string, digest: string, tag: string): Promise<void>;
  /** With all its tags. */
  deleteManifest(repository: string, digest: string): Promise<void>;
}

export function createRegistryImagesClient(
  connection: AzureConnection,
  loginServer: string,
): RegistryImagesClient {
  const address = `https://${loginServer}`;
  const options = {
    ...pipelineOptions(connection),
    audience: connection.endpoints.registryAudience,
  };
  const client = new ContainerRegistryClient(address, connection.credential, options);
  const call = callOptions(connection.signal);
  const contents = new Map<string, ContainerRegistryContentClient>();

  function contentOf(repository: string): ContainerRegistryContentClient {
    const known = contents.get(repository);
    if (known !== undefined) return known;
    const made = new ContainerRegistryContentClient(
      address,
      repository,
      connection.credential,
      options,
    );
    contents.set(repository, made);
    return made;
  }

  const reading = (doing: string): AzureCall => ({
    doing: `${doing} in ${loginServer}`,
    permission: "Microsoft.ContainerRegistry/registries/pull/read",
    role: "AcrPull",
  });

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

    async listManifests(repository) {
      const manifests = await unlessMissing(
        `listing the images of ${repository} in ${loginServer}`,
        async () => {
          const found: ManifestView[] = [];
          const pages = client.getRepository(repository).listManifestProperties({
            ...call,
            order: "LastUpdatedOnDescending",
          });
          for await (const manifest of pages) {
            found.push({
              digest: manifest.digest,
              tags: [...manifest.tags].sort(),
              createdAt: manifest.createdOn,
              bytes: manifest.sizeInBytes,
              deletable: manifest.canDelete !== false,
              isIndex: manifest.architecture === undefined,
            });
          }
          return found;
        },
      );
      return (manifests ?? []).sort((a, b) => b.createdAt.getTime() - a.createdAt.getTime());
    },

    readLabels(repository, digest) {
      return callAzure(reading(`reading ${repository}@${digest}`), async () => {
        const content = contentOf(repository);
        const { manifest } = await content.getManifest(digest, call);
        const config = (manifest as { config?: { digest?: unknown } }).config?.digest;
        if (typeof config !== "string") return {};
        const blob = await content.downloadBlob(config, call);
        return parseLabels(await text(blob.content));
      });
    },

    readIndex(repository, digest) {
      return callAzure(reading(`reading ${repository}@${digest}`), async () => {
        const { manifest } = await contentOf(repository).getManifest(digest, call);
        const { manifests } = manifest as { manifests?: { digest?: unknown }[] };
        return (manifests ?? []).flatMap((one) =>
          typeof one.digest === "string" ? [one.digest] : [],
        );
      });
    },

    setTag(repository, digest, tag) {
      return callAzure(
        {
          doing: `moving the tag ${tag} of ${repository} in ${loginServer}`,
          resource: `The image ${repository}@${digest}`,
          permission: "Microsoft.ContainerRegistry/registries/push/write",
          role: "AcrPush",
        },
        async () => {
          const content = contentOf(repository);
          // The same bytes under another name: https://distribution.github.io/distribution/spec/api/#put-manifest
          const { content: bytes, mediaType } = await content.getManifest(digest, call);
          await content.setManifest(bytes, { ...call, tag, mediaType });
        },
      );
    },

    deleteManifest(repository, digest) {
      return callAzure(
        {
          doing: `deleting ${repository}@${digest} in ${loginServer}`,
          permission: "Microsoft.ContainerRegistry/registries/artifacts/delete",
          role: "AcrDelete",
        },
        async () => {
          try {
            await contentOf(repository).deleteManifest(digest, call);
          } catch (error) {
            // Somebody else was faster.
            if (readAzureError(error).status !== 404) throw error;
          }
        },
      );
    },
  };
}

/** An artifact that is no image may have anything for a configuration. */
function parseLabels(config: string): Readonly<Record<string, string>> {
  try {
    const document = JSON.parse(config) as {
      config?: { Labels?: Record<string, string> | null };
    } | null;
    return document?.config?.Labels ?? {};
  } catch {
    return {};
  }
}
