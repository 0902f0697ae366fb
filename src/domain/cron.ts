interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  readonly names?: readonly string[];
}

const months = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const weekdays = "sun mon tue wed thu fri sat".split(" ");

const fields: readonly Field[] = [
  { name: "minute", min: 0, max: 59 },
  { name: "hour", min: 0, max: 23 },
  { name: "day of the month", min: 1, max: 31 },
  { name: "month", min: 1, max: 12, names: months },
  { name: "day of the week", min: 0, max: 6, names: weekdays },
];

/**
 * Why a cron expression is none, or undefined when it is one. Five fields of numbers, ranges,
 * lists and steps; names for months and weekdays:
 * https://learn.microsoft.com/azure/container-apps/jobs#scheduled-jobs
 */
export function findCronProblem(expression: string): string | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== fields.length) {
    return `it has ${parts.length} field${parts.length === 1 ? "" : "s"} instead of five (minute, hour, day of the month, month, day of the week)`;
  }
  for (const [index, field] of fields.entries()) {
    for (const item of (parts[index] ?? "").split(",")) {
      const problem = findItemProblem(item, field);
      if (problem !== undefined) return `the ${field.name} "${parts[index]}" ${problem}`;
    }
  }
  return undefined;
}

function findItemProblem(item: string, field: Field): string | undefined {
  const [range = "", step, ...more] = item.split("/");
  if (more.length > 0) return "has more than one step";
  if (step !== undefined && !/^[1-9]\d*$/.test(step)) return "has a step that is no whole number";
  if (range === "*") return undefined;
  const ends = range.split("-");
  if (ends.length > 2) return "is not a range";
  const numbers: number[] = [];
  for (const end of ends) {
    const value = readValue(end, field);
    if (value === undefined) return `is not ${describeRange(field)}`;
    numbers.push(value);
  }
  const [from = 0, to = from] = numbers;
  return from > to ? "counts backwards" : undefined;
}

function readValue(text: string, field: Field): number | undefined {
  const named = field.names?.indexOf(text.toLowerCase()) ?? -1;
  if (named >= 0) return named + field.min;
  if (!/^\d+$/.test(text)) return undefined;
  const value = Number(text);
  return value >= field.min && value <= field.max ? value : undefined;
}

function describeRange(field: Field): string {
  const numbers = `between ${field.min} and ${field.max}`;
  const first = field.names?.[0];
  const last = field.names?.at(-1);
  return first === undefined || last === undefined
    ? numbers
    : `${numbers} or ${first.toUpperCase()} to ${last.toUpperCase()}`;
}
