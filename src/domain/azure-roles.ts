/*
 * The built-in role with the fewest rights that has an action:
 * https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
 */
const roles: readonly (readonly [pattern: RegExp, role: string])[] = [
  [/^microsoft\.app\/jobs\/(start|stop|executions)/i, "Container Apps Jobs Operator"],
  [/^microsoft\.app\/.*\/read$/i, "Container Apps Jobs Reader"],
  [
    /^microsoft\.containerregistry\/registries\/(schedulerun|runs|listbuildsourceuploadurl|tasks)/i,
    "Container Registry Tasks Contributor",
  ],
  [/^microsoft\.containerregistry\/registries\/(pull|metadata|artifacts)/i, "AcrPull"],
  [/^microsoft\.keyvault\/vaults\/secrets\/(set|update|delete)/i, "Key Vault Secrets Officer"],
  [/^microsoft\.keyvault\/vaults\/secrets/i, "Key Vault Secrets User"],
  [/^microsoft\.operationalinsights\/workspaces\/(query|read)/i, "Log Analytics Reader"],
  [/^microsoft\.authorization\//i, "User Access Administrator"],
  [/\/read$/i, "Reader"],
];

export function suggestRole(action: string): string {
  return roles.find(([pattern]) => pattern.test(action))?.[1] ?? "Contributor";
}
