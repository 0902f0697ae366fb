import { expect, it } from "vitest";

import { formatDuration, parseDuration } from "../../src/domain/duration.js";

it.each([
  ["45s", 45],
  ["90m", 5400],
  ["6h", 21_600],
  ["1d", 86_400],
  ["2 h", 7200],
  [300, 300],
  ["0s", 0],
  ["h", undefined],
  ["1w", undefined],
  ["-1h", undefined],
  ["1h30m", undefined],
  [-1, undefined],
  [Number.NaN, undefined],
])("parseDuration(%s) is %s", (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

it.each([
  [45, "45s"],
  [5400, "90m"],
  [7200, "2h"],
  [86_400, "1d"],
  [90, "90s"],
  [0, "0s"],
])("formatDuration(%d) is %s and reads back", (seconds, expected) => {
  expect(formatDuration(seconds)).toBe(expected);
  expect(parseDuration(expected)).toBe(seconds);
});
