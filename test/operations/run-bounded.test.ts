import { expect, it } from "vitest";
import { runBounded } from "../../src/operations/run-bounded.js";

it("has as many under way as allowed, never more, and keeps the order", async () => {
  const waiting: (() => void)[] = [];
  let most = 0;
  const done = runBounded([1, 2, 3, 4, 5], 2, async (item) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      most = Math.max(most, waiting.length);
    });
    return item * 10;
  });
  for (let released = 0; released < 5; released += 1) {
    expect(waiting.length).toBeGreaterThan(0);
    // The later one first.
    waiting.pop()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await done).toEqual([10, 20, 30, 40, 50]);
  expect(most).toBe(2);
});

it("fails with the first failure", async () => {
  const work = runBounded([1, 2], 2, (item) =>
    item === 1 ? Promise.reject(new Error("first")) : Promise.resolve(item),
  );
  await expect(work).rejects.toThrow("first");
});
