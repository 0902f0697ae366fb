export type GithubKind = "github.com" | "ghe.com" | "server";

/** Which kind of GitHub an address is: the public one, a data-residency subdomain, or a GHES host. */
export function githubKindOf(url: string): GithubKind {
  const host = new URL(url).hostname.toLowerCase();
  if (host === "github.com" || host === "www.github.com") return "github.com";
  return host.endsWith(".ghe.com") ? "ghe.com" : "server";
}

/** `https://HOST[:PORT]`, lower case, without a path or trailing slash. */
export function normalizeGithubUrl(url: string): string {
  const { origin } = new URL(url);
  return githubKindOf(url) === "github.com" ? "https://github.com" : origin;
}

/**
 * The REST base of a GitHub web address. GHE.com:
 * https://docs.github.com/enterprise-cloud@latest/admin/data-residency/about-github-enterprise-cloud-with-data-residency#api-access
 * GHES: https://docs.github.com/enterprise-server@latest/rest/using-the-rest-api/getting-started-with-the-rest-api
 */
export function apiUrlOf(url: string): string {
  const normal = normalizeGithubUrl(url);
  switch (githubKindOf(normal)) {
    case "github.com":
      return "https://api.github.com";
    case "ghe.com":
      return normal.replace("https://", "https://api.");
    case "server":
      return `${normal}/api/v3`;
  }
}
