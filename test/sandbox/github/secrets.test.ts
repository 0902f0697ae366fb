import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeSealingKey, openSealedBox } from "../../../src/sandbox/github/secrets/sealed-box.js";
import { misfits, startGithub, type GithubFixture } from "./github-fixture.js";

/** Made with libsodium, for the private key 01 02 … 20. */
const vector = {
  key: {
    publicKey: "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=",
    privateKey: {
      kty: "OKP",
      crv: "X25519",
      d: "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA",
      x: "B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9_AsrhtHHw",
    },
  },
  boxes: [
    ["", "L3PwgzAnbDXl62lS0Eeqnt6ONXA4f9OFFN1AOYFOMkxRBp2q/OHwrh7I/7V7LsoP"],
    ["hello", "LP+oNlQvdq63zsobty5buYxE5kSwkb6e0gDyTz/usl6TQ0Ck2PzQEhH4vcqqzkmo4kbH/KI="],
    [
      "Grüße — a value with more than sixty-four bytes, so that the stream has a second block.",
      "eeort4Hbkf3d2Apwq77pMk4pGsPuHA2anQ/zteoRkkXaKjCktHUblU7i+NH7tJiwzwtsxXhdD41P/9u466X+b2Yq43Eni5DGRpr5eiZPlx0FyF0yjnB1dGQszWCKtwQCZ+RIFtON9Tgy1sgDfT3Gnwgkj0fSwLlFw/F5PABZaOCTOtW2wwc9JqqwKQ==",
    ],
  ] as const,
};

describe("sealed boxes", () => {
  it.each(vector.boxes)("GH-16 opens %j as libsodium sealed it", (message, box) => {
    const opened = openSealedBox(Buffer.from(box, "base64"), vector.key);
    expect(opened?.toString("utf8")).toBe(message);
  });

  it("GH-16 opens none that was changed, cut short, or sealed for another key", () => {
    const box = Buffer.from(vector.boxes[1][1], "base64");
    for (const at of [0, 40, box.length - 1]) {
      const changed = Buffer.from(box);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(openSealedBox(changed, vector.key), String(at)).toBeUndefined();
    }
    expect(openSealedBox(box.subarray(0, 47), vector.key)).toBeUndefined();
    expect(openSealedBox(Buffer.alloc(64), vector.key)).toBeUndefined();
    expect(openSealedBox(box, makeSealingKey())).toBeUndefined();
  });
});

describe("Actions secrets of a repository", () => {
  let github: GithubFixture;
  const at = { owner: "octo-org", repo: "hello" };
  beforeEach(async () => {
    github = await startGithub();
  });
  afterEach(async () => {
    await github.close();
    expect(misfits.splice(0)).toEqual([]);
  });

  it("GH-16 have one key a repository, names in upper case, and never show a value", async () => {
    const { actions } = github.octokit.rest;
    const key = (await actions.getRepoPublicKey(at)).data;
    expect(Buffer.from(key.key, "base64")).toHaveLength(32);
    expect((await actions.getRepoPublicKey(at)).data).toEqual(key);
    await github.control("PUT", "/repositories/octo-org/hello", { secrets: { TOKEN: "s3cret" } });
    const listed = await actions.listRepoSecrets(at);
    expect(listed.data).toMatchObject({ total_count: 1, secrets: [{ name: "TOKEN" }] });
    expect(JSON.stringify(listed.data)).not.toContain("s3cret");
    expect((await actions.getRepoSecret({ ...at, secret_name: "token" })).data.name).toBe("TOKEN");
    await actions.deleteRepoSecret({ ...at, secret_name: "TOKEN" });
    await expect(actions.getRepoSecret({ ...at, secret_name: "TOKEN" })).rejects.toMatchObject({
      status: 404,
    });
  });

  it("GH-16 refuse a value that is not sealed with that key, and names that are not allowed", async () => {
    const { actions } = github.octokit.rest;
    const { key_id } = (await actions.getRepoPublicKey(at)).data;
    const put = (secret_name: string, id: string) =>
      actions.createOrUpdateRepoSecret({
        ...at,
        secret_name,
        key_id: id,
        encrypted_value: vector.boxes[1][1],
      });
    await expect(put("TOKEN", key_id)).rejects.toMatchObject({ status: 422 });
    await expect(put("TOKEN", "another")).rejects.toMatchObject({ status: 422 });
    await expect(put("GITHUB_TOKEN", key_id)).rejects.toMatchObject({ status: 422 });
  });
});
