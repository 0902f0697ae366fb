import type { Expression, NamedExpression, Operator, Query, SortKey } from "./kql-ast.js";
import { compileExpression } from "./kql-compiler.js";
import { semanticError } from "./kql-errors.js";
import type { Compiled, Scope } from "./kql-scope.js";
import { summarize } from "./kql-summarize.js";
import { compareValues, type Column, type Row, type Table } from "./kql-values.js";

export interface QueryInput {
  /** Undefined when the workspace has no such table. */
  readonly findTable: (name: string) => Table | undefined;
  readonly now: number;
}

export function runQuery(query: Query, input: QueryInput): Table {
  const variables = new Map<string, Compiled>();
  const scopeOf = (columns: readonly Column[], operator: string): Scope => ({
    columns,
    variables,
    now: input.now,
    operator,
  });
  for (const { name, value } of query.variables) {
    variables.set(name, compileExpression(value, scopeOf([], "let")));
  }
  const first = query.operators[0];
  let table = input.findTable(query.table);
  if (table === undefined) {
    const where = first === undefined ? "" : `'${first.kind}' operator: `;
    throw semanticError(
      "SEM0100",
      `${where}Failed to resolve table or column expression named '${query.table}'`,
    );
  }
  for (const operator of query.operators) {
    table = applyOperator(operator, table, scopeOf(table.columns, operator.kind));
  }
  return table;
}

function applyOperator(operator: Operator, table: Table, scope: Scope): Table {
  switch (operator.kind) {
    case "where": {
      const predicate = compileExpression(operator.predicate, scope);
      if (predicate.type !== "bool") {
        throw semanticError(
          "SEM0023",
          `'where' operator: the predicate must be of type bool, not ${predicate.type}`,
        );
      }
      return { ...table, rows: table.rows.filter((row) => predicate.evaluate(row) === true) };
    }
    case "project":
      return projectColumns(operator.columns, [], table, scope);
    case "extend": {
      const named = nameColumns(operator.columns, table.columns);
      const kept = table.columns.filter((column) => !named.some((one) => one.name === column.name));
      return projectColumns(named, kept, table, scope);
    }
    case "project-away": {
      for (const name of operator.names) compileExpression({ kind: "column", name }, scope);
      return {
        ...table,
        columns: table.columns.filter((one) => !operator.names.includes(one.name)),
      };
    }
    case "sort":
      return { ...table, rows: sortRows(table.rows, operator.keys, scope) };
    case "take":
      return { ...table, rows: table.rows.slice(0, operator.count) };
    case "top":
      return {
        ...table,
        rows: sortRows(table.rows, operator.keys, scope).slice(0, operator.count),
      };
    case "summarize":
      return summarize(operator.aggregates, nameColumns(operator.by, []), table, scope);
    case "distinct": {
      const columns: readonly NamedExpression[] =
        operator.columns === "*"
          ? table.columns.map(({ name }) => ({ name, expression: { kind: "column", name } }))
          : operator.columns;
      const projected = projectColumns(columns, [], table, scope);
      const seen = new Map<string, Row>();
      for (const row of projected.rows) {
        const key = JSON.stringify(projected.columns.map((column) => row[column.name] ?? null));
        if (!seen.has(key)) seen.set(key, row);
      }
      return { ...projected, rows: [...seen.values()] };
    }
    case "count":
      return {
        columns: [{ name: "Count", type: "long" }],
        rows: [{ Count: table.rows.length }],
      };
  }
}

function projectColumns(
  columns: readonly NamedExpression[],
  kept: readonly Column[],
  table: Table,
  scope: Scope,
): Table {
  const compiled = nameColumns(columns, kept).map(({ name, expression }) => ({
    name,
    ...compileExpression(expression, scope),
  }));
  const all = [...kept, ...compiled.map(({ name, type }) => ({ name, type }))];
  const rows = table.rows.map((row): Row => {
    const result: Record<string, Row[string]> = {};
    for (const { name, type } of kept) result[name] = row[name] ?? (type === "string" ? "" : null);
    for (const { name, evaluate } of compiled) result[name] = evaluate(row);
    return result;
  });
  return { columns: all, rows };
}

/** An expression without a name takes its column's, or `Column1`, `Column2`, … */
export function nameColumns(
  columns: readonly NamedExpression[],
  taken: readonly Column[],
): { name: string; expression: Expression }[] {
  const used = new Set(taken.map((column) => column.name));
  let counter = 0;
  return columns.map(({ name, expression }) => {
    let chosen = name ?? impliedName(expression);
    while (
      chosen === undefined ||
      (name === undefined && chosen.startsWith("Column") && used.has(chosen))
    ) {
      counter += 1;
      chosen = `Column${counter}`;
    }
    used.add(chosen);
    return { name: chosen, expression };
  });
}

function impliedName(expression: Expression): string | undefined {
  if (expression.kind === "column") return expression.name;
  const [first] = expression.kind === "call" ? expression.args : [];
  // Binning and casting keep the column's name.
  const keeps =
    expression.kind === "call" &&
    ["bin", "floor", "tostring", "todatetime", "tolong", "toint"].includes(expression.name);
  return keeps && first?.kind === "column" ? first.name : undefined;
}

function sortRows(rows: readonly Row[], keys: readonly SortKey[], scope: Scope): Row[] {
  const compiled = keys.map((key) => ({ ...key, ...compileExpression(key.expression, scope) }));
  return [...rows].sort((a, b) => {
    for (const { evaluate, descending, nullsFirst } of compiled) {
      const [left, right] = [evaluate(a), evaluate(b)];
      if (left === right) continue;
      if (left === null || right === null) return (left === null) === nullsFirst ? -1 : 1;
      const order = compareValues(left, right);
      return descending ? -order : order;
    }
    return 0;
  });
}
