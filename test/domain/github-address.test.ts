import { expect, it } from "vitest";

import { apiUrlOf, githubKindOf, normalizeGithubUrl } from "../../src/domain/github-address.js";

it.each([
  ["https://github.com", "github.com", "https://github.com", "https://api.github.com"],
  ["https://www.github.com/", "github.com", "https://github.com", "https://api.github.com"],
  ["https://GitHub.com/", "github.com", "https://github.com", "https://api.github.com"],
  ["https://acme.ghe.com", "ghe.com", "https://acme.ghe.com", "https://api.acme.ghe.com"],
  ["https://git.acme.test/", "server", "https://git.acme.test", "https://git.acme.test/api/v3"],
  ["https://localhost:8443", "server", "https://localhost:8443", "https://localhost:8443/api/v3"],
  ["https://notgithub.com", "server", "https://notgithub.com", "https://notgithub.com/api/v3"],
])("%s", (url, kind, web, api) => {
  expect(githubKindOf(url)).toBe(kind);
  expect(normalizeGithubUrl(url)).toBe(web);
  expect(apiUrlOf(url)).toBe(api);
});
