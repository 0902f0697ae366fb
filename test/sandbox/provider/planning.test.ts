import { describe, expect, it } from "vitest";
import { buildId, describeId, parseId } from "../../../src/sandbox/provider/arm/ids.js";
import { findReplacements, planValues } from "../../../src/sandbox/provider/engine/plan.js";
import { settleState } from "../../../src/sandbox/provider/engine/settle.js";
import { retryAfterMilliseconds } from "../../../src/sandbox/provider/http/client.js";
import { unknownValue, type Value } from "../../../src/sandbox/provider/protocol/values.js";
import { mergeJson, projectBody } from "../../../src/sandbox/provider/resources/azapi-json.js";
import { typeOfBlock, type BlockSchema } from "../../../src/sandbox/provider/schema/types.js";

const block: BlockSchema = {
  attributes: {
    name: { type: "string", required: true },
    id: { type: "string", optional: true, computed: true },
    enabled: { type: "bool", optional: true },
    note: { type: "string", optional: true },
    ids: { type: ["set", "string"], optional: true },
  },
  block_types: {
    item: {
      nesting_mode: "list",
      block: {
        attributes: {
          name: { type: "string", required: true },
          size: { type: "number", optional: true },
          key: { type: "string", computed: true },
        },
      },
    },
  },
};
const model = { defaults: { enabled: true, item: { size: 3 } } };
const config = {
  name: "a",
  id: null,
  enabled: null,
  note: null,
  ids: null,
  item: [{ name: "one", size: null, key: null }],
};

describe("[PROV-10] planning", () => {
  it("takes defaults and leaves to apply what Azure computes", () => {
    expect(planValues(block, model, { config, proposed: config, prior: undefined })).toEqual({
      ...config,
      id: unknownValue,
      enabled: true,
      item: [{ name: "one", size: 3, key: unknownValue }],
    });
  });

  it("keeps what was computed, and zero values where the configuration has none", () => {
    const prior = {
      ...config,
      id: "/x",
      enabled: true,
      note: "",
      item: [{ name: "one", size: 3, key: "k" }],
    };
    const proposed = { ...config, id: "/x", item: [{ name: "one", size: null, key: "k" }] };
    expect(planValues(block, model, { config, proposed, prior })).toEqual(prior);
  });

  it("does not give a new element the computed values of the one in whose place it stands", () => {
    const prior = {
      ...config,
      id: "/x",
      enabled: true,
      item: [{ name: "old", size: 3, key: "k" }],
    };
    const proposed = { ...config, id: "/x", item: [{ name: "one", size: null, key: "k" }] };
    const planned = planValues(block, model, { config, proposed, prior });
    expect(planned["item"]).toEqual([{ name: "one", size: 3, key: unknownValue }]);
  });

  it("names what forces a new resource, unknown values too", () => {
    const prior = { ...config, id: "/x" };
    expect(findReplacements(block, ["name"], { ...prior, name: "b" }, prior)).toEqual(["name"]);
    expect(findReplacements(block, ["name"], { ...prior, name: unknownValue }, prior)).toEqual([
      "name",
    ]);
    expect(findReplacements(block, ["name"], prior, prior)).toEqual([]);
  });
});

describe("[PROV-12] the state after a read", () => {
  const type = typeOfBlock(block);
  const prior: Value = {
    ...config,
    id: "/Sub/A",
    note: "n",
    ids: ["/Sub/One", "/sub/two"],
    item: [],
  };

  it("keeps the configuration's spelling of an id and shows other changes", () => {
    const next = { id: "/sub/a", note: "changed", ids: ["/SUB/two", "/sub/one"] };
    expect(settleState(type, next, prior)).toEqual({
      ...prior,
      id: "/Sub/A",
      note: "changed",
      ids: ["/sub/two", "/Sub/One"],
    });
  });

  it("takes nothing for nothing", () => {
    const settled = settleState(type, { note: "", ids: [], enabled: false }, { ...config });
    expect(settled).toEqual({ ...config, enabled: false });
  });

  it("leaves no unknown", () => {
    const planned = {
      ...config,
      id: unknownValue,
      item: [{ name: "one", size: 1, key: unknownValue }],
    };
    expect(settleState(type, {}, planned)).toEqual({
      ...config,
      item: [{ name: "one", size: 1, key: null }],
    });
  });

  it("keeps what is never given back, by the element's name", () => {
    const planned = { ...config, item: [{ name: "one", size: 1, key: "secret" }] };
    const next = {
      item: [
        { name: "two", size: 2 },
        { name: "one", size: 9 },
      ],
    };
    expect(settleState(type, next, planned)).toMatchObject({
      item: [
        { name: "two", size: 2, key: null },
        { name: "one", size: 9, key: "secret" },
      ],
    });
  });
});

