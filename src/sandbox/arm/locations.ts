/** https://learn.microsoft.com/azure/reliability/regions-list */
const names = `australiacentral australiaeast australiasoutheast austriaeast belgiumcentral
brazilsouth brazilsoutheast canadacentral canadaeast centralindia centralus chilecentral eastasia
eastus eastus2 francecentral francesouth germanynorth germanywestcentral indonesiacentral
israelcentral italynorth japaneast japanwest jioindiacentral jioindiawest koreacentral koreasouth
malaysiawest mexicocentral newzealandnorth northcentralus northeurope norwayeast norwaywest
polandcentral qatarcentral southafricanorth southafricawest southcentralus southeastasia southindia
spaincentral swedencentral switzerlandnorth switzerlandwest uaecentral uaenorth uksouth ukwest
westcentralus westeurope westindia westus westus2 westus3 usgovvirginia usgovarizona usgovtexas
chinaeast2 chinanorth2 chinanorth3`;

export const locations: ReadonlySet<string> = new Set(names.split(/\s+/));

/** `West Europe` and `westeurope` are one place. */
export function normalizeLocation(location: string): string {
  return location.replaceAll(" ", "").toLowerCase();
}
