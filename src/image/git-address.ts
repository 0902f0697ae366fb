import {
  gitAddressUnsupported,
  gitAddressWithCredentials,
} from "../errors/catalogue/image-context.js";

/** A repository as a build context: `https://HOST/PATH.git#REF:FOLDER`. */
export interface GitAddress {
  /** As it is given to the registry, which fetches it. */
  readonly location: string;
  /** Without the fragment. */
  readonly repository: string;
  /** Branch, tag, or commit; undefined for the default branch. */
  readonly ref: string | undefined;
  readonly folder: string | undefined;
  /** A whole commit ID: what lies there never changes. */
  readonly isPinned: boolean;
}

export function isAddress(text: string): boolean {
  return /^(?:[a-z][a-z0-9+.-]*:\/\/|git@|github\.com\/)/i.test(text);
}

/**
 * Reads an address as Docker does (https://docs.docker.com/build/concepts/context/#git-repositories),
 * of the forms that an ACR Task can fetch without a credential.
 */
export function parseGitAddress(text: string): GitAddress {
  // The credential in it, if any, must not come back in a message.
  const shown = text.replace(/\/\/[^/@]*@/, "//***@");
  if (/^(?:git@|ssh:\/\/)/i.test(text)) {
    throw gitAddressUnsupported(
      shown,
      "an ACR Task has no SSH key",
      "Give the https:// address of a public repository, or check it out and give the folder.",
    );
  }
  const url = URL.canParse(withScheme(text)) ? new URL(withScheme(text)) : undefined;
  if (url === undefined || !["https:", "http:", "git:"].includes(url.protocol)) {
    throw gitAddressUnsupported(
      shown,
      "only https:// (and git://) repositories can be fetched",
      "Download it, then give the folder, or pipe an archive: … | runnerctl build-image --context -",
    );
  }
  if (url.hostname === "dev.azure.com" && url.password === "") url.username = "";
  if (url.username !== "" || url.password !== "") throw gitAddressWithCredentials(shown);
  if (url.search !== "") {
    throw gitAddressUnsupported(
      shown.replace(/\?[^#]*/, ""),
      "an ACR Task knows no query in it",
      "Branch, tag or commit and folder follow a #: https://HOST/REPOSITORY.git#REF:FOLDER",
    );
  }
  requireRepository(url, shown);
  const fragment = decodeURIComponent(url.hash.slice(1));
  url.hash = "";
  const [ref = "", folder = ""] = splitOnce(fragment, ":");
  if (ref.startsWith("-") || folder.split("/").includes("..")) {
    throw gitAddressUnsupported(
      shown,
      "what follows # is no ref and folder",
      "https://HOST/REPOSITORY.git#REF:FOLDER",
    );
  }
  const repository = url.href;
  return {
    location: fragment === "" ? repository : `${repository}#${fragment}`,
    repository,
    ref: ref === "" ? undefined : ref,
    folder: folder === "" ? undefined : folder,
    isPinned: /^[0-9a-f]{40}$/i.test(ref),
  };
}

function withScheme(text: string): string {
  return /^github\.com\//i.test(text) ? `https://${text}` : text;
}

/** The agent takes an address for a repository by its ending, and for an archive otherwise. */
function requireRepository(url: URL, shown: string): void {
  if (url.protocol === "git:" || /\.git$/.test(url.pathname)) return;
  if (url.pathname.includes("/_git/")) return;
  if (url.hostname === "github.com" && /^\/[^/]+\/[^/]+\/?$/.test(url.pathname)) {
    url.pathname = `${url.pathname.replace(/\/$/, "")}.git`;
    return;
  }
  throw gitAddressUnsupported(
    shown,
    "its path does not end in .git",
    "For a repository, give its clone address; an archive goes through a pipe: curl -L ADDRESS | runnerctl build-image --context -",
  );
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
