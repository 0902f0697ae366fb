import type { CtyType } from "../protocol/values.js";

/* The shape of `terraform providers schema -json`. */

export type Nesting = "single" | "list" | "set" | "map" | "group";

export interface AttributeSchema {
  readonly type?: CtyType;
  readonly nested_type?: {
    readonly attributes: Readonly<Record<string, AttributeSchema>>;
    readonly nesting_mode: Nesting;
  };
  readonly required?: boolean;
  readonly optional?: boolean;
  readonly computed?: boolean;
  readonly sensitive?: boolean;
  readonly write_only?: boolean;
  readonly deprecated?: boolean;
}

export interface NestedBlockSchema {
  readonly nesting_mode: Nesting;
  readonly block: BlockSchema;
  readonly min_items?: number;
  readonly max_items?: number;
}

export interface BlockSchema {
  readonly attributes?: Readonly<Record<string, AttributeSchema>>;
  readonly block_types?: Readonly<Record<string, NestedBlockSchema>>;
  readonly deprecated?: boolean;
}

export interface Schema {
  readonly version: number;
  readonly block: BlockSchema;
}

export interface ProviderSchema {
  readonly provider: Schema;
  readonly resource_schemas: Readonly<Record<string, Schema>>;
  readonly data_source_schemas: Readonly<Record<string, Schema>>;
  readonly ephemeral_resource_schemas?: Readonly<Record<string, Schema>>;
}

/** The type of the values that a block takes. */
export function typeOfBlock(block: BlockSchema): CtyType {
  const attributes: Record<string, CtyType> = {};
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    attributes[name] = typeOfAttribute(attribute);
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    attributes[name] = nest(nested.nesting_mode, typeOfBlock(nested.block));
  }
  return ["object", attributes];
}

export function typeOfAttribute(attribute: AttributeSchema): CtyType {
  if (attribute.nested_type === undefined) return attribute.type ?? "dynamic";
  const { attributes, nesting_mode } = attribute.nested_type;
  return nest(nesting_mode, typeOfBlock({ attributes }));
}

function nest(mode: Nesting, type: CtyType): CtyType {
  if (mode === "single" || mode === "group") return type;
  return [mode, type] as CtyType;
}
