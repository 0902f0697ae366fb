/* ARM ids by pattern: `/subscriptions/{subscription}/resourceGroups/{resource_group_name}/…/{name}`. */

/** Fills a pattern; every name in braces must have a value. */
export function buildId(
  pattern: string,
  values: Readonly<Record<string, string | undefined>>,
): string {
  return pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${name} has no value, ${pattern} needs it`);
    return value;
  });
}

/** The parts of an id, or undefined when it is not of the pattern. Names of parts in any case. */
export function parseId(pattern: string, id: string): Record<string, string> | undefined {
  const source = pattern
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = /^\{(\w+)\}$/.exec(part)?.[1];
      if (name === undefined) return part.replace(/[.*+?^$()|[\]\\]/g, "\\$&");
      // A parent's id or a scope has slashes of its own.
      return name === "scope" || name.endsWith("_id") ? `(?<${name}>/.+)` : `(?<${name}>[^/]+)`;
    })
    .join("");
  const match = new RegExp(`^${source}/?$`, "i").exec(id);
  return match === null ? undefined : { ...match.groups };
}

/** As azurerm shows an id in its errors. */
export function describeId(label: string, id: string): string {
  const subscription = segmentAfter(id, "subscriptions");
  const group = segmentAfter(id, "resourceGroups");
  const name = id.split("/").at(-1) ?? "";
  const lines = [
    subscription === undefined ? undefined : `Subscription: ${JSON.stringify(subscription)}`,
    group === undefined ? undefined : `Resource Group Name: ${JSON.stringify(group)}`,
    `${label} Name: ${JSON.stringify(name)}`,
  ];
  return `${label} (${lines.filter((line) => line !== undefined).join("\n")})`;
}

export function segmentAfter(id: string, name: string): string | undefined {
  const segments = id.split("/");
  const index = segments.findIndex((segment) => segment.toLowerCase() === name.toLowerCase());
  return index < 0 ? undefined : segments[index + 1];
}

export function parentId(id: string, levels = 1): string {
  return id
    .split("/")
    .slice(0, -2 * levels)
    .join("/");
}

/** `West Europe` and `westeurope` are the same place; azurerm writes the second. */
export function normalizeLocation(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}
