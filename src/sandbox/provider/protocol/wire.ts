/*
 * Protocol Buffers, as much as the plugin protocol needs: messages described by tables, requests
 * decoded and responses encoded. A reflection library would double the time the program takes to
 * start, and Terraform starts it several times in one command.
 * https://protobuf.dev/programming-guides/encoding/
 */

export type Scalar = "string" | "bytes" | "bool" | "int64";
export type FieldType = Scalar | MessageType;

export interface Field {
  readonly number: number;
  readonly type: FieldType;
  readonly repeated: boolean;
  /** `map<string, type>`. */
  readonly map: boolean;
}

export type MessageType = ReadonlyMap<string, Field>;
export type Message = Record<string, unknown>;

type FieldInit = readonly [number, FieldType] | readonly [number, FieldType, "repeated" | "map"];

export function declareMessage(fields: Record<string, FieldInit>): MessageType {
  return new Map(
    Object.entries(fields).map(([name, [number, type, kind]]) => [
      name,
      { number, type, repeated: kind === "repeated", map: kind === "map" },
    ]),
  );
}

const lengthDelimited = 2;

export function encodeMessage(type: MessageType, message: Message): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, field] of type) {
    const value = message[name];
    if (value === undefined || value === null) continue;
    if (field.map) {
      for (const [key, item] of Object.entries(value as Message)) {
        const entry = [...encodeField(1, "string", key), ...encodeField(2, field.type, item)];
        pushDelimited(parts, field.number, Buffer.concat(entry));
      }
    } else if (field.repeated) {
      for (const item of value as unknown[])
        parts.push(...encodeField(field.number, field.type, item));
    } else if (value !== false && value !== "") {
      parts.push(...encodeField(field.number, field.type, value));
    }
  }
  return Buffer.concat(parts);
}

function encodeField(number: number, type: FieldType, value: unknown): Uint8Array[] {
  const parts: Uint8Array[] = [];
  if (type === "bool" || type === "int64") {
    parts.push(encodeVarint(number << 3), encodeVarint(Number(value)));
  } else if (type === "string") {
    pushDelimited(parts, number, Buffer.from(value as string, "utf8"));
  } else if (type === "bytes") {
    pushDelimited(parts, number, value as Uint8Array);
  } else {
    pushDelimited(parts, number, encodeMessage(type, value as Message));
  }
  return parts;
}

function pushDelimited(parts: Uint8Array[], number: number, bytes: Uint8Array): void {
  parts.push(encodeVarint((number << 3) | lengthDelimited), encodeVarint(bytes.length), bytes);
}

function encodeVarint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

/** Absent fields: `""`, `false`, `0`, empty bytes and `[]`; absent messages stay undefined. */
export function decodeMessage(type: MessageType, bytes: Uint8Array): Message {
  const fieldsByNumber = new Map([...type].map(([name, field]) => [field.number, { name, field }]));
  const message: Message = {};
  for (const [name, field] of type) {
    const empty = emptyValue(field);
    if (empty !== undefined) message[name] = empty;
  }
  const cursor = { bytes, offset: 0 };
  while (cursor.offset < bytes.length) {
    const tag = Number(readVarint(cursor));
    const value = readValue(cursor, tag & 7);
    const known = fieldsByNumber.get(tag >>> 3);
    if (known === undefined) continue;
    const decoded = decodeValue(known.field.type, value);
    if (known.field.repeated) (message[known.name] as unknown[]).push(decoded);
    else message[known.name] = decoded;
  }
  return message;
}

function emptyValue(field: Field): unknown {
  if (field.repeated) return [];
  if (field.type === "string") return "";
  if (field.type === "bytes") return new Uint8Array();
  if (field.type === "bool") return false;
  return field.type === "int64" ? 0 : undefined;
}

interface Cursor {
  readonly bytes: Uint8Array;
  offset: number;
}

function readVarint(cursor: Cursor): bigint {
  let value = 0n;
  for (let shift = 0n; ; shift += 7n) {
    const byte = cursor.bytes[cursor.offset];
    if (byte === undefined) throw new Error("The message ends in the middle of a number.");
    cursor.offset += 1;
    value |= BigInt(byte & 0x7f) << shift;
    if ((byte & 0x80) === 0) return value;
  }
}

function readValue(cursor: Cursor, wireType: number): bigint | Uint8Array {
  if (wireType === 0) return readVarint(cursor);
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : Number(readVarint(cursor));
  const end = cursor.offset + length;
  if (end > cursor.bytes.length) throw new Error("The message is shorter than it says.");
  const slice = cursor.bytes.subarray(cursor.offset, end);
  cursor.offset = end;
  return slice;
}

function decodeValue(type: FieldType, value: bigint | Uint8Array): unknown {
  if (typeof value === "bigint") {
    return type === "bool" ? value !== 0n : Number(BigInt.asIntN(64, value));
  }
  if (type === "string") return Buffer.from(value).toString("utf8");
  if (type === "bytes" || typeof type === "string") return value;
  return decodeMessage(type, value);
}
