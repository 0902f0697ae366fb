import { describe, expect, it } from "vitest";

import { createRedactor } from "../../src/output/redact.js";

const pem = [
  "-----BEGIN RSA PRIVATE KEY-----",
  "MIIEpAIBAAKCAQEAfirstlineofthekeymaterial0000000000000000000000",
  "c2Vjb25kbGluZW9mdGhla2V5bWF0ZXJpYWwwMDAwMDAwMDAwMDAwMDAwMDAw",
  "-----END RSA PRIVATE KEY-----",
].join("\n");

describe("createRedactor", () => {
  it.each([
    ["the value itself", "s3cret-value", "token is s3cret-value here"],
    ["its base64 form", "s3cret-value", `auth ${Buffer.from("s3cret-value").toString("base64")}`],
    ["its URL form", "p@ss/word value", `?token=${encodeURIComponent("p@ss/word value")}`],
    ["its JSON form", 'quo"ted-secret', JSON.stringify({ token: 'quo"ted-secret' })],
    ["one line of many", pem, `grep found ${pem.split("\n")[1]}`],
  ])("masks %s", (_name, secret, text) => {
    const redactor = createRedactor();
    redactor.register(secret);
    const clean = redactor.apply(text);
    expect(clean).toContain("***");
    for (const form of [
      secret,
      Buffer.from(secret).toString("base64"),
      encodeURIComponent(secret),
    ]) {
      expect(clean).not.toContain(form);
    }
  });

  it.each([
    ["a classic token", `got ghp_${"a1".repeat(18)} from git`],
    ["an installation token", `ghs_${"Zz9".repeat(12)}`],
    ["a fine-grained token", `github_pat_${"A1b2".repeat(10)}`],
    ["a JWT", "Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9.c2lnbmF0dXJl"],
    ["a private key", pem],
    ["a cut private key", pem.slice(0, 80)],
    ["the signature of a SAS address", "https://x.blob/y?sv=2020&sig=abc%2Bdef&se=1"],
  ])("masks %s that nobody registered", (_name, text) => {
    expect(createRedactor().apply(text)).toContain("***");
  });

  it.each([
    ["whole", pem],
    ["cut", pem.slice(0, 100)],
    ["only begun", "-----BEGIN PRIVATE KEY-----"],
  ])("leaves JSON around a key that is %s JSON", (_name, key) => {
    const clean = createRedactor().apply(`${JSON.stringify({ a: `x ${key}`, b: "kept" })}\n`);
    expect(JSON.parse(clean)).toEqual({ a: "x ***", b: "kept" });
    expect(clean.endsWith("\n")).toBe(true);
  });

  it("leaves other text alone", () => {
    const redactor = createRedactor();
    redactor.register("abc");
    expect(redactor.apply("abc github.com/octo-org -----")).toBe("abc github.com/octo-org -----");
  });

  it("masks the longer of two secrets whole when one contains the other", () => {
    const redactor = createRedactor();
    redactor.register("secret");
    redactor.register("secret-and-more");
    expect(redactor.apply("x secret-and-more y")).toBe("x *** y");
  });

  it("tells listeners of every value, also of those registered before", () => {
    const redactor = createRedactor();
    redactor.register("first-secret");
    const seen: string[] = [];
    redactor.onRegister((secret) => seen.push(secret));
    redactor.register("second-secret");
    expect(seen).toContain("first-secret");
    expect(seen).toContain("second-secret");
  });
});
