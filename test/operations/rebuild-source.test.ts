import { chmodSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import type { ImageConfig } from "../../src/config/types.js";
import { inlineContextLimit } from "../../src/domain/rebuild-task.js";
import { prepareRebuild } from "../../src/operations/rebuild-source.js";
import type { RunnerctlEvent } from "../../src/output/events.js";
import { makeConfig } from "../support/config.js";

let folder: string;
let events: RunnerctlEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "rebuild-source-"));
  writeFileSync(join(folder, "Dockerfile"), "FROM scratch\n");
  writeFileSync(join(folder, "tool.sh"), "true\n");
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function prepare(changes: Partial<ImageConfig> = {}) {
  const image = { ...makeConfig().image, schedule: "0 3 * * 1", context: folder, ...changes };
  return prepareRebuild(
    { image, defaultContext: join(import.meta.dirname, "../../docker") },
    { emit: (event) => events.push(event) },
  );
}

describe("what the rebuild task carries", () => {
  it("is the same for the same content, wherever and whenever it was copied", async () => {
    const first = await prepare();
    utimesSync(join(folder, "tool.sh"), 0, 0);
    chmodSync(join(folder, "tool.sh"), 0o664);
    expect(await prepare()).toEqual(first);
    writeFileSync(join(folder, "tool.sh"), "fals\n");
    const second = await prepare();
    expect(second?.context).not.toBe(first?.context);
    expect(second?.revision).not.toBe(first?.revision);
  });

  it("is the image that comes with runnerctl, with room to spare", async () => {
    const shipped = await prepare({ context: undefined, preset: "azure", packages: ["make"] });
    expect(shipped?.context.length).toBeLessThan(inlineContextLimit * 0.75);
    expect(shipped?.buildArgs).toMatchObject({ PRESET: "azure", PACKAGES: "make" });
    expect(events).toEqual([]);
  });

  it("is nothing when nothing starts it, and the context is not even looked at", async () => {
    const none = { schedule: undefined, baseImageTrigger: false, context: "/nonexistent" };
    expect(await prepare(none)).toBeUndefined();
    expect(await prepare({ ...none, baseImageTrigger: true, context: folder })).toBeDefined();
  });

  it("is nothing, with a warning that says what to do, when it is too large", async () => {
    writeFileSync(join(folder, "data.bin"), Buffer.alloc(300_000));
    expect(await prepare()).toBeUndefined();
    expect(events).toMatchObject([{ name: "image.rebuild.tooLarge", level: "warn" }]);
    expect(events[0]?.message).toContain(".dockerignore");
    expect(events[0]?.message).toContain("image.schedule: never");
    writeFileSync(join(folder, ".dockerignore"), "data.bin\n");
    expect(await prepare()).toBeDefined();
  });
});
