import { describe, expect, it } from "vitest";

import {
  findImage,
  findRollbackTarget,
  listUsers,
  planPrune,
  suggestTags,
  type ImageInventory,
  type StoredImage,
} from "../../src/domain/image-inventory.js";

const digestOf = (letter: string): string => `sha256:${letter.repeat(64)}`;

function image(letter: string, tags: string[], changes: Partial<StoredImage> = {}): StoredImage {
  return {
    digest: digestOf(letter),
    tags,
    createdAt: new Date("2026-11-21T00:00:00Z"),
    bytes: 1,
    deletable: true,
    parts: [],
    ...changes,
  };
}

/** Newest first. */
function inventory(
  images: readonly StoredImage[],
  jobs: ImageInventory["jobs"] = [],
): ImageInventory {
  return { loginServer: "cr.azurecr.io", repository: "runner", images, jobs };
}

const job = (name: string, ...images: string[]) => ({ job: name, images });

describe("who uses an image", () => {
  const current = image("a", ["current", "c-1"]);
  it.each([
    ["by the tag that moves", "cr.azurecr.io/runner:current", true],
    ["by another of its tags", "cr.azurecr.io/runner:c-1", true],
    ["by digest", `cr.azurecr.io/runner@${digestOf("a")}`, true],
    ["by tag and digest: the digest counts", `cr.azurecr.io/runner:c-1@${digestOf("b")}`, false],
    ["whatever the case of the host", "CR.azurecr.io/runner:current", true],
    ["another repository", "cr.azurecr.io/other:current", false],
    ["another registry", "other.azurecr.io/runner:current", false],
    ["without a tag it is latest", "cr.azurecr.io/runner", false],
  ])("%s", (_name, reference, uses) => {
    const users = listUsers(inventory([current], [job("caj", reference)]), current);
    expect(users).toEqual(uses ? ["caj"] : []);
  });
});

describe("finding an image", () => {
  const images = inventory([image("a", ["current", "c-1"]), image("b", ["r-20261121"])]);
  it.each([
    ["c-1", "a"],
    ["current", "a"],
    [digestOf("b"), "b"],
    ["sha256:bbbbbb", "b"],
    ["bbbbbbbb", "b"],
    ["bbbbb", undefined],
    ["c-2", undefined],
  ])("%s", (wanted, letter) => {
    expect(findImage(images, wanted)?.digest).toBe(letter && digestOf(letter));
  });

  it("wants a digest's start to be of one image only", () => {
    const twins = inventory([image("a", []), image("a", [])]);
    expect(findImage(twins, "aaaaaa")).toBeUndefined();
  });

  it("suggests what was meant, and the newest", () => {
    expect(suggestTags(images, "r-2026112")).toEqual({
      nearest: "r-20261121",
      newest: ["c-1", "r-20261121"],
    });
  });
});

describe("what a rollback goes to", () => {
  const [a, b, c] = [image("a", ["r-3"]), image("b", ["r-2"]), image("c", ["r-1"])];
  const asCurrent = (one: StoredImage) => ({ ...one, tags: [...one.tags, "current"] });
  it.each<[string, StoredImage[], string | undefined]>([
    ["the one before the newest", [asCurrent(a), b, c], "b"],
    ["the one before an older one", [a, asCurrent(b), c], "c"],
    ["never a newer one", [a, b, asCurrent(c)], undefined],
    ["not what was replaced under its tag", [asCurrent(a), image("b", []), c], "c"],
    ["nothing without a current one", [a, b], undefined],
    ["nothing in an empty repository", [], undefined],
  ])("%s", (_name, images, letter) => {
    expect(findRollbackTarget(inventory(images))?.digest).toBe(letter && digestOf(letter));
  });
});

describe("what pruning removes", () => {
  const six = ["f", "e", "d", "c", "b", "a"].map((letter, index) =>
    image(letter, [`r-${6 - index}`]),
  );
  const removed = (images: ImageInventory, rules: Parameters<typeof planPrune>[1]) =>
    planPrune(images, rules).remove.map(({ digest }) => digest[7]);

  it("is what is older than the newest", () => {
    expect(removed(inventory(six), { keep: 2 })).toEqual(["d", "c", "b", "a"]);
    expect(removed(inventory(six), { keep: 6 })).toEqual([]);
  });

  it("is never current, used, locked, or what the configuration asks for", () => {
    const images = six.map((one) =>
      one.digest === digestOf("c")
        ? { ...one, tags: [...one.tags, "current"] }
        : one.digest === digestOf("a")
          ? { ...one, deletable: false }
          : one,
    );
    const used = [job("caj-x", `cr.azurecr.io/runner@${digestOf("b")}`)];
    const plan = planPrune(inventory(images, used), { keep: 1, contentTag: "r-4" });
    expect(plan.remove.map(({ digest }) => digest[7])).toEqual(["e"]);
    expect(plan.keep.map(({ image: one, reason }) => `${one.digest[7] ?? ""} ${reason}`)).toEqual([
      "f among the newest 1",
      "d what runnerctl.yaml describes",
      "c current",
      "b used by caj-x",
      "a locked",
    ]);
  });

  it("is untagged images, new as they may be, unless a job runs one", () => {
    const images = [image("f", []), image("e", []), image("d", ["r-1"])];
    const used = [job("caj-x", `cr.azurecr.io/runner@${digestOf("e")}`)];
    expect(removed(inventory(images, used), { keep: 5 })).toEqual(["f"]);
  });

  it("is not a part of an index that stays", () => {
    const images = [
      image("f", ["r-2"], { parts: [digestOf("e")] }),
      image("e", []),
      image("d", [], { parts: [digestOf("c")] }),
      image("c", []),
    ];
    expect(removed(inventory(images), { keep: 1 })).toEqual(["d", "c"]);
  });
});
