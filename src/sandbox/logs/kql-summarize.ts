import type { Expression, NamedExpression } from "./kql-ast.js";
import { compileExpression } from "./kql-compiler.js";
import { semanticError, unsupported } from "./kql-errors.js";
import type { Compiled, Scope } from "./kql-scope.js";
import { isAggregate } from "./kql-functions.js";
import { compareValues, type Row, type ScalarType, type Table, type Value } from "./kql-values.js";

interface Aggregate {
  readonly name: string;
  readonly type: ScalarType;
  readonly reduce: (rows: readonly Row[]) => Value;
}

/** https://learn.microsoft.com/kusto/query/summarize-operator */
export function summarize(
  aggregates: readonly NamedExpression[],
  by: readonly { name: string; expression: Expression }[],
  table: Table,
  scope: Scope,
): Table {
  const keys = by.map(({ name, expression }) => ({
    name,
    ...compileExpression(expression, scope),
  }));
  const compiled = aggregates.map((one) => compileAggregate(one, scope));
  const groups = new Map<string, { key: Record<string, Value>; rows: Row[] }>();
  for (const row of table.rows) {
    const key: Record<string, Value> = {};
    for (const { name, evaluate } of keys) key[name] = evaluate(row);
    const id = JSON.stringify(Object.values(key));
    const group = groups.get(id) ?? { key, rows: [] };
    group.rows.push(row);
    groups.set(id, group);
  }
  // Without `by` there is one group, even of nothing.
  if (keys.length === 0 && groups.size === 0) groups.set("", { key: {}, rows: [] });
  return {
    columns: [...keys, ...compiled].map(({ name, type }) => ({ name, type })),
    rows: [...groups.values()].map(({ key, rows }) => ({
      ...key,
      ...Object.fromEntries(compiled.map((one) => [one.name, one.reduce(rows)])),
    })),
  };
}

function compileAggregate({ name, expression }: NamedExpression, scope: Scope): Aggregate {
  if (expression.kind !== "call" || !isAggregate(expression.name)) {
    if (expression.kind === "call") compileExpression(expression, scope);
    throw semanticError(
      "SEM0024",
      "'summarize' operator: each expression must be an aggregation function such as count().",
    );
  }
  const args = expression.args.map((argument) => compileExpression(argument, scope));
  const [first] = args;
  const source = expression.args[0];
  const of = source?.kind === "column" ? source.name : "";
  const called = name ?? `${expression.name}_${of}`;
  const need = (): Compiled => {
    if (first !== undefined && args.length === 1) return first;
    throw semanticError(
      "SEM0219",
      `'summarize' operator: ${expression.name}(): function expects 1 argument(s).`,
    );
  };
  const values = (rows: readonly Row[]) =>
    rows.map((row) => need().evaluate(row)).filter((value) => value !== null);
  const numbers = (rows: readonly Row[]) => values(rows).map(Number);
  switch (expression.name) {
    case "count":
      return { name: called, type: "long", reduce: (rows) => rows.length };
    case "countif":
      need();
      return {
        name: called,
        type: "long",
        reduce: (rows) => values(rows).filter((value) => value === true).length,
      };
    case "dcount":
      need();
      return { name: called, type: "long", reduce: (rows) => new Set(values(rows)).size };
    case "min":
    case "max": {
      const sign = expression.name === "max" ? 1 : -1;
      return {
        name: called,
        type: need().type,
        reduce: (rows) => {
          const [start = null, ...rest] = values(rows);
          return rest.reduce<Value>(
            (best, value) => (compareValues(value, best) * sign > 0 ? value : best),
            start,
          );
        },
      };
    }
    case "sum":
      return {
        name: called,
        type: need().type,
        reduce: (rows) => numbers(rows).reduce((sum, value) => sum + value, 0),
      };
    case "avg":
      need();
      return {
        name: called,
        type: "real",
        reduce: (rows) => {
          const all = numbers(rows);
          return all.length === 0 ? null : all.reduce((sum, value) => sum + value, 0) / all.length;
        },
      };
    default:
      throw unsupported(`the aggregation function '${expression.name}'`);
  }
}