describe("ids", () => {
  const pattern =
    "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.App/jobs/{name}";
  it.each([
    [
      "/subscriptions/s/resourceGroups/g/providers/Microsoft.App/jobs/j",
      { subscription: "s", resource_group_name: "g", name: "j" },
    ],
    [
      "/SUBSCRIPTIONS/s/resourcegroups/g/PROVIDERS/microsoft.app/JOBS/j",
      { subscription: "s", resource_group_name: "g", name: "j" },
    ],
    ["/subscriptions/s/resourceGroups/g/providers/Microsoft.App/jobs/j/executions/e", undefined],
  ])("[PROV-42] parses %s", (id, parts) => {
    expect(parseId(pattern, id)).toEqual(parts);
  });

  it("[PROV-42] keeps a parent's id whole", () => {
    expect(parseId("{container_registry_id}/tasks/{name}", "/a/registries/r/tasks/t")).toEqual({
      container_registry_id: "/a/registries/r",
      name: "t",
    });
    expect(buildId("{parent_id}/x/{name}", { parent_id: "/p", name: "n" })).toBe("/p/x/n");
  });

  it("[PROV-50] describes itself as azurerm does", () => {
    expect(describeId("Job", "/subscriptions/s/resourceGroups/g/providers/A/jobs/j")).toBe(
      'Job (Subscription: "s"\nResource Group Name: "g"\nJob Name: "j")',
    );
  });
});

describe("[PROV-51] Retry-After", () => {
  it.each([
    [{ "retry-after": "2" }, 2000],
    [{ "retry-after": "0" }, 0],
    [{ "retry-after": "soon" }, undefined],
    [{}, undefined],
  ])("%j is %s ms", (headers, expected) => {
    expect(retryAfterMilliseconds(headers)).toBe(expected);
  });
});

describe("azapi's bodies", () => {
  it("[PROV-33] merge objects deeply and lists by name", () => {
    const base = {
      a: { b: 1, c: 2 },
      list: [{ name: "x", keep: 1 }, { name: "y" }],
      plain: [1, 2],
    };
    expect(mergeJson(base, { a: { c: 3 }, list: [{ name: "x", more: 2 }], plain: [3] })).toEqual({
      a: { b: 1, c: 3 },
      list: [{ name: "x", keep: 1, more: 2 }],
      plain: [3],
    });
  });

  it.each<[string, Value, unknown, boolean, unknown]>([
    ["only what the body names", { a: 1 }, { a: 2, b: 3 }, true, { a: 2 }],
    ["what is not given back", { a: 1, secret: "s" }, { a: 1 }, true, { a: 1, secret: "s" }],
    ["what was taken away", { a: 1, gone: "s" }, { a: 1 }, false, { a: 1 }],
    ["another spelling of an id", { id: "/Sub/a" }, { id: "/sub/A" }, true, { id: "/Sub/a" }],
    ["a longer list", { l: ["a"] }, { l: ["a", "b"] }, true, { l: ["a", "b"] }],
  ])("[PROV-33] project %s", (_what, body, response, ignoreMissing, expected) => {
    expect(projectBody(body, response, { ignoreMissing, ignoreCasing: false })).toEqual(expected);
  });
});
