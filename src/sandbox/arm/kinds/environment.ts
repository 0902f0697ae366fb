import { createHash } from "node:crypto";
import { makeArmError } from "../errors.js";
import { readList, readObject, type ArmRoom, type ResourceKind } from "../kind.js";
import { environmentType, jobType, subnetType, workspaceType } from "../type-names.js";
import { readWorkspaceKeys } from "./workspace.js";

/** https://learn.microsoft.com/rest/api/resource-manager/containerapps/managed-environments */
export function defineEnvironment(room: ArmRoom): ResourceKind[] {
  const environment: ResourceKind = {
    type: environmentType,
    location: "required",
    names: {
      pattern: /^(?=.{2,60}$)[a-zA-Z][a-zA-Z0-9-]*[a-zA-Z0-9]$/,
      rule: "must be 2 to 60 letters, digits and hyphens, begin with a letter and end with a letter or digit",
    },
    write: { how: "Azure-AsyncOperation", state: "Waiting" },
    remove: "Location",
    operations: "managedEnvironment",
    prepare({ id, location, body, existing, requireLinked }) {
      checkLogs(room, body.properties);
      checkProfiles(body.properties);
      const subnet = readObject(body.properties, "vnetConfiguration")["infrastructureSubnetId"];
      if (typeof subnet === "string") {
        checkSubnet(room, subnet);
        requireLinked("Microsoft.Network/virtualNetworks/subnets/join/action", subnet);
      }
      const mark = createHash("sha256").update(id.toLowerCase()).digest("hex");
      const profiles = readList(body.properties, "workloadProfiles");
      return {
        // A consumption-only environment has none; the field is there all the same.
        daprConfiguration: {},
        kedaConfiguration: { version: "2.18.1" },
        customDomainConfiguration: { customDomainVerificationId: mark.toUpperCase() },
        peerAuthentication: { mtls: { enabled: false } },
        peerTrafficConfiguration: { encryption: { enabled: false } },
        publicNetworkAccess: "Enabled",
        zoneRedundant: false,
        vnetConfiguration: null,
        infrastructureResourceGroup: null,
        ...existing?.properties,
        ...body.properties,
        workloadProfiles: profiles.length === 0 ? null : profiles,
        defaultDomain: `${mark.slice(0, 12)}.${location}.azurecontainerapps.io`,
        staticIp: "203.0.113.10",
        eventStreamEndpoint: `${room.ctx.origin}${id}/eventstream`,
      };
    },
    present(resource) {
      const logs = readObject(
        resource.properties,
        "appLogsConfiguration",
        "logAnalyticsConfiguration",
      );
      if (logs["sharedKey"] !== undefined) logs["sharedKey"] = null;
      return resource;
    },
    checkDelete(resource) {
      const jobs = room.store
        .list(jobType)
        .filter(
          (job) =>
            String(job.properties["environmentId"]).toLowerCase() === resource.id.toLowerCase(),
        );
      if (jobs.length === 0) return;
      throw makeArmError(
        409,
        "ManagedEnvironmentHasContainerAppsJobs",
        `The specified environment ${resource.name} cannot be deleted because it still contains ${jobs.length} Container Apps Jobs.`,
      );
    },
    views: {
      workloadprofilestates: () => ({ status: 200, body: { value: [] } }),
    },
  };
  return [
    environment,
    { type: `${environmentType}/storages`, location: "none" },
    { type: `${environmentType}/certificates`, location: "required" },
    { type: `${environmentType}/daprComponents`, location: "none" },
  ];
}

function checkLogs(room: ArmRoom, properties: Record<string, unknown>): void {
  const configuration = readObject(properties, "appLogsConfiguration");
  if (configuration["destination"] !== "log-analytics") return;
  const { customerId, sharedKey } = readObject(configuration, "logAnalyticsConfiguration");
  const workspace = room.store
    .list(workspaceType)
    .find((one) => one.properties["customerId"] === customerId);
  // A reader is shown no key: who writes back what was read keeps the one that is set.
  const isKey =
    sharedKey === null ||
    sharedKey === undefined ||
    (workspace !== undefined &&
      Object.values(readWorkspaceKeys(room, workspace.id)).includes(String(sharedKey)));
  if (workspace !== undefined && isKey) return;
  throw makeArmError(
    400,
    "InvalidRequestParameterWithDetails",
    "LogAnalyticsConfiguration is invalid. Must provide a valid LogAnalyticsConfiguration: the customerId of a workspace and one of its keys.",
  );
}

function checkProfiles(properties: Record<string, unknown>): void {
  for (const profile of readList(properties, "workloadProfiles")) {
    if (typeof profile["name"] === "string" && typeof profile["workloadProfileType"] === "string") {
      continue;
    }
    throw makeArmError(
      400,
      "InvalidWorkloadProfile",
      "Each workload profile needs a name and a workloadProfileType.",
    );
  }
}

/** https://learn.microsoft.com/azure/container-apps/custom-virtual-networks#subnet */
function checkSubnet(room: ArmRoom, id: string): void {
  const subnet = room.store.find(id);
  const delegated = readList(subnet?.properties, "delegations").some(
    (one) =>
      String(readObject(one, "properties")["serviceName"]).toLowerCase() ===
      "microsoft.app/environments",
  );
  if (subnet?.type === subnetType && delegated) return;
  throw makeArmError(
    400,
    "ManagedEnvironmentInvalidNetworkConfiguration",
    subnet === undefined
      ? `The subnet '${id}' was not found.`
      : `The environment network configuration is invalid: the subnet '${id}' must be delegated to 'Microsoft.App/environments'.`,
  );
}
