import type { Context } from "../context.js";
import type { Rendered } from "../output/rendered.js";

/** Options as commander hands them over, named in camel case. */
export type OptionValues = Readonly<Record<string, unknown>>;

export interface CommandInput {
  /** Positional arguments in the order of the definition. */
  readonly args: readonly (string | undefined)[];
  readonly options: OptionValues;
}

/** Carries a verb out; what it returns is printed. Undefined: it printed a stream of its own. */
export type CommandHandler = (
  context: Context,
  input: CommandInput,
) => Promise<Rendered | undefined>;

export interface OptionDefinition {
  /** As commander writes them: `--count <n>`. */
  readonly flags: string;
  readonly description: string;
  readonly default?: string | number | boolean;
  /** Turns the text into a value, or throws `InvalidArgument` with what is expected. */
  readonly parse?: (text: string) => unknown;
  /** May be given several times. */
  readonly repeat?: boolean;
}

/** A command as data; its code is loaded only when it runs. */
export interface CommandDefinition {
  /** `trigger <pool>`, `secret set`: the words before the first argument are the path. */
  readonly usage: string;
  readonly summary: string;
  readonly details?: string;
  readonly options?: readonly OptionDefinition[];
  readonly examples?: readonly string[];
  readonly load: () => Promise<CommandHandler>;
}

/** A flag's value does not fit; the message says what is expected. */
export class InvalidArgument extends Error {}

export function parsePositiveInteger(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1 || value > max) {
      throw new InvalidArgument(
        `expected a whole number from 1 to ${max}, got ${JSON.stringify(text)}`,
      );
    }
    return value;
  };
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** `90`, `45s`, `10m`, `2h`, `1d` → seconds. */
export function parseDuration(text: string): number {
  const match = /^(\d+)(s|m|h|d)?$/.exec(text.trim());
  const seconds = match === null ? 0 : Number(match[1]) * (unitSeconds[match[2] ?? "s"] ?? 1);
  if (seconds < 1) {
    throw new InvalidArgument(
      `expected a duration such as 45s, 10m or 2h, got ${JSON.stringify(text)}`,
    );
  }
  return seconds;
}

export function parsePort(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidArgument(`expected a port from 0 to 65535, got ${JSON.stringify(text)}`);
  }
  return value;
}
