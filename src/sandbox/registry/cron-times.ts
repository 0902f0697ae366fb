/** The times that a cron expression of five fields names, in UTC. */
export interface CronTimes {
  /** The newest of them after `from` and not after `to`. */
  latest(from: Date, to: Date): Date | undefined;
}

const fields: readonly (readonly [min: number, max: number, names?: readonly string[]])[] = [
  [0, 59],
  [0, 23],
  [1, 31],
  [1, 12, "jan feb mar apr may jun jul aug sep oct nov dec".split(" ")],
  [0, 6, "sun mon tue wed thu fri sat".split(" ")],
];

const minute = 60_000;
/** How far back an occurrence is looked for. */
const longestLook = 400 * 24 * 60;

/**
 * Undefined when the text is no such expression. ACR Tasks reads it as NCrontab does: a day must fit
 * the day of the month and the day of the week, both.
 * https://learn.microsoft.com/azure/container-registry/container-registry-tasks-scheduled#cron-expressions
 */
export function parseCron(expression: string): CronTimes | undefined {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== fields.length) return undefined;
  const sets: Set<number>[] = [];
  for (const [index, [min, max, names]] of fields.entries()) {
    const set = parseField(parts[index] ?? "", min, max, names ?? []);
    if (set === undefined) return undefined;
    sets.push(set);
  }
  const fits = (date: Date): boolean =>
    [
      date.getUTCMinutes(),
      date.getUTCHours(),
      date.getUTCDate(),
      date.getUTCMonth() + 1,
      date.getUTCDay(),
    ].every((value, index) => sets[index]?.has(value) === true);
  return {
    latest(from, to) {
      let at = Math.floor(to.getTime() / minute) * minute;
      for (let looked = 0; at > from.getTime() && looked < longestLook; looked += 1) {
        const date = new Date(at);
        if (fits(date)) return date;
        at -= minute;
      }
      return undefined;
    },
  };
}

function parseField(
  text: string,
  min: number,
  max: number,
  names: readonly string[],
): Set<number> | undefined {
  const values = new Set<number>();
  const read = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    return named >= 0 ? named + min : /^\d+$/.test(word) ? Number(word) : Number.NaN;
  };
  for (const item of text.split(",")) {
    const match = /^([^/]+)(?:\/([1-9]\d*))?$/.exec(item);
    if (match === null) return undefined;
    const [, range = "", step] = match;
    const [first = "", last, ...more] = range.split("-");
    const from = range === "*" ? min : read(first);
    const to = range === "*" ? max : last === undefined ? (step ? max : from) : read(last);
    if (more.length > 0 || !(from >= min && to <= max && from <= to)) return undefined;
    for (let value = from; value <= to; value += Number(step ?? 1)) values.add(value);
  }
  return values;
}
