import { identityFromWire, identityToWire } from "../arm/identity.js";
import { defineArmResource } from "../arm/resource.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Problem, ProviderContext } from "../engine/model.js";
import { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, compact, type Json } from "../http/json.js";
import { checkEach, checkOneOf, checkPattern } from "./checks.js";

const workspaceVersion = "2022-10-01";
const sharedKeysVersion = "2020-08-01";

export const containerAppEnvironment = defineArmResource({
  type: "azurerm_container_app_environment",
  label: "Managed Environment",
  apiVersion: "2025-07-01",
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.App/managedEnvironments/{name}",
  forceNew: [
    "name",
    "resource_group_name",
    "location",
    "dapr_application_insights_connection_string",
    "infrastructure_resource_group_name",
    "infrastructure_subnet_id",
    "internal_load_balancer_enabled",
    "zone_redundancy_enabled",
  ],
  defaults: {
    internal_load_balancer_enabled: false,
    mutual_tls_enabled: false,
    zone_redundancy_enabled: false,
  },
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^[a-z]([a-z0-9-]{0,58}[a-z0-9])?$/,
      "begins with a lower case letter, has at most 60 lower case letters, digits and hyphens and does not end in a hyphen",
    ),
    ...checkOneOf(config, "logs_destination", ["log-analytics", "azure-monitor"]),
    ...checkOneOf(config, "public_network_access", ["Enabled", "Disabled"]),
    ...checkLogs(config),
    ...checkEach(config, "workload_profile", checkProfile),
    ...["internal_load_balancer_enabled", "zone_redundancy_enabled"].flatMap((name) =>
      config.flag(name) === true && config.value("infrastructure_subnet_id") === null
        ? [{ path: [name], message: `\`${name}\` needs \`infrastructure_subnet_id\`` }]
        : [],
    ),
  ],

  /** Profiles can be changed but neither introduced nor given up. */
  plan({ prior, planned }) {
    if (prior === undefined) return {};
    const before = prior.blocks("workload_profile").length > 0;
    const after = new Reader(planned).blocks("workload_profile").length > 0;
    return before === after ? {} : { replace: ["workload_profile"] };
  },

  async request({ values, context, existing }) {
    const subnet = values.text("infrastructure_subnet_id");
    const before = asJson(existing?.["properties"]);
    return {
      location: values.text("location"),
      tags: values.map("tags") ?? {},
      ...(values.has("identity") || existing !== undefined
        ? { identity: identityToWire(values) }
        : {}),
      properties: compact({
        ...writable(before),
        appLogsConfiguration: await logsToWire(values, context),
        daprAIConnectionString: values.text("dapr_application_insights_connection_string"),
        infrastructureResourceGroup: values.text("infrastructure_resource_group_name"),
        peerAuthentication: { mtls: { enabled: values.flag("mutual_tls_enabled") === true } },
        publicNetworkAccess: values.text("public_network_access"),
        vnetConfiguration:
          subnet === undefined
            ? undefined
            : {
                infrastructureSubnetId: subnet,
                internal: values.flag("internal_load_balancer_enabled") === true,
              },
        workloadProfiles: values.has("workload_profile")
          ? values.blocks("workload_profile").map(profileToWire)
          : undefined,
        zoneRedundant: values.flag("zone_redundancy_enabled") === true,
      }),
    };
  },

  async attributes({ resource, state, context }) {
    const properties = asJson(resource["properties"]);
    const network = asJson(properties["vnetConfiguration"]);
    const logs = asJson(properties["appLogsConfiguration"]);
    const customDomain = asJson(properties["customDomainConfiguration"]);
    const destination = asText(logs["destination"]) ?? "";
    const customerId = asText(asJson(logs["logAnalyticsConfiguration"])["customerId"]);
    return {
      default_domain: asText(properties["defaultDomain"]) ?? null,
      static_ip_address: asText(properties["staticIp"]) ?? null,
      custom_domain_verification_id: asText(customDomain["customDomainVerificationId"]) ?? null,
      docker_bridge_cidr: asText(network["dockerBridgeCidr"]) ?? "",
      platform_reserved_cidr: asText(network["platformReservedCidr"]) ?? "",
      platform_reserved_dns_ip_address: asText(network["platformReservedDnsIP"]) ?? "",
      infrastructure_subnet_id: asText(network["infrastructureSubnetId"]) ?? null,
      internal_load_balancer_enabled: network["internal"] === true,
      infrastructure_resource_group_name: state.has("infrastructure_resource_group_name")
        ? (asText(properties["infrastructureResourceGroup"]) ?? null)
        : null,
      logs_destination: destination === "none" ? "" : destination,
      log_analytics_workspace_id:
        destination === "log-analytics" && customerId !== undefined
          ? await findWorkspace(customerId, context)
          : null,
      mutual_tls_enabled:
        asJson(asJson(properties["peerAuthentication"])["mtls"])["enabled"] === true,
      public_network_access: asText(properties["publicNetworkAccess"]) ?? "Enabled",
      zone_redundancy_enabled: properties["zoneRedundant"] === true,
      workload_profile: asItems(properties["workloadProfiles"]).map((profile) => ({
        name: asText(profile["name"]) ?? null,
        workload_profile_type: asText(profile["workloadProfileType"]) ?? null,
        minimum_count: asNumber(profile["minimumCount"]) ?? null,
        maximum_count: asNumber(profile["maximumCount"]) ?? null,
      })),
      identity: identityFromWire(resource),
    };
  },
});

