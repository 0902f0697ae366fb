import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { readSecretInput } from "../../src/commands/secret-input.js";
import type { Context } from "../../src/context.js";

describe("readSecretInput", () => {
  it("does not wait for the end of a pipe after an interruption", async () => {
    const interruption = new AbortController();
    const context = {
      runtime: { stdin: new PassThrough() },
      signal: interruption.signal,
    } as unknown as Context;
    const reading = readSecretInput(context, "pat");
    interruption.abort();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  });
});
