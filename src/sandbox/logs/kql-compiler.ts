import type { Expression } from "./kql-ast.js";
import { semanticError, unsupported } from "./kql-errors.js";
import { compileCall } from "./kql-functions.js";
import type { Compiled, Scope } from "./kql-scope.js";
import { compareValues, type ScalarType, type Value } from "./kql-values.js";

/** Checks names and types once, so that a wrong query fails whether or not there are rows. */
export function compileExpression(expression: Expression, scope: Scope): Compiled {
  switch (expression.kind) {
    case "literal": {
      const { value, type } = expression;
      return { type, evaluate: () => value };
    }
    case "column":
      return compileColumn(expression.name, scope);
    case "call":
      return compileCall(
        expression.name,
        expression.args.map((argument) => compileExpression(argument, scope)),
        scope,
      );
    case "unary": {
      const operand = compileExpression(expression.operand, scope);
      return {
        type: operand.type,
        evaluate: (row) => {
          const value = operand.evaluate(row);
          return typeof value === "number" ? -value : null;
        },
      };
    }
    case "binary":
      return compileBinary(
        expression.operator,
        compileExpression(expression.left, scope),
        compileExpression(expression.right, scope),
        scope,
      );
    case "in": {
      const left = compileExpression(expression.left, scope);
      const list = expression.list.map((item) => compileExpression(item, scope));
      const negated = expression.operator.startsWith("!");
      const fold = expression.operator.endsWith("~");
      for (const item of list) checkComparable(left.type, item.type, scope);
      return {
        type: "bool",
        evaluate: (row) => {
          const value = foldCase(left.evaluate(row), fold);
          return list.some((item) => foldCase(item.evaluate(row), fold) === value) !== negated;
        },
      };
    }
    case "between": {
      const value = compileExpression(expression.value, scope);
      const from = compileExpression(expression.from, scope);
      const to = compileExpression(expression.to, scope);
      checkComparable(value.type, from.type, scope);
      // `between (start .. 1h)` counts from the start.
      const relative = value.type === "datetime" && to.type === "timespan";
      if (!relative) checkComparable(value.type, to.type, scope);
      return {
        type: "bool",
        evaluate: (row) => {
          const [current, low, end] = [value.evaluate(row), from.evaluate(row), to.evaluate(row)];
          const high = relative ? Number(low) + Number(end) : end;
          const inside = compareValues(current, low) >= 0 && compareValues(current, high) <= 0;
          return inside !== expression.negated;
        },
      };
    }
  }
}

function compileColumn(name: string, scope: Scope): Compiled {
  const variable = scope.variables.get(name);
  const column = scope.columns.find((one) => one.name === name);
  if (column !== undefined) {
    const empty = column.type === "string" ? "" : null;
    return { type: column.type, evaluate: (row) => row[name] ?? empty };
  }
  if (variable !== undefined) return variable;
  throw semanticError(
    "SEM0100",
    `'${scope.operator}' operator: Failed to resolve column or scalar expression named '${name}'`,
  );
}

function compileBinary(operator: string, left: Compiled, right: Compiled, scope: Scope): Compiled {
  if (operator === "and" || operator === "or") {
    for (const side of [left, right]) {
      if (side.type !== "bool") {
        throw semanticError(
          "SEM0024",
          `'${scope.operator}' operator: '${operator}' needs operands of type bool, not ${side.type}`,
        );
      }
    }
    return {
      type: "bool",
      evaluate: (row) =>
        operator === "and"
          ? left.evaluate(row) === true && right.evaluate(row) === true
          : left.evaluate(row) === true || right.evaluate(row) === true,
    };
  }
  if (["+", "-", "*", "/", "%"].includes(operator)) {
    return compileArithmetic(operator, left, right, scope);
  }
  const negated = operator.startsWith("!");
  const name = operator.replace(/^!/, "");
  const test = textTests[name.replace(/_cs$/, "")];
  if (test !== undefined) {
    const fold = !name.endsWith("_cs");
    return {
      type: "bool",
      evaluate: (row) => {
        const text = textOf(left.evaluate(row));
        const part = textOf(right.evaluate(row));
        const found = fold ? test(text.toLowerCase(), part.toLowerCase()) : test(text, part);
        return found !== negated;
      },
    };
  }
  if (operator === "=~" || operator === "!~") {
    return {
      type: "bool",
      evaluate: (row) =>
        (foldCase(left.evaluate(row), true) === foldCase(right.evaluate(row), true)) ===
        (operator === "=~"),
    };
  }
  checkComparable(left.type, right.type, scope);
  const decide = orderTests[operator];
  if (decide === undefined) throw unsupported(`the operator '${operator}'`);
  return {
    type: "bool",
    evaluate: (row) => {
      const [a, b] = [left.evaluate(row), right.evaluate(row)];
      // A comparison with null is never true, but for inequality.
      if (a === null || b === null) return operator === "!=" ? a !== b : false;
      return decide(compareValues(a, b));
    },
  };
}

