import {
  equalValues,
  isList,
  isObject,
  isUnknown,
  unknownValue,
  type Value,
  type ValueObject,
} from "../protocol/values.js";
import {
  typeOfAttribute,
  typeOfBlock,
  type AttributeSchema,
  type BlockSchema,
} from "../schema/types.js";
import type { Defaults, ResourceModel } from "./model.js";

/**
 * The planned values of a resource: what the configuration sets, else the default, else for
 * attributes that Azure computes the prior value, or unknown where there is none.
 */
export function planValues(
  block: BlockSchema,
  model: Pick<ResourceModel, "defaults" | "normalize">,
  input: { config: ValueObject; proposed: ValueObject; prior: ValueObject | undefined },
): ValueObject {
  const planned: Record<string, Value> = {
    ...planBlock(block, input.config, input.proposed, input.prior, model.defaults ?? {}),
  };
  for (const [name, normalize] of Object.entries(model.normalize ?? {})) {
    const value = planned[name];
    if (typeof value === "string") planned[name] = normalize(value);
  }
  return planned;
}

function planBlock(
  block: BlockSchema,
  config: ValueObject,
  proposed: ValueObject,
  prior: ValueObject | undefined,
  defaults: Defaults,
): ValueObject {
  const planned: Record<string, Value> = {};
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    planned[name] = planAttribute(
      attribute,
      config[name] ?? null,
      proposed[name] ?? null,
      prior === undefined ? undefined : (prior[name] ?? null),
      defaults[name],
    );
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    const nestedDefaults = asDefaults(defaults[name]);
    planned[name] = planElements(
      nested.block,
      config[name] ?? null,
      proposed[name] ?? null,
      prior?.[name] ?? null,
      nestedDefaults,
    );
  }
  return planned;
}

function planAttribute(
  attribute: AttributeSchema,
  config: Value,
  proposed: Value,
  prior: Value | undefined,
  fallback: Defaults[string] | undefined,
): Value {
  // The value is not kept anywhere: only the request for it carries it.
  if (attribute.write_only === true) return null;
  if (config !== null) {
    if (attribute.nested_type === undefined || isUnknown(config)) return proposed;
    const nested = { attributes: attribute.nested_type.attributes };
    return planElements(nested, config, proposed, prior ?? null, asDefaults(fallback));
  }
  if (fallback !== undefined && typeof fallback !== "object") return fallback;
  if (attribute.computed === true) return prior === undefined ? unknownValue : proposed;
  // An unset attribute is no change where the cloud says "off", "none" or "empty".
  return prior !== undefined && isZero(prior) ? prior : proposed;
}

function planElements(
  block: BlockSchema,
  config: Value,
  proposed: Value,
  prior: Value,
  defaults: Defaults,
): Value {
  if (isObject(proposed)) {
    const configured = isObject(config) ? config : {};
    return planBlock(block, configured, proposed, isObject(prior) ? prior : undefined, defaults);
  }
  if (!isList(proposed)) return proposed;
  const configured = isList(config) ? config : [];
  const before = isList(prior) ? prior : [];
  return proposed.map((element, index) => {
    if (!isObject(element)) return element;
    const own = configured[index];
    const matching = matchElement(element, before, index);
    return planBlock(block, isObject(own) ? own : element, element, matching, defaults);
  });
}

/** The prior element that became this one: the one of the same name, else the one in its place. */
export function matchElement(
  element: ValueObject,
  prior: readonly Value[],
  index: number,
): ValueObject | undefined {
  const name = element["name"];
  const named =
    typeof name === "string"
      ? prior.find((candidate) => isObject(candidate) && candidate["name"] === name)
      : undefined;
  const found = named ?? (typeof name === "string" ? undefined : prior[index]);
  return isObject(found) ? found : undefined;
}

/** The attributes that are changed and may not be, in place. */
export function findReplacements(
  block: BlockSchema,
  forceNew: readonly string[],
  planned: ValueObject,
  prior: ValueObject,
): string[] {
  return forceNew.filter((name) => {
    const attribute = block.attributes?.[name];
    const nested = block.block_types?.[name];
    if (attribute === undefined && nested === undefined) {
      throw new Error(`${name} forces a new resource but is not in the schema`);
    }
    const type =
      attribute !== undefined
        ? typeOfAttribute(attribute)
        : (["list", typeOfBlock((nested as NonNullable<typeof nested>).block)] as const);
    return !equalValues(type, planned[name] ?? null, prior[name] ?? null);
  });
}

export function isZero(value: Value): boolean {
  return value === false || value === 0 || isEmpty(value);
}

export function isEmpty(value: Value): boolean {
  if (value === null || value === "") return true;
  if (isList(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}

function asDefaults(value: Defaults[string] | undefined): Defaults {
  return typeof value === "object" ? value : {};
}
