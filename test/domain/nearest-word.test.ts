import { expect, it } from "vitest";

import { findNearestWord } from "../../src/domain/nearest-word.js";

const keys = ["name", "location", "labels", "subscription", "noDefaultLabels"];

it.each([
  ["lables", "labels"],
  ["label", "labels"],
  ["subscripton", "subscription"],
  ["Location", "location"],
  ["nodefaultlabels", "noDefaultLabels"],
  ["loc", "location"],
  ["nam", "name"],
  ["replicas", undefined],
  ["x", undefined],
  ["", undefined],
])("%s → %s", (word, expected) => {
  expect(findNearestWord(word, keys)).toBe(expected);
});
