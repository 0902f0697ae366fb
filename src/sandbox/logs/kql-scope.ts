import type { Column, Row, ScalarType, Value } from "./kql-values.js";

/** An expression whose names and types are settled. */
export interface Compiled {
  readonly type: ScalarType;
  readonly evaluate: (row: Row) => Value;
}

export interface Scope {
  readonly columns: readonly Column[];
  readonly variables: ReadonlyMap<string, Compiled>;
  readonly now: number;
  /** The operator being compiled, for messages. */
  readonly operator: string;
}
