import { decode, encode, ExtensionCodec } from "@msgpack/msgpack";

/** A type as the schema spells it: `"string"`, `["set","string"]`, `["object",{…}]`. */
export type CtyType =
  | "string"
  | "number"
  | "bool"
  | "dynamic"
  | readonly ["list", CtyType]
  | readonly ["set", CtyType]
  | readonly ["map", CtyType]
  | readonly ["tuple", readonly CtyType[]]
  | readonly ["object", Readonly<Record<string, CtyType>>];

class UnknownValue {
  readonly kind = "unknown";
}
/** A value that is known only after apply. */
export const unknownValue = new UnknownValue();
export type Unknown = UnknownValue;

/** A value that carries its own type, for attributes of the dynamic pseudo-type. */
export class DynamicValue {
  constructor(
    readonly type: CtyType,
    readonly value: Value,
  ) {}
}

export type Value =
  null | string | number | boolean | Unknown | DynamicValue | readonly Value[] | ValueObject;
export interface ValueObject {
  readonly [name: string]: Value;
}

export function isUnknown(value: Value | undefined): value is Unknown {
  return value instanceof UnknownValue;
}

export function isObject(value: Value | undefined): value is ValueObject {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof UnknownValue) &&
    !(value instanceof DynamicValue)
  );
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** Whether an unknown hides anywhere inside. */
export function containsUnknown(value: Value): boolean {
  if (isUnknown(value)) return true;
  if (value instanceof DynamicValue) return containsUnknown(value.value);
  if (isList(value)) return value.some(containsUnknown);
  return isObject(value) && Object.values(value).some(containsUnknown);
}

// Extension 0 is an unknown value; 12 is an unknown value with refinements, which are only hints.
const extensions = new ExtensionCodec();
extensions.register({
  type: 0,
  encode: (value) => (value instanceof UnknownValue ? new Uint8Array([0]) : null),
  decode: () => unknownValue,
});
extensions.register({ type: 12, encode: () => null, decode: () => unknownValue });
const options = { extensionCodec: extensions };

export function decodeValue(type: CtyType, bytes: Uint8Array): Value {
  return fromWire(type, decode(bytes, options));
}

export function encodeValue(type: CtyType, value: Value): Uint8Array {
  return encode(toWire(type, value), options);
}

function fromWire(type: CtyType, raw: unknown): Value {
  if (raw === null || raw === undefined) return null;
  if (raw instanceof UnknownValue) return raw;
  if (type === "dynamic") {
    const [typeBytes, inner] = raw as [Uint8Array, unknown];
    const innerType = JSON.parse(Buffer.from(typeBytes).toString("utf8")) as CtyType;
    return new DynamicValue(innerType, fromWire(innerType, inner));
  }
  // Numbers that no float64 holds exactly travel as decimal text.
  if (type === "number") return Number(raw);
  return mapValue(type, raw, fromWire);
}

function toWire(type: CtyType, value: Value): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof UnknownValue) return value;
  if (type === "dynamic") {
    const dynamic = value instanceof DynamicValue ? value : makeDynamic(value);
    if (dynamic.type === "dynamic") return null;
    return [Buffer.from(JSON.stringify(dynamic.type)), toWire(dynamic.type, dynamic.value)];
  }
  // As text, 0.1 is the same number that Terraform read in the configuration; as a float it is not.
  if (type === "number") return Number.isSafeInteger(value) ? value : String(value);
  return mapValue(type, value, toWire as (type: CtyType, value: unknown) => unknown);
}

/** A value from a JSON state file. */
export function valueFromJson(type: CtyType, raw: unknown): Value {
  if (raw === null || raw === undefined) return null;
  if (type === "dynamic") {
    const wrapped = raw as { type: CtyType; value: unknown };
    return new DynamicValue(wrapped.type, valueFromJson(wrapped.type, wrapped.value));
  }
  if (type === "number") return Number(raw);
  return mapValue(type, raw, valueFromJson);
}

function mapValue<R>(
  type: Exclude<CtyType, "dynamic" | "number">,
  raw: unknown,
  each: (type: CtyType, value: unknown) => R,
): R {
  if (typeof type === "string") return raw as R;
  if (type[0] === "list" || type[0] === "set") {
    return (raw as unknown[]).map((item) => each(type[1], item)) as R;
  }
  if (type[0] === "tuple") {
    return type[1].map((itemType, index) => each(itemType, (raw as unknown[])[index])) as R;
  }
  const object = raw as Record<string, unknown>;
  const names = type[0] === "map" ? Object.keys(object) : Object.keys(type[1]);
  return Object.fromEntries(
    names.map((name) => [
      name,
      each(type[0] === "map" ? type[1] : (type[1][name] ?? "dynamic"), object[name]),
    ]),
  ) as R;
}

/** The value with the type that Terraform would give a literal of the same shape. */
export function makeDynamic(value: Value): DynamicValue {
  return value instanceof DynamicValue ? value : new DynamicValue(inferType(value), value);
}

function inferType(value: Value): CtyType {
  if (typeof value === "string") return "string";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "bool";
  if (isList(value)) return ["tuple", value.map(inferType)];
  if (isObject(value)) {
    return [
      "object",
      Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inferType(item)])),
    ];
  }
  return "dynamic";
}

/** Equality by type: the order of a set does not count. */
export function equalValues(type: CtyType, left: Value, right: Value): boolean {
  return canonicalText(type, left) === canonicalText(type, right);
}

function canonicalText(type: CtyType, value: Value): string {
  if (value === null || value === undefined) return "null";
  if (isUnknown(value)) return "?";
  if (value instanceof DynamicValue) return canonicalText(value.type, value.value);
  if (type === "dynamic") return canonicalText(inferType(value), value);
  if (typeof type === "string") return JSON.stringify(value);
  if (isList(value)) {
    const items = value.map((item, index) =>
      canonicalText(
        type[0] === "tuple" ? (type[1][index] ?? "dynamic") : (type[1] as CtyType),
        item,
      ),
    );
    return `[${(type[0] === "set" ? items.sort() : items).join(",")}]`;
  }
  const object = value as ValueObject;
  return `{${Object.keys(object)
    .sort()
    .map((name) => {
      const itemType = type[0] === "object" ? (type[1][name] ?? "dynamic") : (type[1] as CtyType);
      return `${JSON.stringify(name)}:${canonicalText(itemType, object[name] ?? null)}`;
    })
    .join(",")}}`;
}
