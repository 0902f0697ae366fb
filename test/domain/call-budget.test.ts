import { describe, expect, it } from "vitest";

import {
  callsPerActiveRun,
  idleCallsPerHour,
  repositoriesWithin,
  shortestInterval,
} from "../../src/domain/call-budget.js";

const every = (pollingIntervalSeconds: number) => ({ pollingIntervalSeconds });

it.each([
  [[every(30)], 1, 240],
  [[every(30)], 20, 4800],
  [[every(30), every(30)], 20, 9600],
  [[every(30), every(60)], 10, 3600],
  [[], 20, 0],
  [[every(7)], 1, 1029],
])("idle calls of %j on %d repositories: %d", (pools, repositories, expected) => {
  expect(idleCallsPerHour(pools, repositories)).toBe(expected);
});

it("counts one call a poll and pool for each active run", () => {
  expect(callsPerActiveRun([every(30), every(60)])).toBe(180);
});

describe("ways out", () => {
  it.each([
    [1, 22, 5000],
    [3, 7, 2500],
    [1, 1, 5000],
  ])("the interval for %d pools and %d repositories stays within %d", (pools, repos, limit) => {
    const interval = shortestInterval(pools, repos, limit);
    const cost = (seconds: number): number =>
      idleCallsPerHour(
        Array.from({ length: pools }, () => every(seconds)),
        repos,
      );
    expect(cost(interval)).toBeLessThanOrEqual(limit);
    expect(interval === 1 || cost(interval - 1) > limit).toBe(true);
  });

  it("counts listing pages when repositories are not named", () => {
    expect(repositoriesWithin([every(30)], 5000)).toBe(20);
    expect(repositoriesWithin([every(30), every(30)], 5000)).toBe(10);
  });
});
