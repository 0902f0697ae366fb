import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { FileStateStore } from "../../../src/sandbox/state.js";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "rctl-state-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("CORE-30: records come back in insertion order, number-like keys too", () => {
  const store = new FileStateStore(root);
  const runs = store.collection<number>("runs");
  for (const key of ["b", "10", "9", "a"]) runs.set(key, key.length);
  store.flush();
  const again = new FileStateStore(root).collection<number>("runs");
  expect(again.entries().map(([key]) => key)).toEqual(["b", "10", "9", "a"]);
  expect(again.entries("1")).toEqual([["10", 2]]);
});

test("CORE-31: changes are on disk a moment later without any flush", async () => {
  const records = new FileStateStore(root).collection<string>("things");
  records.set("a", "1");
  await expect
    .poll(() => readFileSync(join(root, "things.json"), "utf8").includes("1"), { timeout: 2000 })
    .toBe(true);
});

test("CORE-32: a write cut short leaves the old records", () => {
  const store = new FileStateStore(root);
  store.collection<string>("things").set("a", "1");
  store.flush();
  writeFileSync(join(root, "things.json.next"), '[["a","2');
  expect(new FileStateStore(root).collection<string>("things").get("a")).toBe("1");
});

test("CORE-33: a wipe keeps only what it is told to keep", () => {
  const store = new FileStateStore(root);
  store.collection<string>("ports").set("a", "1");
  store.collection<string>("things").set("a", "1");
  mkdirSync(join(store.directory("blobs", "deep"), "x"));
  store.flush();
  store.wipe(["ports"]);
  expect(store.collection<string>("things").get("a")).toBeUndefined();
  const again = new FileStateStore(root);
  expect(again.collection<string>("ports").get("a")).toBe("1");
  expect(again.collection<string>("things").entries()).toEqual([]);
});
