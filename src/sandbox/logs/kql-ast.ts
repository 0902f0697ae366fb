export type Expression =
  | {
      readonly kind: "literal";
      readonly type: "string" | "long" | "real" | "bool" | "timespan" | "datetime";
      readonly value: string | number | boolean;
    }
  | { readonly kind: "column"; readonly name: string }
  | { readonly kind: "call"; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: "unary"; readonly operator: "-" | "+"; readonly operand: Expression }
  | {
      readonly kind: "binary";
      readonly operator: string;
      readonly left: Expression;
      readonly right: Expression;
    }
  | {
      readonly kind: "in";
      readonly operator: string;
      readonly left: Expression;
      readonly list: readonly Expression[];
    }
  | {
      readonly kind: "between";
      readonly negated: boolean;
      readonly value: Expression;
      readonly from: Expression;
      readonly to: Expression;
    };

/** `name = expression`, or an expression whose column is named after it. */
export interface NamedExpression {
  readonly name: string | undefined;
  readonly expression: Expression;
}

export interface SortKey {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type Operator =
  | { readonly kind: "where"; readonly predicate: Expression }
  | { readonly kind: "project"; readonly columns: readonly NamedExpression[] }
  | { readonly kind: "project-away"; readonly names: readonly string[] }
  | { readonly kind: "extend"; readonly columns: readonly NamedExpression[] }
  | { readonly kind: "sort"; readonly keys: readonly SortKey[] }
  | { readonly kind: "take"; readonly count: number }
  | { readonly kind: "top"; readonly count: number; readonly keys: readonly SortKey[] }
  | {
      readonly kind: "summarize";
      readonly aggregates: readonly NamedExpression[];
      readonly by: readonly NamedExpression[];
    }
  | { readonly kind: "distinct"; readonly columns: readonly NamedExpression[] | "*" }
  | { readonly kind: "count" };

export interface Query {
  readonly variables: readonly { readonly name: string; readonly value: Expression }[];
  readonly table: string;
  readonly operators: readonly Operator[];
}
