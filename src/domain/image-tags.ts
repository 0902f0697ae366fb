/** The tag that always points at the newest build. */
export const currentTag = "current";

/** `c-` and 16 hexadecimal digits: the same content always has the same tag, so nothing is built twice. */
export function contentTag(contentHash: string): string {
  return `c-${contentHash.slice(0, 16)}`;
}

export interface ImageReference {
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

export function formatImageByDigest(registry: string, repository: string, digest: string): string {
  return `${registry}/${repository}@${digest}`;
}

/** Splits `host:port/repository:tag@sha256:…`; undefined for a reference without a registry. */
export function parseImageReference(reference: string): ImageReference | undefined {
  const match =
    /^(?<registry>[^/]+)\/(?<repository>[^@:]+)(?::(?<tag>[^@]+))?(?:@(?<digest>[a-z0-9]+:[0-9a-f]+))?$/.exec(
      reference,
    );
  const groups = match?.groups;
  const registry = groups?.["registry"];
  const repository = groups?.["repository"];
  if (registry === undefined || repository === undefined) return undefined;
  if (!/[.:]|^localhost$/.test(registry)) return undefined;
  return { registry, repository, tag: groups?.["tag"], digest: groups?.["digest"] };
}
