import { isStackName, stackNames, type StackName } from "../domain/stack-names.js";
import { usageError } from "../errors/catalogue/command.js";

export function readString(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function readNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** Of a flag that may be repeated. */
export function readStrings(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

/** The stacks named by `--stack`; undefined when none is. */
export function readStacks(value: unknown): readonly StackName[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return value.map((name: unknown) => {
    if (typeof name === "string" && isStackName(name)) return name;
    throw usageError(
      `There is no stack ${JSON.stringify(name)}.`,
      `Stacks: ${stackNames.join(", ")}.`,
    );
  });
}

/** `--input name=value`, several times. */
export function readInputs(value: unknown): Readonly<Record<string, string>> {
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(
    value.map((entry: unknown) => {
      const text = String(entry);
      const at = text.indexOf("=");
      if (at < 1) {
        throw usageError(`--input takes name=value, not ${JSON.stringify(text)}.`);
      }
      return [text.slice(0, at), text.slice(at + 1)];
    }),
  );
}
