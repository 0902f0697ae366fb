import { describe, expect, it } from "vitest";

import { completeLabels, findOverlaps, jobLabelsMatch } from "../../src/domain/labels.js";

const pool = (name: string, labels: string[], noDefaultLabels = false) => ({
  name,
  labels,
  noDefaultLabels,
});

describe("jobLabelsMatch", () => {
  it.each([
    [["self-hosted", "a"], ["self-hosted", "linux", "x64", "a"], true],
    [["Self-Hosted", "LINUX", "A"], ["self-hosted", "Linux", "X64", "a"], true],
    [["a", "b"], ["a"], false],
    [["arm64"], ["self-hosted", "linux", "x64"], false],
    // A job that only names a runner group has no labels and fits everywhere.
    [[], ["a"], true],
  ])("%j on %j: %s", (job, runner, expected) => {
    expect(jobLabelsMatch(job, runner)).toBe(expected);
  });
});

describe("completeLabels", () => {
  it.each([
    [pool("p", ["a"]), ["self-hosted", "linux", "x64", "a"]],
    [pool("p", ["a"], true), ["a"]],
    [pool("p", ["Linux", "a", "A"]), ["self-hosted", "linux", "x64", "a"]],
  ])("%j", (given, expected) => {
    expect(completeLabels(given)).toEqual(expected);
  });
});

describe("findOverlaps", () => {
  it.each([
    ["different labels", [pool("p", ["a"]), pool("q", ["b"])], []],
    ["the same label", [pool("p", ["a"]), pool("q", ["A"])], [["same", ["a"]]]],
    [
      "the same in another order",
      [pool("p", ["a", "b"]), pool("q", ["b", "a"])],
      [["same", ["a", "b"]]],
    ],
    ["first within second", [pool("p", ["a"]), pool("q", ["a", "b"])], [["contained", ["a"]]]],
    ["second within first", [pool("p", ["a", "b"]), pool("q", ["b"])], [["contained", ["b"]]]],
    ["one in common", [pool("p", ["a", "b"]), pool("q", ["b", "c"])], [["shared", ["b"]]]],
    [
      "same, one without default labels",
      [pool("p", ["a"], true), pool("q", ["a"])],
      [["same", ["a"]]],
    ],
    [
      "default labels written out by one",
      [pool("p", ["self-hosted", "a"], true), pool("q", ["a"])],
      [["same", ["self-hosted", "a"]]],
    ],
    ["only default labels in common", [pool("p", ["linux", "a"], true), pool("q", ["b"])], []],
  ])("%s", (_title, pools, expected) => {
    expect(findOverlaps(pools).map(({ kind, jobLabels }) => [kind, jobLabels])).toEqual(expected);
  });

  it("names every pair", () => {
    const three = [pool("p", ["a"]), pool("q", ["b"]), pool("r", ["a", "b"])];
    expect(findOverlaps(three).map(({ first, second }) => [first, second])).toEqual([
      [0, 2],
      [1, 2],
    ]);
  });
});
