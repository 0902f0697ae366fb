import { isList, isObject, type Value, type ValueObject } from "../protocol/values.js";

/** Reads a block's values by name; null, unknown and wrongly typed values are undefined. */
export class Reader {
  constructor(readonly values: ValueObject) {}

  static of(value: Value | undefined): Reader {
    return new Reader(isObject(value) ? value : {});
  }

  has(name: string): boolean {
    const value = this.values[name];
    return value !== undefined && value !== null && !(isList(value) && value.length === 0);
  }

  value(name: string): Value {
    return this.values[name] ?? null;
  }

  text(name: string): string | undefined {
    const value = this.values[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  }

  /** For attributes that Terraform has made sure are there. */
  requiredText(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw new Error(`${name} has no value`);
    return text;
  }

  number(name: string): number | undefined {
    const value = this.values[name];
    return typeof value === "number" ? value : undefined;
  }

  flag(name: string): boolean | undefined {
    const value = this.values[name];
    return typeof value === "boolean" ? value : undefined;
  }

  texts(name: string): string[] | undefined {
    const value = this.values[name];
    return isList(value) ? value.filter((item) => typeof item === "string") : undefined;
  }

  map(name: string): Record<string, string> | undefined {
    const value = this.values[name];
    if (!isObject(value)) return undefined;
    return Object.fromEntries(
      Object.entries(value).filter(
        (entry): entry is [string, string] => typeof entry[1] === "string",
      ),
    );
  }

  /** The elements of a nested block. */
  blocks(name: string): Reader[] {
    const value = this.values[name];
    if (isObject(value)) return [new Reader(value)];
    return isList(value) ? value.filter(isObject).map((item) => new Reader(item)) : [];
  }

  /** The element of a block that occurs at most once. */
  block(name: string): Reader | undefined {
    return this.blocks(name)[0];
  }
}
