import type { Fragment, GraphqlDocument, Operation, Selection, Value } from "./document.js";

/** An object of the graph: its type, the interfaces that it has too, and how each field is found. */
export interface GraphNode {
  readonly type: string;
  readonly interfaces?: readonly string[];
  readonly fields: Readonly<Record<string, (values: Readonly<Record<string, unknown>>) => unknown>>;
}

export interface GraphError {
  readonly type?: string;
  readonly path?: readonly (string | number)[];
  readonly extensions?: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** Thrown by a field; the field is then null and the error stands beside the data. */
export class GraphFieldError extends Error {
  constructor(
    readonly type: string,
    message: string,
  ) {
    super(message);
  }
}

export interface GraphResult {
  readonly data?: unknown;
  readonly errors?: readonly GraphError[];
}

/**
 * Carries out a query. A field that a type does not have refuses the whole query, as GitHub's
 * validation does before it starts.
 */
export function executeQuery(
  document: GraphqlDocument,
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
  root: GraphNode,
): GraphResult {
  const run = new Run(document.fragments, operation, variables);
  const data = run.select(root, operation.selections, []);
  if (run.undefinedFields.length > 0) return { errors: run.undefinedFields };
  return run.errors.length > 0 ? { data, errors: run.errors } : { data };
}

class Run {
  readonly errors: GraphError[] = [];
  readonly undefinedFields: GraphError[] = [];

  constructor(
    private readonly fragments: ReadonlyMap<string, Fragment>,
    private readonly operation: Operation,
    private readonly variables: Readonly<Record<string, unknown>>,
  ) {}

  select(
    node: GraphNode,
    selections: readonly Selection[],
    path: readonly (string | number)[],
  ): Record<string, unknown> {
    const data: Record<string, unknown> = {};
    for (const selection of selections) {
      if (selection.kind !== "field") {
        const fragment =
          selection.kind === "inline" ? selection.fragment : this.fragments.get(selection.fragment);
        if (fragment !== undefined && applies(fragment, node)) {
          merge(data, this.select(node, fragment.selections, path));
        }
        continue;
      }
      const here = [...path, selection.alias];
      if (selection.name === "__typename") {
        data[selection.alias] = node.type;
        continue;
      }
      const resolve = node.fields[selection.name];
      if (resolve === undefined) {
        this.undefinedFields.push({
          path: [this.operation.name ?? this.operation.kind, ...here],
          extensions: {
            code: "undefinedField",
            typeName: node.type,
            fieldName: selection.name,
          },
          message: `Field '${selection.name}' doesn't exist on type '${node.type}'`,
        });
        continue;
      }
      merge(data, { [selection.alias]: this.resolve(resolve, selection, here) });
    }
    return data;
  }

  private resolve(
    resolve: GraphNode["fields"][string],
    selection: Extract<Selection, { kind: "field" }>,
    path: readonly (string | number)[],
  ): unknown {
    const values = Object.fromEntries(
      Object.entries(selection.values).map(([name, value]) => [name, this.read(value)]),
    );
    try {
      return this.complete(resolve(values), selection.selections, path);
    } catch (error) {
      if (!(error instanceof GraphFieldError)) throw error;
      this.errors.push({ type: error.type, path, message: error.message });
      return null;
    }
  }

  private complete(
    value: unknown,
    selections: readonly Selection[],
    path: readonly (string | number)[],
  ): unknown {
    if (Array.isArray(value)) {
      return value.map((item, index) => this.complete(item, selections, [...path, index]));
    }
    return isNode(value) ? this.select(value, selections, path) : (value ?? null);
  }

  private read(value: Value): unknown {
    switch (value.kind) {
      case "plain":
        return value.value;
      case "list":
        return value.items.map((item) => this.read(item));
      case "object":
        return Object.fromEntries(
          Object.entries(value.fields).map(([name, field]) => [name, this.read(field)]),
        );
      case "variable": {
        const given = this.variables[value.name];
        const fallback = this.operation.defaults[value.name];
        return given === undefined && fallback !== undefined ? this.read(fallback) : given;
      }
    }
  }
}

function isNode(value: unknown): value is GraphNode {
  return typeof value === "object" && value !== null && "fields" in value && "type" in value;
}

function applies(fragment: Fragment, node: GraphNode): boolean {
  const { on } = fragment;
  return on === undefined || on === node.type || (node.interfaces ?? []).includes(on);
}

/** The same field selected twice, each time with other parts of it. */
function merge(into: Record<string, unknown>, from: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(from)) {
    const known = into[name];
    if (isPlainObject(known) && isPlainObject(value)) merge(known, value);
    else into[name] = value;
  }
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
