import {
  containsUnknown,
  DynamicValue,
  isList,
  isObject,
  isUnknown,
  makeDynamic,
  type CtyType,
  type Value,
} from "../protocol/values.js";
import type { AttributeInput } from "./model.js";
import { isEmpty, isZero, matchElement } from "./plan.js";

/**
 * A state of exactly the schema's type: what the cloud said, in the spelling that the configuration
 * already has where both mean the same, and for what the cloud does not say what was there before.
 */
export function settleState(type: CtyType, next: AttributeInput, prior: Value): Value {
  if (next === undefined) return withoutUnknown(type, prior);
  const known = isUnknown(prior) ? null : prior;
  if (next === null) return known !== null && isZero(known) ? known : null;
  if (type === "dynamic") return makeDynamic(next as Value);
  if (next instanceof DynamicValue || isUnknown(next as Value)) return next as Value;
  if (typeof type === "string") return settleScalar(next as Value, known);
  if (isEmpty(next as Value) && isEmpty(known)) return known;
  if (type[0] === "object") {
    const input = next as Readonly<Record<string, AttributeInput>>;
    const before = isObject(known) ? known : {};
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, inner]) => [
        name,
        settleState(inner, input[name], before[name] ?? null),
      ]),
    );
  }
  if (type[0] === "map") {
    return Object.fromEntries(
      Object.entries(next as Readonly<Record<string, AttributeInput>>).map(([name, item]) => [
        name,
        settleState(type[1], item, isObject(known) ? (known[name] ?? null) : null),
      ]),
    );
  }
  return settleItems(type, next as readonly AttributeInput[], isList(known) ? known : []);
}

function settleItems(
  type: Extract<CtyType, readonly ["list" | "set" | "tuple", ...unknown[]]>,
  next: readonly AttributeInput[],
  prior: readonly Value[],
): Value {
  return next.map((item, index) => {
    const itemType = type[0] === "tuple" ? (type[1][index] ?? "dynamic") : type[1];
    if (isObject(item as Value)) {
      const before = matchElement(item as Record<string, Value>, prior, index);
      return settleState(itemType, item, before ?? null);
    }
    // Members of a set come back in any order.
    const same = prior.find((candidate) => sameText(candidate, item as Value));
    return settleState(itemType, item, same ?? null);
  });
}

function settleScalar(next: Value, prior: Value): Value {
  if (next === "" && prior === null) return null;
  return sameText(prior, next) ? prior : next;
}

/** ARM ids are compared without regard to case. */
function sameText(left: Value, right: Value): boolean {
  if (typeof left !== "string" || typeof right !== "string") return false;
  if (left === right) return true;
  return left.startsWith("/") && left.toLowerCase() === right.toLowerCase();
}

/** No unknown may be left after apply: what nobody gave a value has none. */
function withoutUnknown(type: CtyType, value: Value): Value {
  if (!containsUnknown(value)) return value;
  if (isUnknown(value)) return null;
  if (type === "dynamic" || typeof type === "string" || value instanceof DynamicValue) return null;
  if (isList(value)) {
    return value.map((item, index) =>
      withoutUnknown(
        type[0] === "tuple" ? (type[1][index] ?? "dynamic") : (type[1] as CtyType),
        item,
      ),
    );
  }
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      withoutUnknown(
        type[0] === "object" ? (type[1][name] ?? "dynamic") : (type[1] as CtyType),
        item,
      ),
    ]),
  );
}
