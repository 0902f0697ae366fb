/** The tag that always points at the newest build. */
export const currentTag = "current";

/** `c-` and 16 hexadecimal digits: the same content always has the same tag, so nothing is built twice. */
export function contentTag(contentHash: string): string {
  return `c-${contentHash.slice(0, 16)}`;
}

/** By the tag that moves: what a job follows that is not pinned to one image. */
export function formatCurrentImage(registry: string, repository: string): string {
  return `${registry}/${repository}:${currentTag}`;
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

/** `--tag TAG` or `--tag REPOSITORY:TAG`, of the deployment's own registry. */
export function parseTagOption(
  text: string,
):
  { readonly repository: string | undefined; readonly tag: string } | { readonly problem: string } {
  const at = text.lastIndexOf(":");
  const repository = at < 0 ? undefined : text.slice(0, at);
  const tag = text.slice(at + 1);
  if (!/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(tag)) {
    return { problem: `${JSON.stringify(tag)} is no tag of an image` };
  }
  if (/^c-[0-9a-f]{16}$/.test(tag)) {
    return { problem: "tags of this form stand for the content of an image" };
  }
  if (repository === undefined) return { repository, tag };
  if (/^(?:[^/]*[.:][^/]*|localhost)\//.test(repository)) {
    return { problem: "the image goes to the deployment's registry, so none is named" };
  }
  // https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests
  const name =
    /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
  return name.test(repository)
    ? { repository, tag }
    : { problem: `${JSON.stringify(repository)} is no name of a repository` };
}
