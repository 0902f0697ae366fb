/** What an expression may look at: `github.ref`, `inputs.who`, `needs.build.result`. */
export type Contexts = Readonly<Record<string, unknown>>;

/** An expression that the sandbox does not evaluate; the run fails with this text. */
export class ExpressionError extends Error {}

type Value = string | number | boolean | null;
type StatusFunction = "success" | "always" | "failure" | "cancelled";

/** Text with every `${{ … }}` replaced. https://docs.github.com/actions/reference/workflows-and-actions/expressions */
export function fillTemplate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{([\s\S]*?)\}\}/g, (_match, expression: string) => {
    const value = new Evaluation(expression, contexts).run();
    return value === null ? "" : String(value);
  });
}

export function fillTemplates(
  texts: Readonly<Record<string, string>>,
  contexts: Contexts,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, fillTemplate(text, contexts)]),
  );
}

/**
 * An `if:` as the state it waits for. A condition without a status function is tied to success; one
 * that can be decided now and is false is `never`.
 */
export function readCondition(
  text: string | undefined,
  contexts: Contexts,
): StatusFunction | "never" {
  if (text === undefined) return "success";
  const expression = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(text)?.[1] ?? text;
  const evaluation = new Evaluation(expression, contexts);
  const value = evaluation.run();
  const [used, another] = [...evaluation.statusFunctions];
  if (another !== undefined) {
    throw new ExpressionError(`if: ${text}: the sandbox takes one status function at a time`);
  }
  if (used === "cancelled" && value === false) return "always"; // `!cancelled()`
  if (value === false || value === "" || value === null || value === 0) return "never";
  return used ?? "success";
}

/** Recursive descent over `||`, `&&`, `==`, `!=`, `!`, parentheses, literals, paths and a few functions. */
class Evaluation {
  readonly statusFunctions = new Set<StatusFunction>();
  private readonly tokens: string[];
  private position = 0;

  constructor(
    private readonly source: string,
    private readonly contexts: Contexts,
  ) {
    this.tokens =
      source.match(/'(?:[^']|'')*'|\|\||&&|==|!=|[!(),]|[\w.*-]+|\[|\]|\S/g)?.map(String) ?? [];
  }

  run(): Value {
    const value = this.or();
    if (this.position < this.tokens.length) this.reject();
    return value;
  }

  private or(): Value {
    let left = this.and();
    while (this.accept("||")) {
      const right = this.and();
      left = truthy(left) ? left : right;
    }
    return left;
  }

  private and(): Value {
    let left = this.equality();
    while (this.accept("&&")) {
      const right = this.equality();
      left = truthy(left) ? right : left;
    }
    return left;
  }

  private equality(): Value {
    const left = this.unary();
    if (this.accept("==")) return same(left, this.unary());
    if (this.accept("!=")) return !same(left, this.unary());
    return left;
  }

  private unary(): Value {
    if (this.accept("!")) return !truthy(this.unary());
    if (this.accept("(")) {
      const value = this.or();
      if (!this.accept(")")) this.reject();
      return value;
    }
    const token = this.tokens[this.position];
    this.position += 1;
    if (token === undefined) return this.reject();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^-?\d+(\.\d+)?$/.test(token)) return Number(token);
    if (token === "true" || token === "false") return token === "true";
    if (token === "null") return null;
    if (this.accept("(")) return this.call(token);
    return this.lookUp(token);
  }

  private call(name: string): Value {
    const values: Value[] = [];
    while (!this.accept(")")) {
      if (this.position >= this.tokens.length) this.reject();
      values.push(this.or());
      this.accept(",");
    }
    const [first = "", second = ""] = values.map((value) => String(value).toLowerCase());
    switch (name) {
      case "success":
      case "always":
      case "failure":
      case "cancelled":
        this.statusFunctions.add(name);
        return true;
      case "contains":
        return first.includes(second);
      case "startsWith":
        return first.startsWith(second);
      case "endsWith":
        return first.endsWith(second);
      case "format":
        return String(values[0]).replace(/\{(\d+)\}/g, (_all, n: string) =>
          String(values[Number(n) + 1]),
        );
      default:
        throw new ExpressionError(`\${{${this.source}}}: the sandbox has no function \`${name}\``);
    }
  }

  private lookUp(path: string): Value {
    const [context = "", ...keys] = path.split(".");
    if (!/^[A-Za-z_]/.test(path) || !(context in this.contexts)) {
      throw new ExpressionError(
        `\${{${this.source}}}: the sandbox does not evaluate \`${path}\`; it knows ${Object.keys(this.contexts).join(", ")}`,
      );
    }
    let node: unknown = this.contexts[context];
    for (const key of keys) {
      const entries = typeof node === "object" && node !== null ? Object.entries(node) : [];
      node = entries.find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
    }
    if (node === undefined || node === null) return null;
    if (typeof node === "object") {
      throw new ExpressionError(`\${{${this.source}}}: \`${path}\` is not a single value`);
    }
    return node as Value;
  }

  private accept(token: string): boolean {
    if (this.tokens[this.position] !== token) return false;
    this.position += 1;
    return true;
  }

  private reject(): never {
    throw new ExpressionError(
      `\${{${this.source}}}: the sandbox does not evaluate this expression`,
    );
  }
}

function truthy(value: Value): boolean {
  return value !== null && value !== "" && value !== 0 && value !== false;
}

/** Strings compare without regard to case. */
function same(left: Value, right: Value): boolean {
  if (typeof left === "string" && typeof right === "string") {
    return left.toLowerCase() === right.toLowerCase();
  }
  return left === right || (left ?? "") === (right ?? "");
}
