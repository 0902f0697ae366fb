import { declareMessage, type Field, type MessageType } from "./wire.js";

/*
 * The messages of plugin protocol 6 that are used here. Field numbers:
 * https://github.com/hashicorp/terraform/tree/main/docs/plugin-protocol
 */

const dynamicValue = declareMessage({ msgpack: [1, "bytes"], json: [2, "bytes"] });
const pathStep = declareMessage({
  attribute_name: [1, "string"],
  element_key_string: [2, "string"],
  element_key_int: [3, "int64"],
});
const attributePath = declareMessage({ steps: [1, pathStep, "repeated"] });
const diagnostic = declareMessage({
  severity: [1, "int64"],
  summary: [2, "string"],
  detail: [3, "string"],
  attribute: [4, attributePath],
});

const attributeFields = new Map<string, Field>();
const attribute: MessageType = attributeFields;
const nestedObject = declareMessage({
  attributes: [1, attribute, "repeated"],
  nesting: [3, "int64"],
});
for (const [name, field] of declareMessage({
  name: [1, "string"],
  type: [2, "bytes"],
  required: [4, "bool"],
  optional: [5, "bool"],
  computed: [6, "bool"],
  sensitive: [7, "bool"],
  deprecated: [9, "bool"],
  nested_type: [10, nestedObject],
  write_only: [11, "bool"],
})) {
  attributeFields.set(name, field);
}

const blockFields = new Map<string, Field>();
const block: MessageType = blockFields;
const nestedBlock = declareMessage({
  type_name: [1, "string"],
  block: [2, block],
  nesting: [3, "int64"],
  min_items: [4, "int64"],
  max_items: [5, "int64"],
});
for (const [name, field] of declareMessage({
  version: [1, "int64"],
  attributes: [2, attribute, "repeated"],
  block_types: [3, nestedBlock, "repeated"],
  deprecated: [6, "bool"],
})) {
  blockFields.set(name, field);
}

const schema = declareMessage({ version: [1, "int64"], block: [2, block] });
const capabilities = declareMessage({
  plan_destroy: [1, "bool"],
  get_provider_schema_optional: [2, "bool"],
  move_resource_state: [3, "bool"],
});
const rawState = declareMessage({ json: [1, "bytes"] });
const imported = declareMessage({
  type_name: [1, "string"],
  state: [2, dynamicValue],
  private: [3, "bytes"],
});

const empty = declareMessage({});
const configOfType = declareMessage({ type_name: [1, "string"], config: [2, dynamicValue] });
const diagnosticsFirst = declareMessage({ diagnostics: [1, diagnostic, "repeated"] });

export interface Method {
  readonly request: MessageType;
  readonly response: MessageType;
}

export const providerMethods = {
  GetProviderSchema: {
    request: empty,
    response: declareMessage({
      provider: [1, schema],
      resource_schemas: [2, schema, "map"],
      data_source_schemas: [3, schema, "map"],
      diagnostics: [4, diagnostic, "repeated"],
      server_capabilities: [6, capabilities],
      ephemeral_resource_schemas: [8, schema, "map"],
    }),
  },
  ValidateProviderConfig: {
    request: declareMessage({ config: [1, dynamicValue] }),
    response: declareMessage({ diagnostics: [2, diagnostic, "repeated"] }),
  },
  ValidateResourceConfig: { request: configOfType, response: diagnosticsFirst },
  ValidateDataResourceConfig: { request: configOfType, response: diagnosticsFirst },
  ValidateEphemeralResourceConfig: { request: configOfType, response: diagnosticsFirst },
  ConfigureProvider: {
    request: declareMessage({ terraform_version: [1, "string"], config: [2, dynamicValue] }),
    response: diagnosticsFirst,
  },
  UpgradeResourceState: {
    request: declareMessage({
      type_name: [1, "string"],
      version: [2, "int64"],
      raw_state: [3, rawState],
    }),
    response: declareMessage({
      upgraded_state: [1, dynamicValue],
      diagnostics: [2, diagnostic, "repeated"],
    }),
  },
  ReadResource: {
    request: declareMessage({
      type_name: [1, "string"],
      current_state: [2, dynamicValue],
      private: [3, "bytes"],
    }),
    response: declareMessage({
      new_state: [1, dynamicValue],
      diagnostics: [2, diagnostic, "repeated"],
      private: [3, "bytes"],
    }),
  },
  PlanResourceChange: {
    request: declareMessage({
      type_name: [1, "string"],
      prior_state: [2, dynamicValue],
      proposed_new_state: [3, dynamicValue],
      config: [4, dynamicValue],
      prior_private: [5, "bytes"],
    }),
    response: declareMessage({
      planned_state: [1, dynamicValue],
      requires_replace: [2, attributePath, "repeated"],
      planned_private: [3, "bytes"],
      diagnostics: [4, diagnostic, "repeated"],
      legacy_type_system: [5, "bool"],
    }),
  },
  ApplyResourceChange: {
    request: declareMessage({
      type_name: [1, "string"],
      prior_state: [2, dynamicValue],
      planned_state: [3, dynamicValue],
      config: [4, dynamicValue],
      planned_private: [5, "bytes"],
    }),
    response: declareMessage({
      new_state: [1, dynamicValue],
      private: [2, "bytes"],
      diagnostics: [3, diagnostic, "repeated"],
      legacy_type_system: [4, "bool"],
    }),
  },
  ImportResourceState: {
    request: declareMessage({ type_name: [1, "string"], id: [2, "string"] }),
    response: declareMessage({
      imported_resources: [1, imported, "repeated"],
      diagnostics: [2, diagnostic, "repeated"],
    }),
  },
  ReadDataSource: {
    request: configOfType,
    response: declareMessage({
      state: [1, dynamicValue],
      diagnostics: [2, diagnostic, "repeated"],
    }),
  },
  StopProvider: { request: empty, response: declareMessage({ Error: [1, "string"] }) },
} as const satisfies Record<string, Method>;

export type ProviderMethod = keyof typeof providerMethods;

/** What Terraform's plugin library calls to end the program; without it every process is waited for. */
export const controllerMethods = {
  Shutdown: { request: empty, response: empty },
} as const satisfies Record<string, Method>;
