import { DiagnosticError } from "../engine/diagnostics.js";
import type { Reader } from "../engine/reader.js";
import {
  containsUnknown,
  DynamicValue,
  isList,
  isObject,
  isUnknown,
  makeDynamic,
  type Value,
  type ValueObject,
} from "../protocol/values.js";

/* The request bodies of azapi: values of the dynamic type, merged and compared as JSON. */

/** The value inside a dynamic attribute. */
export function unwrap(value: Value): Value {
  return value instanceof DynamicValue ? value.value : value;
}

/** Terraform values and JSON have the same shape once nothing is unknown. */
export function toJson(value: Value): unknown {
  if (value instanceof DynamicValue) return toJson(value.value);
  if (isUnknown(value)) throw new Error("an unknown value reached a request");
  if (isList(value)) return value.map(toJson);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item)]));
}

/** Objects merge; lists merge by name where the elements have one, else they are replaced. */
export function mergeJson(base: unknown, change: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(change)) return mergeLists(base, change);
  if (!isPlain(base) || !isPlain(change)) return change;
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(change)) merged[name] = mergeJson(merged[name], value);
  return merged;
}

function mergeLists(base: readonly unknown[], change: readonly unknown[]): unknown[] {
  const nameOf = (item: unknown): unknown => (isPlain(item) ? item["name"] : undefined);
  if (!change.every((item) => typeof nameOf(item) === "string")) return [...change];
  return change.map((item) => {
    const before = base.find((candidate) => nameOf(candidate) === nameOf(item));
    return before === undefined ? item : mergeJson(before, item);
  });
}

/**
 * The body as the cloud has it, with the fields that the body names and no others, so that drift of
 * what Terraform manages shows and the rest does not.
 */
export function projectBody(
  body: Value,
  response: unknown,
  options: { ignoreMissing: boolean; ignoreCasing: boolean },
): Value {
  if (isObject(body)) {
    if (!isPlain(response))
      return options.ignoreMissing && response === undefined ? body : asValue(response);
    const projected: Record<string, Value> = {};
    for (const [name, value] of Object.entries(body)) {
      if (name in response) projected[name] = projectBody(value, response[name], options);
      else if (options.ignoreMissing || value === null) projected[name] = value;
    }
    return projected;
  }
  if (isList(body) && Array.isArray(response)) {
    if (body.length !== response.length) return asValue(response);
    return body.map((item, index) =>
      projectBody(item, counterpart(item, response, index), options),
    );
  }
  if (typeof body === "string" && typeof response === "string") {
    const same =
      body.toLowerCase() === response.toLowerCase() &&
      (options.ignoreCasing || body.startsWith("/"));
    return same ? body : response;
  }
  return response === undefined && options.ignoreMissing ? body : asValue(response);
}

function counterpart(item: Value, response: readonly unknown[], index: number): unknown {
  const name = isObject(item) ? item["name"] : undefined;
  const named = response.find((candidate) => isPlain(candidate) && candidate["name"] === name);
  return name !== undefined && named !== undefined ? named : response[index];
}

/** `output`: the paths, or the named paths, that `response_export_values` asks for. */
export function exportValues(
  values: Reader,
  response: unknown,
  name = "response_export_values",
): Value {
  const wanted = unwrap(values.value(name));
  if (isList(wanted)) {
    if (wanted.includes("*")) return asValue(response);
    let output: unknown = {};
    for (const path of wanted) {
      if (typeof path !== "string") continue;
      const steps = parsePath(path);
      const value = follow(response, steps);
      if (value !== undefined) {
        output = mergeJson(
          output,
          steps.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value),
        );
      }
    }
    return asValue(output);
  }
  if (!isObject(wanted)) return {};
  return Object.fromEntries(
    Object.entries(wanted).map(([key, path]) => [
      key,
      asValue(follow(response, parsePath(String(path))) ?? null),
    ]),
  );
}

function parsePath(path: string): string[] {
  if (!/^[\w-]+(\.[\w-]+|\[\d+\])*$/.test(path)) {
    throw new DiagnosticError(
      `the sandbox knows only plain paths in response_export_values: ${path}`,
      {
        path: ["response_export_values"],
      },
    );
  }
  return path.split(/[.[\]]+/).filter((step) => step !== "");
}

function follow(value: unknown, steps: readonly string[]): unknown {
  return steps.reduce<unknown>(
    (inner, step) =>
      Array.isArray(inner) ? inner[Number(step)] : isPlain(inner) ? inner[step] : undefined,
    value,
  );
}

export function asValue(json: unknown): Value {
  return json === undefined ? null : (json as Value);
}

/** The same value with the same type where nothing differs, so that no plan shows a change of type. */
export function redynamic(before: Value, next: Value): Value {
  if (containsUnknown(before)) return makeDynamic(next);
  const same = JSON.stringify(toJson(before)) === JSON.stringify(toJson(next));
  return same ? before : makeDynamic(next);
}

function isPlain(value: unknown): value is Record<string, unknown> & ValueObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
