import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";

import type { ImageConfig } from "../../src/config/types.js";
import { composeRebuildTask, type RebuildSource } from "../../src/domain/rebuild-task.js";
import { synthesizeStacks } from "../../src/stacks/app.js";
import { makeConfig } from "../support/config.js";
import type { StackJson } from "./synthesized.js";

const folder = mkdtempSync(join(tmpdir(), "image-rebuild-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const source: RebuildSource = {
  repository: "runner",
  context: "QUJD",
  dockerfile: "Dockerfile",
  buildArgs: { X: "${not.terraform} %{if}" },
  revision: "c-1",
  timeoutSeconds: 3600,
};

function readPlatform(image: Partial<ImageConfig>, rebuild?: RebuildSource): StackJson {
  const config = makeConfig();
  const { stacks } = synthesizeStacks({
    config: { ...config, image: { ...config.image, ...image } },
    outdir: folder,
    rebuild,
  });
  return JSON.parse(readFileSync(stacks[0]?.synthesizedPath ?? "", "utf8")) as StackJson;
}

const readTask = (image: Partial<ImageConfig>, rebuild?: RebuildSource) =>
  readPlatform(image, rebuild).resource["azurerm_container_registry_task"]?.["image-rebuild"];

describe("the image's rebuild in the platform stack", () => {
  it("is a task of the registry, by schedule and base image, that carries its context", () => {
    const task = readTask({ schedule: "0 3 * * 1", baseImageTrigger: true }, source);
    expect(task).toMatchObject({
      name: "rebuild-image",
      container_registry_id: "${azurerm_container_registry.registry.id}",
      platform: { os: "Linux", architecture: "amd64" },
      agent_setting: { cpu: 2 },
      timeout_in_seconds: 4200,
      timer_trigger: [{ name: "schedule", schedule: "0 3 * * 1" }],
      base_image_trigger: { name: "base-image", type: "Runtime" },
    });
    expect(task).not.toHaveProperty("registry_credential");
    const content = (task?.["encoded_step"] as { task_content: string } | undefined)?.task_content;
    expect(Buffer.from(content ?? "", "base64").toString()).toBe(composeRebuildTask(source));
  });

  it("is there for a base image alone, and for a schedule alone", () => {
    expect(readTask({ baseImageTrigger: true }, source)).not.toHaveProperty("timer_trigger");
    expect(readTask({ schedule: "0 3 * * 1" }, source)).not.toHaveProperty("base_image_trigger");
  });

  it.each<[string, Partial<ImageConfig>, RebuildSource | undefined]>([
    ["nothing starts it", {}, source],
    ["there is nothing to build it from", { schedule: "0 3 * * 1" }, undefined],
  ])("is not there when %s", (_name, image, rebuild) => {
    expect(readTask(image, rebuild)).toBeUndefined();
  });

  it("stays within the time that a task may take", () => {
    const timeout = (seconds: number) =>
      readTask({ schedule: "0 3 * * 1" }, { ...source, timeoutSeconds: seconds })?.[
        "timeout_in_seconds"
      ];
    expect([timeout(28_800), timeout(60)]).toEqual([28_800, 660]);
  });
});
