import type { SandboxReply } from "../ports.js";
import type { DistributionDeps } from "./distribution-api.js";
import type { ChangeableAttributes, Repository, StoredManifest, StoredTag } from "./image-store.js";
import { pageOf } from "./registry-paging.js";
import { manifestUnknown, nameUnknown, registryError } from "./registry-errors.js";
import type { AccessEntry } from "./registry-tokens.js";

/** The registry's own API about repositories, tags and manifests: https://learn.microsoft.com/rest/api/containerregistry/ */
export async function handleAcr(
  deps: DistributionDeps & { readonly loginServer: string },
): Promise<SandboxReply> {
  const { request, images, authorize } = deps;
  const path = decodeURIComponent(request.path).replace(/^\/acr\/v1\/?/, "");
  if (path === "_catalog") {
    authorize({ type: "registry", name: "catalog", actions: ["*"] });
    const { items, link } = pageOf(
      request,
      images.listRepositories().map((one) => one.name),
      (name) => name,
    );
    return { status: 200, headers: link, body: { repositories: items } };
  }
  const match = /^(.+?)(?:\/(_tags|_manifests)(?:\/([^/]+))?)?$/.exec(path);
  if (match === null) throw registryError(404, "UNSUPPORTED", `Nothing is served at ${path}.`);
  const [, name = "", kind, reference] = match;
  const actions = { GET: "metadata_read", PATCH: "metadata_write", DELETE: "delete" };
  const action = actions[request.method as keyof typeof actions] as string | undefined;
  if (action === undefined) {
    throw registryError(405, "UNSUPPORTED", `${request.method} is not served at ${path}.`);
  }
  const wanted: AccessEntry = { type: "repository", name, actions: [action] };
  authorize(wanted);
  const repository = structuredClone(images.repository(name));
  if (repository === undefined) throw nameUnknown(name);
  const head = { registry: deps.loginServer, imageName: name };

  if (kind === undefined) {
    if (request.method === "DELETE") {
      checkDeletable(repository.changeableAttributes, `repository '${name}'`);
      const deleted = images.deleteRepository(name);
      return {
        status: 202,
        body: { manifestsDeleted: deleted?.manifests ?? [], tagsDeleted: deleted?.tags ?? [] },
      };
    }
    if (request.method === "PATCH") {
      change(repository.changeableAttributes, await request.json());
      images.update(repository);
    }
    return { status: 200, body: { ...head, ...repositoryBody(repository) } };
  }
  if (kind === "_tags") {
    if (reference === undefined) {
      const digest = request.query.get("digest");
      const tags = Object.values(repository.tags).filter(
        (tag) => digest === null || tag.digest === digest,
      );
      const { items, link } = pageOf(
        request,
        order(deps, tags, (tag) => tag.name),
        (tag) => tag.name,
      );
      return { status: 200, headers: link, body: { ...head, tags: items.map(tagBody) } };
    }
    const tag = repository.tags[reference];
    if (tag === undefined) {
      throw registryError(404, "TAG_UNKNOWN", `the specified tag does not exist`, {
        detail: { name: reference },
      });
    }
    if (request.method === "DELETE") {
      checkDeletable(tag.changeableAttributes, `tag '${reference}'`);
      images.deleteTag(name, reference);
      return { status: 202 };
    }
    if (request.method === "PATCH") {
      change(tag.changeableAttributes, await request.json());
      images.update(repository);
    }
    return { status: 200, body: { ...head, tag: tagBody(tag) } };
  }
  if (reference === undefined) {
    const all = order(deps, Object.values(repository.manifests), (manifest) => manifest.digest);
    const { items, link } = pageOf(request, all, (manifest) => manifest.digest);
    const manifests = items.map((manifest) => manifestBody(deps, repository, manifest));
    return { status: 200, headers: link, body: { ...head, manifests } };
  }
  const manifest = repository.manifests[reference];
  if (manifest === undefined) throw manifestUnknown(reference);
  if (request.method === "DELETE") {
    throw registryError(405, "UNSUPPORTED", "A manifest is deleted under /v2/.");
  }
  if (request.method === "PATCH") {
    change(manifest.changeableAttributes, await request.json());
    images.update(repository);
  }
  return { status: 200, body: { ...head, manifest: manifestBody(deps, repository, manifest) } };
}

function order<T extends { lastUpdateTime: string }>(
  deps: DistributionDeps,
  items: readonly T[],
  nameOf: (item: T) => string,
): T[] {
  const by = deps.request.query.get("orderby");
  const sorted = [...items].sort((a, b) => {
    const first = by === null ? nameOf(a) : a.lastUpdateTime;
    const second = by === null ? nameOf(b) : b.lastUpdateTime;
    return first < second ? -1 : first > second ? 1 : 0;
  });
  return by === "timedesc" ? sorted.reverse() : sorted;
}

function change(attributes: ChangeableAttributes, body: unknown): void {
  const given = (body ?? {}) as Partial<Record<keyof ChangeableAttributes, unknown>>;
  for (const key of ["deleteEnabled", "writeEnabled", "listEnabled", "readEnabled"] as const) {
    const value = given[key];
    if (typeof value === "boolean") attributes[key] = value;
  }
}

function checkDeletable(attributes: ChangeableAttributes, what: string): void {
  if (attributes.deleteEnabled) return;
  throw registryError(405, "DENIED", `The operation is disallowed on the ${what}: it is locked.`);
}

function repositoryBody(repository: Repository): Record<string, unknown> {
  return {
    createdTime: repository.createdTime,
    lastUpdateTime: repository.lastUpdateTime,
    manifestCount: Object.keys(repository.manifests).length,
    tagCount: Object.keys(repository.tags).length,
    changeableAttributes: repository.changeableAttributes,
  };
}

function tagBody(tag: StoredTag): Record<string, unknown> {
  return { ...tag, signed: false };
}

function manifestBody(
  deps: DistributionDeps,
  repository: Repository,
  manifest: StoredManifest,
): Record<string, unknown> {
  const { references: _references, size: _size, ...shown } = manifest;
  const tags = deps.images.tagsOf(repository, manifest.digest);
  return { ...shown, ...(tags.length === 0 ? {} : { tags }) };
}
