type Combination = Readonly<Record<string, string>>;

/** Every combination of the axes, less `exclude`, plus `include`. */
export function expandMatrix(
  matrix: unknown,
  report: (problem: string) => void,
): readonly Combination[] {
  if (matrix === undefined) return [{}];
  if (typeof matrix !== "object" || matrix === null || Array.isArray(matrix)) {
    report("expressions for a whole matrix are not evaluated by the sandbox");
    return [{}];
  }
  const { include, exclude, ...axes } = matrix as Record<string, unknown>;
  let combinations: Combination[] = [{}];
  for (const [axis, values] of Object.entries(axes)) {
    if (!Array.isArray(values) || values.length === 0) {
      report(`\`${axis}\` is not a list of values`);
      continue;
    }
    combinations = combinations.flatMap((one) =>
      values.map((value) => ({ ...one, [axis]: String(value) })),
    );
  }
  const excluded = readCombinations(exclude);
  const kept = combinations.filter((one) => !excluded.some((rule) => agrees(one, rule)));
  const base = Object.keys(axes).length === 0 ? [] : kept;
  const result = addIncluded(base, readCombinations(include), Object.keys(axes));
  return result.length === 0 ? [{}] : result;
}

/** An inclusion widens the combinations whose axes it agrees with, else stands by itself. */
function addIncluded(
  base: readonly Combination[],
  included: readonly Combination[],
  axes: readonly string[],
): Combination[] {
  const result = [...base];
  for (const extra of included) {
    const onAxes = Object.fromEntries(Object.entries(extra).filter(([key]) => axes.includes(key)));
    let widened = false;
    for (const [index, one] of base.entries()) {
      if (!agrees(one, onAxes)) continue;
      result[index] = { ...result[index], ...extra };
      widened = true;
    }
    if (!widened) result.push(extra);
  }
  return result;
}

function agrees(one: Combination, rule: Combination): boolean {
  return Object.entries(rule).every(([key, value]) => one[key] === value);
}

function readCombinations(value: unknown): Combination[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((item): item is Record<string, unknown> => typeof item === "object" && item !== null)
    .map((item) =>
      Object.fromEntries(Object.entries(item).map(([key, text]) => [key, String(text)])),
    );
}
