export interface ImageReference {
  /** `host[:port]`; undefined for Docker Hub's short names. */
  readonly registry: string | undefined;
  readonly repository: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const repositoryPattern =
  /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;

/** https://github.com/distribution/reference — undefined when the text is no reference. */
export function parseImageReference(text: string): ImageReference | undefined {
  const [name = "", digest] = text.split("@");
  if (digest !== undefined && !/^sha256:[0-9a-f]{64}$/.test(digest)) return undefined;
  const slash = name.indexOf("/");
  const head = slash < 0 ? "" : name.slice(0, slash);
  const hasHost = head.includes(".") || head.includes(":") || head === "localhost";
  const rest = hasHost ? name.slice(slash + 1) : name;
  const colon = rest.lastIndexOf(":");
  const repository = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (!repositoryPattern.test(repository)) return undefined;
  if (tag !== undefined && !isTag(tag)) return undefined;
  return { registry: hasHost ? head : undefined, repository, tag, digest };
}

export function isTag(text: string): boolean {
  return /^\w[\w.-]{0,127}$/.test(text);
}

export function isRepository(text: string): boolean {
  return repositoryPattern.test(text) && text.length <= 256;
}
