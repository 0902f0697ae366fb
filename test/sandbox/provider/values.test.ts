import { decode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import {
  declareMessage,
  decodeMessage,
  encodeMessage,
} from "../../../src/sandbox/provider/protocol/wire.js";
import {
  decodeValue,
  DynamicValue,
  encodeValue,
  equalValues,
  isUnknown,
  makeDynamic,
  unknownValue,
  valueFromJson,
  type CtyType,
  type Value,
} from "../../../src/sandbox/provider/protocol/values.js";

describe("[PROV-5] Protocol Buffers", () => {
  const inner = declareMessage({ text: [1, "string"], number: [2, "int64"] });
  const outer = declareMessage({
    flag: [1, "bool"],
    data: [2, "bytes"],
    inner: [3, inner],
    list: [4, inner, "repeated"],
    named: [5, inner, "map"],
    big: [200, "int64"],
  });

  it("reads what it writes", () => {
    const message = {
      flag: true,
      data: Buffer.from([0, 255]),
      inner: { text: "ä", number: -1 },
      list: [
        { text: "a", number: 0 },
        { text: "b", number: 300 },
      ],
      big: 2 ** 40,
    };
    const read = decodeMessage(outer, encodeMessage(outer, message));
    expect({ ...read, data: Buffer.from(read["data"] as Uint8Array) }).toEqual(message);
  });

  it("gives absent fields their zero value and skips unknown ones", () => {
    const wider = declareMessage({ text: [1, "string"], extra: [9, "string"] });
    const bytes = encodeMessage(wider, { extra: "x" });
    expect(decodeMessage(inner, bytes)).toEqual({ text: "", number: 0 });
  });

  it("writes a map as entries of key and value", () => {
    const bytes = encodeMessage(outer, { named: { key: { text: "v" } } });
    expect(bytes.toString("hex")).toBe("2a0a0a036b657912030a0176");
  });

  it("refuses a message that is cut short", () => {
    const bytes = encodeMessage(inner, { text: "hello" });
    expect(() => decodeMessage(inner, bytes.subarray(0, 4))).toThrow("shorter");
  });
});

describe("[PROV-6] Terraform's values", () => {
  const object: CtyType = [
    "object",
    { cpu: "number", tags: ["map", "string"], ids: ["set", "string"], body: "dynamic" },
  ];

  it.each<[string, CtyType, Value]>([
    ["text", "string", "a"],
    ["a fraction that no float holds", "number", 0.1],
    ["a whole number", "number", 3],
    ["null", ["list", "string"], null],
    ["unknown", "string", unknownValue],
    ["a list with an unknown", ["list", "string"], ["a", unknownValue]],
    ["an object", object, { cpu: 0.25, tags: { a: "b" }, ids: ["x"], body: null }],
    ["a dynamic value", "dynamic", makeDynamic({ list: ["a", 1, { b: true }], none: null })],
  ])("come back the same: %s", (_what, type, value) => {
    expect(decodeValue(type, encodeValue(type, value))).toEqual(value);
  });

  it("write an unknown as extension 0 and a fraction as text", () => {
    expect(Buffer.from(encodeValue("string", unknownValue)).toString("hex")).toBe("d40000");
    expect(decode(encodeValue("number", 0.1))).toBe("0.1");
  });

  it("read a refined unknown as unknown", () => {
    expect(isUnknown(decodeValue("string", Buffer.from("c7030c8101c2", "hex")))).toBe(true);
  });

  it("fill in attributes that a value lacks", () => {
    expect(decode(encodeValue(["object", { a: "string", b: "bool" }], { a: "x" }))).toEqual({
      a: "x",
      b: null,
    });
  });

  it("come out of a state file", () => {
    const raw = { cpu: 0.5, ids: ["a"], gone: 1, body: { type: "string", value: "x" } };
    expect(valueFromJson(object, raw)).toEqual({
      cpu: 0.5,
      tags: null,
      ids: ["a"],
      body: new DynamicValue("string", "x"),
    });
  });

  it("are equal whatever the order of a set, and only then", () => {
    expect(equalValues(["set", "string"], ["a", "b"], ["b", "a"])).toBe(true);
    expect(equalValues(["list", "string"], ["a", "b"], ["b", "a"])).toBe(false);
    expect(equalValues("string", null, unknownValue)).toBe(false);
  });
});