const orderTests: Readonly<Record<string, (order: number) => boolean>> = {
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

const textTests: Readonly<Record<string, (text: string, part: string) => boolean>> = {
  contains: (text, part) => text.includes(part),
  startswith: (text, part) => text.startsWith(part),
  endswith: (text, part) => text.endsWith(part),
  has: hasTerm,
};

/** Whole terms only: what stands beside must not be a letter or a digit. */
function hasTerm(text: string, term: string): boolean {
  for (let at = text.indexOf(term); at >= 0; at = text.indexOf(term, at + 1)) {
    const before = text[at - 1] ?? " ";
    const after = text[at + term.length] ?? " ";
    if (!/[\p{L}\p{N}]/u.test(before) && !/[\p{L}\p{N}]/u.test(after)) return true;
  }
  return false;
}

function compileArithmetic(
  operator: string,
  left: Compiled,
  right: Compiled,
  scope: Scope,
): Compiled {
  const type = arithmeticType(operator, left.type, right.type);
  if (type === undefined) {
    throw semanticError(
      "SEM0060",
      `'${scope.operator}' operator: the operator '${operator}' cannot be applied to ${left.type} and ${right.type}`,
    );
  }
  return {
    type,
    evaluate: (row) => {
      const [a, b] = [left.evaluate(row), right.evaluate(row)];
      if (typeof a !== "number" || typeof b !== "number") return null;
      const result = { "+": a + b, "-": a - b, "*": a * b, "/": a / b, "%": a % b }[operator];
      if (result === undefined || !Number.isFinite(result)) return null;
      return type === "long" ? Math.trunc(result) : result;
    },
  };
}

function arithmeticType(
  operator: string,
  left: ScalarType,
  right: ScalarType,
): ScalarType | undefined {
  const isNumber = (type: ScalarType) => type === "long" || type === "real";
  if (isNumber(left) && isNumber(right))
    return left === "long" && right === "long" ? "long" : "real";
  const sum = operator === "+" || operator === "-";
  if (left === "timespan" && right === "timespan")
    return sum ? "timespan" : operator === "/" ? "real" : undefined;
  if (left === "datetime" && right === "timespan" && sum) return "datetime";
  if (left === "datetime" && right === "datetime" && operator === "-") return "timespan";
  const scaled =
    (left === "timespan" && isNumber(right)) || (right === "timespan" && isNumber(left));
  return scaled && (operator === "*" || operator === "/") ? "timespan" : undefined;
}

function checkComparable(left: ScalarType, right: ScalarType, scope: Scope): void {
  const family = (type: ScalarType) =>
    type === "real" ? "long" : type === "guid" ? "string" : type;
  if (family(left) === family(right)) return;
  throw semanticError(
    "SEM0064",
    `'${scope.operator}' operator: Cannot compare values of types ${left} and ${right}. Try adding explicit casts`,
  );
}

function foldCase(value: Value, fold: boolean): Value {
  return fold && typeof value === "string" ? value.toLowerCase() : value;
}

function textOf(value: Value): string {
  return value === null ? "" : String(value);
}
