import { describe, expect, it } from "vitest";

import { chooseColor, chooseOutputMode } from "../../src/output/mode.js";

describe("chooseOutputMode", () => {
  it.each([
    [{ json: true, githubActions: true, stderrIsTty: true }, "json"],
    [{ json: false, githubActions: true, stderrIsTty: true }, "actions"],
    [{ json: false, githubActions: false, stderrIsTty: true }, "human"],
    [{ json: false, githubActions: false, stderrIsTty: false }, "plain"],
  ] as const)("%j → %s", (facts, mode) => {
    expect(chooseOutputMode(facts)).toBe(mode);
  });
});

describe("chooseColor", () => {
  const base = { mode: "human", noColorFlag: false, noColor: false, forceColor: false } as const;
  it.each([
    ["a terminal", base, true],
    ["NO_COLOR", { ...base, noColor: true }, false],
    ["FORCE_COLOR without a terminal", { ...base, mode: "plain", forceColor: true }, true],
    ["FORCE_COLOR over NO_COLOR", { ...base, noColor: true, forceColor: true }, true],
    ["--no-color over FORCE_COLOR", { ...base, noColorFlag: true, forceColor: true }, false],
    ["plain", { ...base, mode: "plain" }, false],
    ["json", { ...base, mode: "json" }, false],
  ] as const)("%s", (_name, facts, color) => {
    expect(chooseColor(facts)).toBe(color);
  });
});
