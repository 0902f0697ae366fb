import type { Message } from "../protocol/wire.js";
import {
  decodeValue,
  encodeValue,
  isObject,
  type CtyType,
  type Value,
  type ValueObject,
} from "../protocol/values.js";
import { typeOfBlock, type Schema } from "../schema/types.js";

export interface TypedSchema {
  readonly schema: Schema;
  readonly type: CtyType;
}

/** The type of each schema, worked out once. */
export class SchemaTypes {
  private readonly types = new Map<Schema, CtyType>();

  of(schema: Schema | undefined): TypedSchema {
    if (schema === undefined) throw new Error("Terraform asked for a type that has no schema.");
    let type = this.types.get(schema);
    if (type === undefined) {
      type = typeOfBlock(schema.block);
      this.types.set(schema, type);
    }
    return { schema, type };
  }
}

export function decodeDynamic(type: CtyType, message: unknown): Value {
  const { msgpack } = message as { msgpack: Uint8Array };
  return msgpack.length === 0 ? null : decodeValue(type, msgpack);
}

export function encodeDynamic(type: CtyType, value: Value): Message {
  return { msgpack: encodeValue(type, value) };
}

/** Write-only attributes are in the configuration alone: the plan has null for them. */
export function withWriteOnly(schema: Schema, planned: ValueObject, config: Value): ValueObject {
  const values: Record<string, Value> = { ...planned };
  for (const [name, attribute] of Object.entries(schema.block.attributes ?? {})) {
    if (attribute.write_only === true && isObject(config)) values[name] = config[name] ?? null;
  }
  return values;
}
