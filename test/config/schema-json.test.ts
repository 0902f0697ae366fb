import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";

import { renderConfigTemplate } from "../../src/config/template.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

it("schema.json and docs/configuration.md are what the schema says now", async () => {
  const script = fileURLToPath(new URL("../../scripts/generate-docs.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--check"], {
    cwd: root,
  });
  expect(stdout).toContain("Up to date.");
});

describe("schema.json", () => {
  let validate: (value: unknown) => boolean;
  let schema: Record<string, unknown>;
  beforeAll(async () => {
    schema = JSON.parse(await readFile(`${root}/schema.json`, "utf8")) as Record<string, unknown>;
    const ajv = new Ajv({ strict: false });
    (addFormats as unknown as (instance: Ajv) => void)(ajv);
    const compiled = ajv.compile(schema);
    validate = (value) => compiled(value);
  });

  it.each([
    ["the shortest file", "name: acme\nlocation: westeurope\ngithub: {owner: acme}", true],
    [
      "both forms of a trigger",
      "name: acme\nlocation: westeurope\ngithub: {owner: acme}\npools: [{name: a, trigger: queue}, {name: b, trigger: {type: schedule, cron: 0 6 * * *}}]",
      true,
    ],
    [
      "both forms of a duration",
      "name: acme\nlocation: westeurope\ngithub: {owner: acme}\npools: [{name: a, timeout: 900}, {name: b, timeout: 6h}]",
      true,
    ],
    ["no owner", "name: acme\nlocation: westeurope\ngithub: {}", false],
    ["an unknown key", "name: acme\nlocation: westeurope\ngithub: {owner: acme}\npool: []", false],
    [
      "an unknown key further in",
      "name: acme\nlocation: westeurope\ngithub: {owner: acme}\npools: [{name: a, lables: [b]}]",
      false,
    ],
    [
      "a duration of nothing",
      "name: acme\nlocation: westeurope\ngithub: {owner: acme}\npools: [{name: a, timeout: 0m}]",
      false,
    ],
  ])("%s: %s → %s", (_title, source, expected) => {
    expect(validate(parse(source))).toBe(expected);
  });

  it("takes what init writes", () => {
    expect(
      validate(
        parse(renderConfigTemplate({ name: "acme", location: "westeurope", owner: "acme" }, "x")),
      ),
    ).toBe(true);
  });

  it("describes every key and closes every group", () => {
    const bare: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== "object" || node === null) return;
      const { properties, additionalProperties, ...rest } = node as Record<string, unknown>;
      if (properties !== undefined) {
        if (additionalProperties !== false) bare.push(`${path} is open`);
        for (const [key, child] of Object.entries(properties as Record<string, unknown>)) {
          if ((child as { description?: string }).description === undefined)
            bare.push(`${path}.${key}`);
          visit(child, `${path}.${key}`);
        }
      }
      for (const key of ["items", "anyOf", "oneOf"]) {
        const inner = rest[key];
        for (const each of Array.isArray(inner) ? (inner as unknown[]) : [inner]) visit(each, path);
      }
    };
    visit(schema, "");
    expect(bare).toEqual([]);
  });
});
