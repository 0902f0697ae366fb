import type { Path } from "./document.js";

/*
 * Fixes for mistakes that are common enough to be recognized by what was written; everything else
 * gets the key's description.
 */

interface SpecialFix {
  /** The path with `[]` for any index. */
  readonly path: RegExp;
  /** The fix, or undefined when the value shows another mistake. */
  readonly fix: (value: unknown) => string | undefined;
}

const slug = /^(?:https?:\/\/[^/]+\/)?([\w.-]+)\/([\w.-]+?)(?:\.git)?\/?$/;

const specialFixes: readonly SpecialFix[] = [
  {
    path: /^location$/,
    fix: (value) => {
      const short = typeof value === "string" ? value.toLowerCase().replace(/[\s_-]/g, "") : "";
      return /^[a-z]+\d*$/.test(short)
        ? `Write the region's short name: ${short}. \`az account list-locations --query "[].name"\` lists them.`
        : undefined;
    },
  },
  {
    path: /^(name|pools\[\]\.name)$/,
    fix: (value) => {
      if (typeof value !== "string") return undefined;
      const short = value
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, "-")
        .replace(/^[^a-z]+|-+$/g, "");
      return short !== value && short.length >= 2 && short.length <= 20
        ? `For example: ${short}.`
        : "Choose a shorter or simpler one: the names of the container registry, the key vault and the jobs are derived from it, and Azure bounds their length (registry 50, vault 24, job 32).";
    },
  },
  {
    path: /^github\.owner$/,
    fix: (value) => {
      const match = typeof value === "string" ? slug.exec(value) : null;
      if (match !== null) return `Write owner: ${match[1]} and repositories: [${match[2]}].`;
      const owner =
        typeof value === "string" ? /^https?:\/\/[^/]+\/([\w-]+)\/?$/.exec(value) : null;
      return owner === null ? undefined : `Write owner: ${owner[1]}.`;
    },
  },
  {
    path: /^github\.repositories\[\]$/,
    fix: (value) => {
      const match = typeof value === "string" ? slug.exec(value) : null;
      return match === null ? undefined : `Write ${match[2]}; the owner is in github.owner.`;
    },
  },
  {
    path: /^github\.url$/,
    fix: (value) => {
      if (typeof value !== "string") return undefined;
      if (/^[\w.-]+$/.test(value)) return `Write https://${value.replace(/^api\./, "")}.`;
      const parts = /^https?:\/\/(?:api\.)?([\w.-]+(?::\d+)?)(?:\/([\w-]+))?/.exec(value);
      if (parts === null) return undefined;
      const owner = parts[2] === undefined || parts[2] === "api" ? "" : ` and owner: ${parts[2]}`;
      return `Write url: https://${parts[1]}${owner}.`;
    },
  },
  {
    path: /^pools\[\]\.memory$/,
    fix: (value) => {
      const amount = /^(\d+(?:\.\d+)?)\s*(?:G|GB|Gi|GiB|gi|gb)?$/.exec(String(value))?.[1];
      return amount === undefined ? undefined : `Write ${amount}Gi.`;
    },
  },
  {
    path: /(^|\.)(timeout|pollingInterval)$/,
    fix: (value) => {
      const match = /^(\d+)\s*(sec|second|min|minute|hr|hour|day)s?$/i.exec(String(value));
      return match === null ? undefined : `Write ${match[1]}${match[2]?.charAt(0).toLowerCase()}.`;
    },
  },
  {
    path: /^pools$/,
    fix: (value) =>
      typeof value === "object" && !Array.isArray(value)
        ? "Start each pool with a dash: - name: default."
        : undefined,
  },
];

export function findSpecialFix(path: Path, value: unknown): string | undefined {
  const shape = path
    .map((key) => (typeof key === "number" ? "[]" : `.${String(key)}`))
    .join("")
    .slice(1);
  for (const special of specialFixes) {
    const fix = special.path.test(shape) ? special.fix(value) : undefined;
    if (fix !== undefined) return fix;
  }
  return undefined;
}
