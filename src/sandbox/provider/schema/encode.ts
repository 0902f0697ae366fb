import type { Message } from "../protocol/wire.js";
import type { AttributeSchema, BlockSchema, Nesting, ProviderSchema, Schema } from "./types.js";

const nestingNumbers: Readonly<Record<Nesting, number>> = {
  single: 1,
  list: 2,
  set: 3,
  map: 4,
  group: 5,
};

/** The answer to GetProviderSchema. */
export function describeProvider(schema: ProviderSchema): Message {
  return {
    provider: describeSchema(schema.provider),
    resource_schemas: describeAll(schema.resource_schemas),
    data_source_schemas: describeAll(schema.data_source_schemas),
    ephemeral_resource_schemas: describeAll(schema.ephemeral_resource_schemas ?? {}),
    server_capabilities: { get_provider_schema_optional: true },
  };
}

function describeAll(schemas: Readonly<Record<string, Schema>>): Message {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, describeSchema(schema)]),
  );
}

function describeSchema(schema: Schema): Message {
  return { version: schema.version, block: describeBlock(schema.block) };
}

function describeBlock(block: BlockSchema): Message {
  return {
    attributes: describeAttributes(block.attributes ?? {}),
    block_types: Object.entries(block.block_types ?? {}).map(([name, nested]) => ({
      type_name: name,
      block: describeBlock(nested.block),
      nesting: nestingNumbers[nested.nesting_mode],
      min_items: nested.min_items,
      max_items: nested.max_items,
    })),
    deprecated: block.deprecated,
  };
}

function describeAttributes(attributes: Readonly<Record<string, AttributeSchema>>): Message[] {
  return Object.entries(attributes).map(([name, attribute]) => ({
    name,
    type: attribute.type === undefined ? undefined : Buffer.from(JSON.stringify(attribute.type)),
    nested_type:
      attribute.nested_type === undefined
        ? undefined
        : {
            attributes: describeAttributes(attribute.nested_type.attributes),
            nesting: nestingNumbers[attribute.nested_type.nesting_mode],
          },
    required: attribute.required,
    optional: attribute.optional,
    computed: attribute.computed,
    sensitive: attribute.sensitive,
    deprecated: attribute.deprecated,
    write_only: attribute.write_only,
  }));
}