function checkLogs(config: Reader): Problem[] {
  const destination = config.text("logs_destination");
  const workspace = config.value("log_analytics_workspace_id");
  if (destination === "log-analytics" && workspace === null) {
    return [
      {
        path: ["log_analytics_workspace_id"],
        message:
          "`log_analytics_workspace_id` must be set when `logs_destination` is `log-analytics`",
      },
    ];
  }
  if (destination === "azure-monitor" && workspace !== null) {
    return [
      {
        path: ["log_analytics_workspace_id"],
        message:
          "`log_analytics_workspace_id` cannot be set when `logs_destination` is `azure-monitor`",
      },
    ];
  }
  return [];
}

function checkProfile(profile: Reader): Problem[] {
  const consumption = profile.text("workload_profile_type") === "Consumption";
  if (consumption && profile.text("name") !== undefined && profile.text("name") !== "Consumption") {
    return [
      {
        path: ["name"],
        message: "a workload profile of type `Consumption` must be named `Consumption`",
      },
    ];
  }
  return [];
}

function profileToWire(profile: Reader): Json {
  const type = profile.text("workload_profile_type");
  if (type === "Consumption") return { name: profile.text("name"), workloadProfileType: type };
  return {
    name: profile.text("name"),
    workloadProfileType: type,
    minimumCount: profile.number("minimum_count") ?? 0,
    maximumCount: profile.number("maximum_count") ?? 0,
  };
}

/** The environment is told the workspace's key: Azure does not look it up. */
async function logsToWire(values: Reader, context: ProviderContext): Promise<Json | undefined> {
  const workspaceId = values.text("log_analytics_workspace_id");
  if (workspaceId === undefined) {
    const destination = values.text("logs_destination");
    return destination === "azure-monitor" ? { destination } : undefined;
  }
  const workspace = await context.arm.find(workspaceId, workspaceVersion);
  const customerId = asText(asJson(workspace?.["properties"])["customerId"]);
  if (customerId === undefined) {
    throw new DiagnosticError(`retrieving Log Analytics Workspace ${workspaceId}: not found`, {
      path: ["log_analytics_workspace_id"],
    });
  }
  const keys = await context.arm.run(
    "POST",
    `${workspaceId}/sharedKeys`,
    sharedKeysVersion,
    undefined,
  );
  return {
    destination: "log-analytics",
    logAnalyticsConfiguration: { customerId, sharedKey: asText(keys["primarySharedKey"]) },
  };
}

/** An environment knows its workspace by the customer id alone. */
async function findWorkspace(customerId: string, context: ProviderContext): Promise<string | null> {
  const workspaces = await context.arm.list(
    `/subscriptions/${context.arm.subscriptionId}/providers/Microsoft.OperationalInsights/workspaces`,
    workspaceVersion,
  );
  const found = workspaces.find(
    (workspace) => asText(asJson(workspace["properties"])["customerId"]) === customerId,
  );
  return asText(found?.["id"]) ?? null;
}

/** What others may have set and a PUT would otherwise take away. */
function writable(properties: Json): Json {
  const kept = [
    "customDomainConfiguration",
    "daprAIInstrumentationKey",
    "peerTrafficConfiguration",
  ];
  return Object.fromEntries(Object.entries(properties).filter(([name]) => kept.includes(name)));
}
