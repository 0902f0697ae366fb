import type { Compiled, Scope } from "./kql-scope.js";
import { semanticError, unsupported } from "./kql-errors.js";
import { parseDatetime, showValue, type ScalarType, type Value } from "./kql-values.js";

interface ScalarFunction {
  readonly arity: readonly [least: number, most: number];
  readonly type: (args: readonly Compiled[]) => ScalarType;
  readonly call: (values: readonly Value[], args: readonly Compiled[], scope: Scope) => Value;
}

const fixed = (type: ScalarType) => () => type;
const text = (value: Value | undefined) =>
  value === null || value === undefined ? "" : String(value);

/** https://learn.microsoft.com/kusto/query/scalar-functions */
const functions: Readonly<Record<string, ScalarFunction>> = {
  now: {
    arity: [0, 1],
    type: fixed("datetime"),
    call: ([offset], _args, scope) => scope.now + Number(offset ?? 0),
  },
  ago: {
    arity: [1, 1],
    type: fixed("datetime"),
    call: ([span], _args, scope) => scope.now - Number(span),
  },
  todatetime: {
    arity: [1, 1],
    type: fixed("datetime"),
    call: ([value]) => (typeof value === "number" ? value : (parseDatetime(text(value)) ?? null)),
  },
  tostring: {
    arity: [1, 1],
    type: fixed("string"),
    call: ([value], args) => text(showValue(value ?? null, args[0]?.type ?? "string")),
  },
  tolong: { arity: [1, 1], type: fixed("long"), call: ([value]) => toNumber(value, true) },
  toint: { arity: [1, 1], type: fixed("long"), call: ([value]) => toNumber(value, true) },
  toreal: { arity: [1, 1], type: fixed("real"), call: ([value]) => toNumber(value, false) },
  todouble: { arity: [1, 1], type: fixed("real"), call: ([value]) => toNumber(value, false) },
  tolower: { arity: [1, 1], type: fixed("string"), call: ([value]) => text(value).toLowerCase() },
  toupper: { arity: [1, 1], type: fixed("string"), call: ([value]) => text(value).toUpperCase() },
  strlen: { arity: [1, 1], type: fixed("long"), call: ([value]) => text(value).length },
  strcat: {
    arity: [1, 64],
    type: fixed("string"),
    call: (values, args) =>
      values.map((value, at) => text(showValue(value, args[at]?.type ?? "string"))).join(""),
  },
  substring: {
    arity: [2, 3],
    type: fixed("string"),
    call: ([value, start, length]) => {
      const from = Number(start);
      const to = length === undefined ? undefined : from + Number(length);
      return text(value).slice(from, to);
    },
  },
  isempty: { arity: [1, 1], type: fixed("bool"), call: ([value]) => text(value) === "" },
  isnotempty: { arity: [1, 1], type: fixed("bool"), call: ([value]) => text(value) !== "" },
  isnull: { arity: [1, 1], type: fixed("bool"), call: ([value]) => value === null },
  isnotnull: { arity: [1, 1], type: fixed("bool"), call: ([value]) => value !== null },
  not: { arity: [1, 1], type: fixed("bool"), call: ([value]) => value !== true },
  iff: {
    arity: [3, 3],
    type: (args) => args[1]?.type ?? "string",
    call: ([test, yes, no]) => (test === true ? (yes ?? null) : (no ?? null)),
  },
  bin: {
    arity: [2, 2],
    type: (args) => args[0]?.type ?? "long",
    call: ([value, size]) => {
      if (typeof value !== "number" || typeof size !== "number" || size <= 0) return null;
      return Math.floor(value / size) * size;
    },
  },
  coalesce: {
    arity: [2, 64],
    type: (args) => args[0]?.type ?? "string",
    call: (values) => values.find((value) => value !== null && value !== "") ?? null,
  },
};

const aliases: Readonly<Record<string, string>> = {
  iif: "iff",
  floor: "bin",
  notempty: "isnotempty",
};

export function compileCall(name: string, args: readonly Compiled[], scope: Scope): Compiled {
  if (isAggregate(name)) {
    throw semanticError(
      "SEM0020",
      `'${scope.operator}' operator: Function '${name}' cannot be invoked in current context. Details: the context doesn't allow to invoke aggregation functions`,
    );
  }
  const found = Object.hasOwn(functions, aliases[name] ?? name)
    ? functions[aliases[name] ?? name]
    : undefined;
  if (found === undefined) throw unsupported(`the function '${name}'`);
  const [least, most] = found.arity;
  if (args.length < least || args.length > most) {
    throw semanticError(
      "SEM0219",
      `'${scope.operator}' operator: ${name}(): function expects ${least === most ? least : `${least} to ${most}`} argument(s).`,
    );
  }
  return {
    type: found.type(args),
    evaluate: (row) =>
      found.call(
        args.map((argument) => argument.evaluate(row)),
        args,
        scope,
      ),
  };
}

export function isAggregate(name: string): boolean {
  return [
    "count",
    "countif",
    "dcount",
    "min",
    "max",
    "sum",
    "avg",
    "arg_max",
    "arg_min",
    "make_list",
    "make_set",
    "any",
    "take_any",
  ].includes(name);
}

function toNumber(value: Value | undefined, whole: boolean): number | null {
  if (value === null || value === undefined || value === "") return null;
  const number = Number(value);
  if (!Number.isFinite(number)) return null;
  return whole ? Math.trunc(number) : number;
}
