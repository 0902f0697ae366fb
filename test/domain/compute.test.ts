import { describe, expect, it } from "vitest";

import {
  findNearestSizes,
  formatSize,
  isOffered,
  offeredSizes,
  parseGibibytes,
} from "../../src/domain/compute.js";

describe("offered sizes", () => {
  it("go from 0.25 vCPU with 0.5 Gi to 4 vCPU with 8 Gi", () => {
    expect(offeredSizes).toHaveLength(16);
    expect(offeredSizes[0]).toEqual({ cpu: 0.25, memoryGi: 0.5 });
    expect(offeredSizes.at(-1)).toEqual({ cpu: 4, memoryGi: 8 });
  });

  it.each([
    [0.25, 0.5, true],
    [2, 4, true],
    [3.75, 7.5, true],
    [4, 8, true],
    [2, 8, false],
    [0.3, 0.6, false],
    [4.25, 8.5, false],
    [0.125, 0.25, false],
  ])("%d vCPU with %d Gi: %s", (cpu, memoryGi, expected) => {
    expect(isOffered({ cpu, memoryGi })).toBe(expected);
  });
});

describe("findNearestSizes", () => {
  it.each([
    [3, 5, ["2.5 vCPU with 5Gi", "3 vCPU with 6Gi"]],
    [2, 8, ["2 vCPU with 4Gi", "4 vCPU with 8Gi"]],
    [8, 16, ["4 vCPU with 8Gi"]],
    [0.1, 0.2, ["0.25 vCPU with 0.5Gi"]],
    [1.1, 2.2, ["1 vCPU with 2Gi"]],
    [1, 64, ["1 vCPU with 2Gi", "4 vCPU with 8Gi"]],
  ])("%d vCPU with %d Gi", (cpu, memoryGi, expected) => {
    const nearest = findNearestSizes({ cpu, memoryGi });
    expect(nearest.map(formatSize)).toEqual(expected);
    expect(nearest.every(isOffered)).toBe(true);
  });
});

it.each([
  ["4Gi", 4],
  ["0.5Gi", 0.5],
  ["1.5 Gi", 1.5],
  ["4", undefined],
  ["4GB", undefined],
  ["Gi", undefined],
])("parseGibibytes(%s)", (text, expected) => {
  expect(parseGibibytes(text)).toBe(expected);
});
