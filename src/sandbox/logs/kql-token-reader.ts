import { syntaxError } from "./kql-errors.js";
import type { Token } from "./kql-lexer.js";

/** A cursor over tokens; what does not fit is a syntax error at its place. */
export class TokenReader {
  private index = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  peek(ahead = 0): Token {
    const token = this.tokens[this.index + ahead] ?? this.tokens.at(-1);
    if (token === undefined) throw new Error("A token list ends with its end token.");
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  takeSymbol(text: string): boolean {
    return this.take("symbol", text);
  }

  takeName(text: string): boolean {
    return this.take("name", text);
  }

  expectSymbol(text: string): void {
    if (!this.takeSymbol(text)) this.fail();
  }

  expectName(text: string): void {
    if (!this.takeName(text)) this.fail();
  }

  expectInteger(): number {
    const token = this.next();
    if (token.kind !== "number" || !Number.isInteger(token.value)) this.fail(token);
    return Number(token.value);
  }

  /** A plain name, or any name in `['…']`. */
  expectIdentifier(): string {
    if (this.takeSymbol("[")) {
      const token = this.next();
      if (token.kind !== "string") this.fail(token);
      this.expectSymbol("]");
      return String(token.value);
    }
    const token = this.next();
    if (token.kind !== "name" || !/^[A-Za-z_$]\w*$/.test(token.text)) this.fail(token);
    return token.text;
  }

  /** Names of operators may have hyphens: `project-away`. */
  takeOperatorName(): string | undefined {
    if (this.peek().kind !== "name") return undefined;
    let name = this.next().text;
    while (
      this.peek().text === "-" &&
      !this.peek().spaced &&
      this.peek(1).kind === "name" &&
      !this.peek(1).spaced
    ) {
      this.next();
      name += `-${this.next().text}`;
    }
    return name;
  }

  /** Whether `name =` comes next. */
  isAssignment(): boolean {
    const [first, second] = [this.peek(), this.peek(1)];
    if (first.text === "[") return this.peek(3).text === "=";
    return first.kind === "name" && second.kind === "symbol" && second.text === "=";
  }

  fail(token: Token = this.peek()): never {
    throw syntaxError(token.text, token.line, token.pos);
  }

  private take(kind: Token["kind"], text: string): boolean {
    const token = this.peek();
    if (token.kind !== kind || token.text !== text) return false;
    this.index += 1;
    return true;
  }
}
