/** What a query document says, as far as it is read here: https://spec.graphql.org/October2021/#sec-Language */
export interface GraphqlDocument {
  readonly operations: readonly Operation[];
  readonly fragments: ReadonlyMap<string, Fragment>;
}

export interface Operation {
  readonly kind: "query" | "mutation" | "subscription";
  readonly name: string | undefined;
  readonly defaults: Readonly<Record<string, Value>>;
  readonly selections: readonly Selection[];
}

export interface Fragment {
  readonly on: string | undefined;
  readonly selections: readonly Selection[];
}

export type Selection =
  | {
      readonly kind: "field";
      readonly alias: string;
      readonly name: string;
      readonly values: Readonly<Record<string, Value>>;
      readonly selections: readonly Selection[];
    }
  | { readonly kind: "spread"; readonly fragment: string }
  | { readonly kind: "inline"; readonly fragment: Fragment };

export type Value =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "list"; readonly items: readonly Value[] }
  | { readonly kind: "object"; readonly fields: Readonly<Record<string, Value>> }
  | { readonly kind: "plain"; readonly value: unknown };

export class GraphqlSyntaxError extends Error {
  override readonly name = "GraphqlSyntaxError";
}

const tokenPattern =
  /[\s,\uFEFF]+|#[^\n]*|("""[\s\S]*?"""|"(?:[^"\\\n]|\\.)*"|\.\.\.|[!$&()[\]{}:=@|]|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_]\w*)/y;

export function parseDocument(text: string): GraphqlDocument {
  return new Parser(readTokens(text)).document();
}

function readTokens(text: string): string[] {
  const tokens: string[] = [];
  tokenPattern.lastIndex = 0;
  while (tokenPattern.lastIndex < text.length) {
    const at = tokenPattern.lastIndex;
    const match = tokenPattern.exec(text);
    if (match === null) {
      throw new GraphqlSyntaxError(`Parse error on ${JSON.stringify(text[at])} at ${at}`);
    }
    if (match[1] !== undefined) tokens.push(match[1]);
  }
  return tokens;
}

const namePattern = /^[A-Za-z_]\w*$/;

class Parser {
  private at = 0;

  constructor(private readonly tokens: readonly string[]) {}

  document(): GraphqlDocument {
    const operations: Operation[] = [];
    const fragments = new Map<string, Fragment>();
    while (this.peek() !== undefined) {
      if (this.take("fragment")) {
        const name = this.name();
        this.expect("on");
        fragments.set(name, { on: this.name(), selections: this.directivesAndSelections() });
      } else operations.push(this.operation());
    }
    if (operations.length === 0) throw this.unexpected();
    return { operations, fragments };
  }

  private operation(): Operation {
    if (this.peek() === "{") {
      return { kind: "query", name: undefined, defaults: {}, selections: this.selections() };
    }
    const kind = this.name();
    if (kind !== "query" && kind !== "mutation" && kind !== "subscription") throw this.unexpected();
    const name = namePattern.test(this.peek() ?? "") ? this.name() : undefined;
    const defaults: Record<string, Value> = {};
    if (this.take("(")) {
      while (!this.take(")")) {
        this.expect("$");
        const variable = this.name();
        this.expect(":");
        this.type();
        if (this.take("=")) defaults[variable] = this.value();
      }
    }
    return { kind, name, defaults, selections: this.directivesAndSelections() };
  }

  /** Types are checked by whoever wrote the client; here they are only passed over. */
  private type(): void {
    if (this.take("[")) {
      this.type();
      this.expect("]");
    } else this.name();
    this.take("!");
  }

  private directivesAndSelections(): Selection[] {
    while (this.take("@")) {
      this.name();
      this.values();
    }
    return this.peek() === "{" ? this.selections() : [];
  }

  private selections(): Selection[] {
    this.expect("{");
    const selections: Selection[] = [];
    while (!this.take("}")) selections.push(this.selection());
    return selections;
  }

  private selection(): Selection {
    if (this.take("...")) {
      const next = this.peek() ?? "";
      if (namePattern.test(next) && next !== "on") return { kind: "spread", fragment: this.name() };
      const on = this.take("on") ? this.name() : undefined;
      return { kind: "inline", fragment: { on, selections: this.directivesAndSelections() } };
    }
    const first = this.name();
    const name = this.take(":") ? this.name() : first;
    const values = this.values();
    return {
      kind: "field",
      alias: first,
      name,
      values,
      selections: this.directivesAndSelections(),
    };
  }

  private values(): Record<string, Value> {
    const values: Record<string, Value> = {};
    if (!this.take("(")) return values;
    while (!this.take(")")) {
      const name = this.name();
      this.expect(":");
      values[name] = this.value();
    }
    return values;
  }

  private value(): Value {
    if (this.take("$")) return { kind: "variable", name: this.name() };
    if (this.take("[")) {
      const items: Value[] = [];
      while (!this.take("]")) items.push(this.value());
      return { kind: "list", items };
    }
    if (this.take("{")) {
      const fields: Record<string, Value> = {};
      while (!this.take("}")) {
        const name = this.name();
        this.expect(":");
        fields[name] = this.value();
      }
      return { kind: "object", fields };
    }
    const token = this.next();
    if (token.startsWith('"""')) return { kind: "plain", value: token.slice(3, -3) };
    // Strings and numbers are written as in JSON; a bare word is an enumeration's.
    if (/^["\d-]/.test(token)) return { kind: "plain", value: JSON.parse(token) as unknown };
    if (!namePattern.test(token)) throw this.unexpected();
    const words: Readonly<Record<string, unknown>> = { true: true, false: false, null: null };
    return { kind: "plain", value: token in words ? words[token] : token };
  }

  private name(): string {
    const token = this.next();
    if (!namePattern.test(token)) {
      this.at -= 1;
      throw this.unexpected();
    }
    return token;
  }

  private peek(): string | undefined {
    return this.tokens[this.at];
  }

  private next(): string {
    const token = this.peek();
    if (token === undefined) throw this.unexpected();
    this.at += 1;
    return token;
  }

  private take(token: string): boolean {
    if (this.peek() !== token) return false;
    this.at += 1;
    return true;
  }

  private expect(token: string): void {
    if (!this.take(token)) throw this.unexpected();
  }

  private unexpected(): GraphqlSyntaxError {
    const found = this.peek();
    return new GraphqlSyntaxError(
      found === undefined
        ? "Unexpected end of document"
        : `Parse error on ${JSON.stringify(found)}`,
    );
  }
}
