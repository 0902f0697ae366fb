import { expect, it } from "vitest";

import { parseConfig } from "../../src/config/load.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";

const whole = `name: acme
location: westeurope
tags: {team: a}
github:
  owner: acme
  repositories: [app, web]
  auth: {type: app, appId: 1, installationId: 2}
image: {context: ./i, buildArgs: {A: b}, timeout: 1h}
state: {backend: local}
pools:
  - name: a
    labels: [x]
    trigger: {type: queue, pollingInterval: 1m}
    limits: {min: 1, max: 2}
    env: {A: b}
  - {name: b, cpu: 1, memory: 2Gi, trigger: {type: schedule, cron: "0 0 * * *"}}
`;

/** Parses, or throws an error of ours with a place for every problem; anything else is a crash. */
function survives(source: string): boolean {
  try {
    parseConfig(source, { file: "f", directory: "/work" });
    return true;
  } catch (error) {
    return (
      error instanceof RunnerctlError &&
      error.problems.length > 0 &&
      error.problems.every(
        ({ where, what }) =>
          /^f:[1-9]\d*:[1-9]\d*$/.test(where) && !/undefined|\[object/.test(what),
      )
    );
  }
}

const odd = [
  "null",
  "[]",
  "{}",
  "x",
  "7",
  "-0.5",
  "true",
  "[null]",
  "[[x]]",
  "{a: {b: c}}",
  "''",
  "1e400",
  ".nan",
  "&a [*a]",
  "{__proto__: x}",
  "{1: 2}",
  "? [a]",
];

it("survives any value in any place", () => {
  const crashes: string[] = [];
  const places = [...whole.matchAll(/(?<=[[{:,] ?)[^\s,[\]{}:][^,\]}\n]*/g)];
  expect(places.length).toBeGreaterThan(20);
  for (const place of places) {
    for (const value of odd) {
      const source =
        whole.slice(0, place.index) + value + whole.slice(place.index + place[0].length);
      if (!survives(source)) crashes.push(source);
    }
  }
  expect(crashes).toEqual([]);
});

it("survives any value instead of a whole part", () => {
  const parts = ["name", "tags", "github", "image", "state", "pools"];
  const crashes = parts.flatMap((part) =>
    odd
      .map(
        (value) =>
          `${whole.replace(new RegExp(`^${part}:.*\\n(?:[ -].*\\n)*`, "m"), "")}${part}: ${value}\n`,
      )
      .filter((source) => !survives(source)),
  );
  expect(crashes).toEqual([]);
});

it("survives a file cut off anywhere", () => {
  const crashes = Array.from({ length: whole.length }, (_, end) => whole.slice(0, end)).filter(
    (source) => !survives(source),
  );
  expect(crashes).toEqual([]);
});
