import type { Expression, NamedExpression, Operator, Query, SortKey } from "./kql-ast.js";
import { syntaxError, unsupported } from "./kql-errors.js";
import { parseExpression } from "./kql-expression-parser.js";
import { tokenize } from "./kql-lexer.js";
import { TokenReader } from "./kql-token-reader.js";

/** Operators of the language that are understood as such, so that they can be named when refused. */
const foreignOperators = new Set([
  "as",
  "consume",
  "evaluate",
  "facet",
  "find",
  "fork",
  "getschema",
  "invoke",
  "join",
  "lookup",
  "make-series",
  "mv-apply",
  "mv-expand",
  "parse",
  "parse-kv",
  "parse-where",
  "partition",
  "project-keep",
  "project-rename",
  "project-reorder",
  "range",
  "reduce",
  "render",
  "sample",
  "sample-distinct",
  "scan",
  "search",
  "serialize",
  "union",
]);

/** https://learn.microsoft.com/kusto/query/ — the part of it that the sandbox knows. */
export function parseQuery(text: string): Query {
  const reader = new TokenReader(tokenize(text));
  const variables: { name: string; value: Expression }[] = [];
  while (reader.takeName("let")) {
    const name = reader.expectIdentifier();
    reader.expectSymbol("=");
    variables.push({ name, value: parseExpression(reader) });
    reader.expectSymbol(";");
  }
  const source = reader.peek();
  if (source.kind === "name" && foreignOperators.has(source.text)) {
    throw unsupported(`the operator '${source.text}'`);
  }
  if (source.kind === "name" && (source.text === "print" || source.text === "datatable")) {
    throw unsupported(`'${source.text}'`);
  }
  const table = reader.expectIdentifier();
  const operators: Operator[] = [];
  while (reader.takeSymbol("|")) operators.push(parseOperator(reader));
  reader.takeSymbol(";");
  const rest = reader.peek();
  if (rest.kind !== "end") throw syntaxError(rest.text, rest.line, rest.pos);
  return { variables, table, operators };
}

function parseOperator(reader: TokenReader): Operator {
  const token = reader.peek();
  const name = reader.takeOperatorName();
  switch (name) {
    case "where":
    case "filter":
      return { kind: "where", predicate: parseExpression(reader) };
    case "project":
      return { kind: "project", columns: parseNamedList(reader) };
    case "project-away":
      return { kind: "project-away", names: parseNames(reader) };
    case "extend":
      return { kind: "extend", columns: parseNamedList(reader) };
    case "order":
    case "sort":
      reader.expectName("by");
      return { kind: "sort", keys: parseSortKeys(reader) };
    case "take":
    case "limit":
      return { kind: "take", count: reader.expectInteger() };
    case "top": {
      const count = reader.expectInteger();
      reader.expectName("by");
      return { kind: "top", count, keys: parseSortKeys(reader) };
    }
    case "summarize": {
      const aggregates = reader.peek().text === "by" ? [] : parseNamedList(reader);
      const by = reader.takeName("by") ? parseNamedList(reader) : [];
      return { kind: "summarize", aggregates, by };
    }
    case "distinct":
      return reader.takeSymbol("*")
        ? { kind: "distinct", columns: "*" }
        : { kind: "distinct", columns: parseNamedList(reader) };
    case "count":
      return { kind: "count" };
    default:
      if (name !== undefined && foreignOperators.has(name)) {
        throw unsupported(`the operator '${name}'`);
      }
      throw syntaxError(token.text, token.line, token.pos);
  }
}

function parseNamedList(reader: TokenReader): NamedExpression[] {
  const columns: NamedExpression[] = [];
  do {
    if (reader.isAssignment()) {
      const name = reader.expectIdentifier();
      reader.expectSymbol("=");
      columns.push({ name, expression: parseExpression(reader) });
    } else {
      columns.push({ name: undefined, expression: parseExpression(reader) });
    }
  } while (reader.takeSymbol(","));
  return columns;
}

function parseNames(reader: TokenReader): string[] {
  const names: string[] = [];
  do names.push(reader.expectIdentifier());
  while (reader.takeSymbol(","));
  return names;
}

function parseSortKeys(reader: TokenReader): SortKey[] {
  const keys: SortKey[] = [];
  do {
    const expression = parseExpression(reader);
    const ascending = reader.takeName("asc");
    if (!ascending) reader.takeName("desc");
    let nullsFirst = ascending;
    if (reader.takeName("nulls")) {
      nullsFirst = reader.takeName("first");
      if (!nullsFirst) reader.expectName("last");
    }
    keys.push({ expression, descending: !ascending, nullsFirst });
  } while (reader.takeSymbol(","));
  return keys;
}
