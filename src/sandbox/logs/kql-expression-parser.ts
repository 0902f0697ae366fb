import type { Expression } from "./kql-ast.js";
import { unsupported } from "./kql-errors.js";
import type { TokenReader } from "./kql-token-reader.js";

const comparisons = new Set(["==", "!=", "<>", "=~", "!~", "<", "<=", ">", ">="]);
const textOperators = new Set(
  ["contains", "startswith", "endswith", "has"].flatMap((name) => [
    name,
    `!${name}`,
    `${name}_cs`,
    `!${name}_cs`,
  ]),
);
const listOperators = new Set(["in", "!in", "in~", "!in~"]);
const foreignInfix = new Set(["matches", "has_any", "has_all", "hasprefix", "hassuffix", "like"]);

export function parseExpression(reader: TokenReader): Expression {
  let left = parseAnd(reader);
  while (reader.takeName("or")) {
    left = { kind: "binary", operator: "or", left, right: parseAnd(reader) };
  }
  return left;
}

function parseAnd(reader: TokenReader): Expression {
  let left = parseComparison(reader);
  while (reader.takeName("and")) {
    left = { kind: "binary", operator: "and", left, right: parseComparison(reader) };
  }
  return left;
}

function parseComparison(reader: TokenReader): Expression {
  const left = parseSum(reader);
  const token = reader.peek();
  if (token.kind === "symbol" && comparisons.has(token.text)) {
    reader.next();
    const operator = token.text === "<>" ? "!=" : token.text;
    return { kind: "binary", operator, left, right: parseSum(reader) };
  }
  if (token.kind !== "name") return left;
  if (textOperators.has(token.text)) {
    reader.next();
    return { kind: "binary", operator: token.text, left, right: parseSum(reader) };
  }
  if (listOperators.has(token.text)) {
    reader.next();
    return { kind: "in", operator: token.text, left, list: parseExpressionList(reader) };
  }
  if (token.text === "between" || token.text === "!between") {
    reader.next();
    reader.expectSymbol("(");
    const from = parseSum(reader);
    reader.expectSymbol("..");
    const to = parseSum(reader);
    reader.expectSymbol(")");
    return { kind: "between", negated: token.text === "!between", value: left, from, to };
  }
  if (foreignInfix.has(token.text)) throw unsupported(`the operator '${token.text}'`);
  return left;
}

function parseSum(reader: TokenReader): Expression {
  let left = parseProduct(reader);
  for (;;) {
    const operator = ["+", "-"].find((symbol) => reader.takeSymbol(symbol));
    if (operator === undefined) return left;
    left = { kind: "binary", operator, left, right: parseProduct(reader) };
  }
}

function parseProduct(reader: TokenReader): Expression {
  let left = parseUnary(reader);
  for (;;) {
    const operator = ["*", "/", "%"].find((symbol) => reader.takeSymbol(symbol));
    if (operator === undefined) return left;
    left = { kind: "binary", operator, left, right: parseUnary(reader) };
  }
}

function parseUnary(reader: TokenReader): Expression {
  if (reader.takeSymbol("-")) {
    return { kind: "unary", operator: "-", operand: parseUnary(reader) };
  }
  if (reader.takeSymbol("+")) return parseUnary(reader);
  return parsePrimary(reader);
}

function parsePrimary(reader: TokenReader): Expression {
  const token = reader.peek();
  switch (token.kind) {
    case "string":
      reader.next();
      return { kind: "literal", type: "string", value: token.value };
    case "number":
      reader.next();
      return {
        kind: "literal",
        type: token.text.includes(".") ? "real" : "long",
        value: token.value,
      };
    case "timespan":
    case "datetime":
      reader.next();
      return { kind: "literal", type: token.kind, value: token.value };
    case "symbol":
      if (reader.takeSymbol("(")) {
        const inner = parseExpression(reader);
        reader.expectSymbol(")");
        return inner;
      }
      if (token.text === "[") return { kind: "column", name: reader.expectIdentifier() };
      return reader.fail();
    case "name":
      return parseName(reader);
    default:
      return reader.fail();
  }
}

function parseName(reader: TokenReader): Expression {
  const token = reader.peek();
  if (token.text === "true" || token.text === "false") {
    reader.next();
    return { kind: "literal", type: "bool", value: token.text === "true" };
  }
  const name = reader.expectIdentifier();
  if (reader.peek().text === "." && reader.peek().kind === "symbol") {
    throw unsupported("members of dynamic values");
  }
  if (reader.peek().text !== "(" || reader.peek().kind !== "symbol")
    return { kind: "column", name };
  return { kind: "call", name, args: parseExpressionList(reader) };
}

/** `(a, b, …)`, also empty. */
export function parseExpressionList(reader: TokenReader): Expression[] {
  reader.expectSymbol("(");
  const list: Expression[] = [];
  if (reader.takeSymbol(")")) return list;
  // `count(*)` is written by some; it means the same as `count()`.
  if (reader.takeSymbol("*")) {
    reader.expectSymbol(")");
    return list;
  }
  do list.push(parseExpression(reader));
  while (reader.takeSymbol(","));
  reader.expectSymbol(")");
  return list;
}
