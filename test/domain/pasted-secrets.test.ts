import { expect, it } from "vitest";

import { findPastedSecrets, maskSecrets } from "../../src/domain/pasted-secrets.js";

const body = "MIIEpAIBAAKCAQEA1234567890abcdefghijklmnop";
// Assembled here so that scanners of this repository find no token in it.
const classic = `${"gh"}p_${"a".repeat(36)}`;
const fine = `${"github"}_pat_${"A1".repeat(20)}`;
const key = (end: string): string =>
  `-----BEGIN RSA ${"PRIVATE"} KEY-----\n  ${body}\n  ${body}\n${end}`;
const end = `  -----END RSA ${"PRIVATE"} KEY-----`;

it.each([
  ["a classic token", `secret: ${classic}`, "a GitHub token", classic],
  ["a fine-grained token", `secret: "${fine}"`, "a GitHub token", fine],
  ["an installation token", `x: ${"gh"}s_${"b".repeat(36)}`, "a GitHub token", "b".repeat(36)],
  ["a key", `key: |\n  ${key(end)}\n`, "a private key", body],
  ["a key cut short", `key: |\n  ${key("")}`, "a private key", body],
  ["a key in one line", `key: "${key(end).replaceAll("\n", "\\n")}"`, "a private key", body],
])("finds and crosses out %s", (_title, text, kind, secret) => {
  const found = findPastedSecrets(text);
  expect(found.map((each) => each.kind)).toEqual([kind]);
  const masked = maskSecrets(text, found);
  expect(masked).not.toContain(secret);
  expect(masked).toHaveLength(text.length);
  expect(masked.split("\n")).toHaveLength(text.split("\n").length);
});

it.each(["secret: github-pat", "secret: github-app-key", "labels: [ghp_x]", "name: high_speed"])(
  "leaves %s alone",
  (text) => {
    expect(findPastedSecrets(text)).toEqual([]);
  },
);
