import type { ResourceNames } from "./resource-names.js";

/*
 * What Azure accepts as names: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 * Jobs: lower case, no "--", at most 32. Names are derived within these bounds; this is the net
 * under it, and what the tests of the derivation measure by.
 */
interface NameRule {
  readonly min: number;
  readonly max: number;
  readonly pattern: RegExp;
  /** Part of a public host name, where Azure refuses trademarks. */
  readonly public?: boolean;
}

const rules = {
  "resource group": { min: 1, max: 90, pattern: /^[\w().-]*[\w()-]$/ },
  "container registry": { min: 5, max: 50, pattern: /^[a-z0-9]+$/, public: true },
  "key vault": { min: 3, max: 24, pattern: /^[a-z](?:-?[a-z0-9])*$/, public: true },
  "log workspace": { min: 4, max: 63, pattern: /^[a-z0-9][a-z0-9-]*[a-z0-9]$/ },
  environment: { min: 2, max: 60, pattern: /^[a-z][a-z0-9-]*[a-z0-9]$/ },
  "managed identity": { min: 3, max: 128, pattern: /^[a-z0-9][\w-]*$/ },
  job: { min: 2, max: 32, pattern: /^[a-z](?:-?[a-z0-9])*$/ },
} as const satisfies Record<string, NameRule>;

export type NamedResource = keyof typeof rules;

/** https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-reserved-resource-name */
const reservedWords = ["microsoft", "windows"];

/** Why Azure would refuse a name, or undefined when it will do. */
export function findNameProblem(resource: NamedResource, name: string): string | undefined {
  const rule: NameRule = rules[resource];
  if (name.length > rule.max) return `has ${name.length} characters; Azure allows ${rule.max}`;
  if (name.length < rule.min) return `has ${name.length} characters; Azure wants ${rule.min}`;
  if (!rule.pattern.test(name)) return "has a character or a '-' where Azure allows none";
  const word = rule.public === true && reservedWords.find((reserved) => name.includes(reserved));
  return word ? `contains "${word}", which Azure reserves in public names` : undefined;
}

/** All derived names with what they name. */
export function listNames(
  names: ResourceNames,
  pools: readonly string[],
): { readonly resource: NamedResource; readonly name: string }[] {
  return [
    { resource: "resource group", name: names.resourceGroup },
    { resource: "container registry", name: names.registry },
    { resource: "key vault", name: names.keyVault },
    { resource: "log workspace", name: names.logWorkspace },
    { resource: "environment", name: names.environment },
    { resource: "managed identity", name: names.pullIdentity },
    { resource: "managed identity", name: names.vaultIdentity },
    ...pools.map((pool) => ({ resource: "job" as const, name: names.job(pool) })),
  ];
}
