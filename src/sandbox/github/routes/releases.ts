import type { SandboxReply, SandboxRequest } from "../../ports.js";
import type { Need } from "../access.js";
import { makeNotFound } from "../errors.js";
import { cutPage } from "../pages.js";
import type { ReleaseAssetRecord, ReleaseRecord } from "../records.js";
import type { Call, GithubParts, RouteTable } from "../route.js";
import type { RunnerArchive } from "../runner-archive.js";
import { makeNodeId, viewAccount } from "../views/accounts.js";
import { repositoryPage, repositoryUrl } from "../views/repositories.js";
import { repositoryOf } from "./repositories.js";

const need: Need = { kind: "permission", permission: "contents", level: "read", scopes: ["repo"] };

/** Releases, of which the sandbox has one: the runner application's. */
export function routeReleases({ store }: GithubParts, archive: RunnerArchive): RouteTable {
  const releasesOf = (call: Call): ReleaseRecord[] =>
    store.releases
      .entries()
      .map(([, release]) => release)
      .filter((release) => release.repositoryId === repositoryOf(call).id)
      .reverse();
  const answer = (call: Call, release: ReleaseRecord | undefined): SandboxReply => {
    if (release === undefined) throw makeNotFound(call.docs);
    return { status: 200, body: view(call, release) };
  };
  const view = (call: Call, release: ReleaseRecord): unknown => {
    const url = `${repositoryUrl(store, repositoryOf(call))}/releases`;
    const page = repositoryPage(store, repositoryOf(call));
    return {
      id: release.id,
      node_id: makeNodeId("Release", release.id),
      url: `${url}/${release.id}`,
      assets_url: `${url}/${release.id}/assets`,
      upload_url: `${url}/${release.id}/assets{?name,label}`,
      html_url: `${page}/releases/tag/${release.tag}`,
      author: viewAccount(store, repositoryOf(call).owner),
      tag_name: release.tag,
      target_commitish: "main",
      name: release.tag,
      body: "",
      draft: false,
      prerelease: false,
      created_at: release.createdAt,
      published_at: release.createdAt,
      tarball_url: `${repositoryUrl(store, repositoryOf(call))}/tarball/${release.tag}`,
      zipball_url: `${repositoryUrl(store, repositoryOf(call))}/zipball/${release.tag}`,
      assets: release.assets.map((asset) => viewAsset(call, release, asset)),
    };
  };
  const viewAsset = (call: Call, release: ReleaseRecord, asset: ReleaseAssetRecord): unknown => ({
    id: asset.id,
    node_id: makeNodeId("ReleaseAsset", asset.id),
    url: `${repositoryUrl(store, repositoryOf(call))}/releases/assets/${asset.id}`,
    name: asset.name,
    label: "",
    uploader: viewAccount(store, repositoryOf(call).owner),
    content_type: asset.contentType,
    state: "uploaded",
    size: asset.size,
    digest: asset.digest,
    download_count: 0,
    created_at: release.createdAt,
    updated_at: release.createdAt,
    browser_download_url: `${repositoryPage(store, repositoryOf(call))}/releases/download/${release.tag}/${asset.name}`,
  });
  return {
    "repos/list-releases": {
      need,
      handle: (call) =>
        cutPage(call.request, releasesOf(call), (page) => page.map((one) => view(call, one))),
    },
    "repos/get-latest-release": { need, handle: (call) => answer(call, releasesOf(call)[0]) },
    "repos/get-release-by-tag": {
      need,
      handle: (call) =>
        answer(
          call,
          releasesOf(call).find((release) => release.tag === call.path.tag),
        ),
    },
    "repos/get-release-asset": {
      need,
      handle: (call) => {
        const id = Number(call.path.asset_id);
        const release = releasesOf(call).find((one) => one.assets.some((asset) => asset.id === id));
        const asset = release?.assets.find((one) => one.id === id);
        if (release === undefined || asset === undefined) throw makeNotFound(call.docs);
        if (String(call.request.headers.accept).includes("application/octet-stream")) {
          return serveArchive(archive);
        }
        return { status: 200, body: viewAsset(call, release, asset) };
      },
    },
  };
}

/**
 * The web side of releases: `…/releases/latest` redirects to `…/releases/tag/{tag}`, and
 * `…/releases/download/{tag}/{file}` is the file.
 */
export function serveReleasePage(
  { store }: GithubParts,
  archive: RunnerArchive,
  request: SandboxRequest,
): SandboxReply | undefined {
  const match =
    /^\/([^/]+)\/([^/]+)\/releases\/(latest|tag|download)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(
      request.path,
    );
  if (match === null || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
  const [, owner = "", name = "", page, tag, file] = match;
  const repository = store.repository(owner, name);
  const releases = store.releases
    .entries()
    .map(([, one]) => one)
    .filter((one) => one.repositoryId === repository?.id);
  const release = page === "latest" ? releases.at(-1) : releases.find((one) => one.tag === tag);
  if (repository?.visibility !== "public" || release === undefined) {
    return { status: 404, body: "Not Found\n" };
  }
  const base = `${request.url.origin}/${repository.owner}/${repository.name}/releases`;
  if (page === "latest") {
    return { status: 302, headers: { location: `${base}/tag/${release.tag}` } };
  }
  if (page === "tag") return { status: 200, body: `${release.tag}\n` };
  const known = release.assets.some((asset) => asset.name === file);
  return known ? serveArchive(archive) : { status: 404, body: "Not Found\n" };
}

function serveArchive(archive: RunnerArchive): SandboxReply {
  return {
    status: 200,
    headers: { "content-type": "application/octet-stream" },
    body: archive.bytes,
  };
}
