/**
 * Why a build cannot be started by a change of its base image, or undefined when it can. ACR tracks
 * tags in Azure registries, on Docker Hub and in Microsoft's registry:
 * https://learn.microsoft.com/azure/container-registry/container-registry-tasks-base-images
 */
export function findTrackingProblem(base: string | undefined): string | undefined {
  if (base === undefined) return "the default base is pinned by digest, which never changes";
  if (base.includes("@")) return "it is pinned by digest, which never changes";
  const host = hostOf(base);
  const tracked =
    host === "docker.io" || host === "mcr.microsoft.com" || /\.azurecr\.(io|us|cn)$/.test(host);
  return tracked
    ? undefined
    : `ACR does not see changes in ${host}, only in Azure registries, Docker Hub and mcr.microsoft.com`;
}

/** A first part without a dot, a port or the name localhost is a name on Docker Hub. */
function hostOf(reference: string): string {
  const [first = "", ...rest] = reference.toLowerCase().split("/");
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  return !isHost || first === "index.docker.io" ? "docker.io" : first;
}

/** Of the base that docker/Dockerfile names. */
export const defaultBaseDigest =
  "sha256:4fbb8e6a8395de5a7550b33509421a2bafbc0aab6c06ba2cef9ebffbc7092d90";

/** The digest that a reference names, or nothing: a tag's digest is not known beforehand. */
export function digestOfBase(base: string | undefined): string {
  return base === undefined ? defaultBaseDigest : (base.split("@")[1] ?? "");
}
