import { identityFromWire, identityToWire } from "../arm/identity.js";
import { defineArmResource } from "../arm/resource.js";
import type { AttributeInput, Problem, ProviderContext } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkEach, checkExactlyOne, checkPattern, checkRange } from "./checks.js";
import { probeDefaults } from "./container-app-probe.js";
import {
  checkContainer,
  checkVolume,
  templateFromWire,
  templateToWire,
} from "./container-app-template.js";
import { triggerBlocks, triggerFromWire, triggerToWire } from "./container-app-trigger.js";

const apiVersion = "2025-07-01";

export const containerAppJob = defineArmResource({
  type: "azurerm_container_app_job",
  label: "Job",
  apiVersion,
  id: "/subscriptions/{subscription}/resourceGroups/{resource_group_name}/providers/Microsoft.App/jobs/{name}",
  forceNew: ["name", "resource_group_name", "location", "container_app_environment_id"],
  defaults: {
    manual_trigger_config: { parallelism: 1, replica_completion_count: 1 },
    schedule_trigger_config: { parallelism: 1, replica_completion_count: 1 },
    event_trigger_config: {
      parallelism: 1,
      replica_completion_count: 1,
      scale: { max_executions: 100, min_executions: 0, polling_interval_in_seconds: 30 },
    },
    template: {
      volume: { storage_type: "EmptyDir" },
      container: {
        liveness_probe: { ...probeDefaults, initial_delay: 1 },
        readiness_probe: { ...probeDefaults, initial_delay: 0, success_count_threshold: 3 },
        startup_probe: { ...probeDefaults, initial_delay: 0 },
      },
    },
  },
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^(?!.*--)[a-z]([a-z0-9-]{0,30}[a-z0-9])?$/,
      "begins with a lower case letter, has at most 32 lower case letters, digits and single hyphens and does not end in a hyphen",
    ),
    ...checkExactlyOne(config, triggerBlocks),
    ...checkRange(config, "replica_timeout_in_seconds", 1, Number.MAX_SAFE_INTEGER),
    ...checkRange(config, "replica_retry_limit", 0, Number.MAX_SAFE_INTEGER),
    ...checkEach(config, "secret", checkSecret),
    ...checkEach(config, "registry", checkRegistry),
    ...checkEach(config, "template", (template) => [
      ...checkEach(template, "container", checkContainer),
      ...checkEach(template, "init_container", checkContainer),
      ...checkEach(template, "volume", checkVolume),
    ]),
  ],

  /** An update changes what Terraform manages and leaves the rest, such as identitySettings. */
  request({ values, existing }) {
    const before = asJson(existing?.["properties"]);
    return {
      location: values.text("location"),
      tags: values.map("tags") ?? {},
      identity: identityToWire(values),
      properties: compact({
        environmentId: values.text("container_app_environment_id"),
        workloadProfileName: values.text("workload_profile_name"),
        configuration: compact({
          ...asJson(before["configuration"]),
          ...triggerToWire(values),
          replicaTimeout: values.number("replica_timeout_in_seconds"),
          replicaRetryLimit: values.number("replica_retry_limit") ?? 0,
          secrets: values.blocks("secret").map(secretToWire),
          registries: values.blocks("registry").map(registryToWire),
        }),
        template: templateToWire(values.block("template")),
      }),
    };
  },

  async attributes({ id, resource, context }) {
    const properties = asJson(resource["properties"]);
    const configuration = asJson(properties["configuration"]);
    return {
      container_app_environment_id:
        asText(properties["environmentId"]) ?? asText(properties["managedEnvironmentId"]) ?? null,
      workload_profile_name: asText(properties["workloadProfileName"]) ?? null,
      event_stream_endpoint: asText(properties["eventStreamEndpoint"]) ?? "",
      outbound_ip_addresses: asTexts(properties["outboundIpAddresses"]),
      replica_timeout_in_seconds: asNumber(configuration["replicaTimeout"]) ?? null,
      replica_retry_limit: asNumber(configuration["replicaRetryLimit"]) ?? 0,
      ...triggerFromWire(configuration),
      registry: asItems(configuration["registries"]).map((registry) => ({
        server: asText(registry["server"]) ?? null,
        identity: asText(registry["identity"]) ?? null,
        username: asText(registry["username"]) ?? null,
        password_secret_name: asText(registry["passwordSecretRef"]) ?? null,
      })),
      secret: await readSecrets(id, context),
      template: templateFromWire(asJson(properties["template"])),
      identity: identityFromWire(resource),
    };
  },
});

function checkSecret(secret: Reader): Problem[] {
  const reference = secret.value("key_vault_secret_id") !== null;
  const identity = secret.value("identity") !== null;
  if (reference !== identity) {
    return [
      {
        path: [],
        message: "`identity` and `key_vault_secret_id` of a secret must be set together",
      },
    ];
  }
  if (!reference && secret.value("value") === null) {
    return [{ path: [], message: "a secret needs `value` or `key_vault_secret_id`" }];
  }
  return [];
}

function checkRegistry(registry: Reader): Problem[] {
  const identity = registry.value("identity") !== null;
  const password = registry.value("password_secret_name") !== null;
  const username = registry.value("username") !== null;
  if (identity && (password || username)) {
    return [
      {
        path: ["identity"],
        message: "`identity` of a registry conflicts with `username` and `password_secret_name`",
      },
    ];
  }
  if (!identity && !(password && username)) {
    return [
      {
        path: ["server"],
        message: "a registry needs `identity`, or `username` with `password_secret_name`",
      },
    ];
  }
  return [];
}

function secretToWire(secret: Reader): Json {
  const keyVaultUrl = secret.text("key_vault_secret_id");
  const name = secret.text("name");
  if (keyVaultUrl === undefined) return { name, value: secret.text("value") };
  const identity = secret.text("identity");
  // The API spells the system-assigned identity in lower case.
  return { name, keyVaultUrl, identity: identity === "System" ? "system" : identity };
}

/** The job itself does not show its secrets; the list does. */
async function readSecrets(id: string, context: ProviderContext): Promise<AttributeInput> {
  const answer = await context.arm.run("POST", `${id}/listSecrets`, apiVersion, undefined);
  return asItems(answer["value"]).map((secret) => {
    const url = asText(secret["keyVaultUrl"]);
    const identity = asText(secret["identity"]);
    return {
      name: asText(secret["name"]) ?? null,
      key_vault_secret_id: url ?? null,
      identity: identity?.toLowerCase() === "system" ? "System" : (identity ?? null),
      value: url === undefined ? (asText(secret["value"]) ?? null) : null,
    };
  });
}

function registryToWire(registry: Reader): Json {
  return compact({
    server: registry.text("server"),
    identity: registry.text("identity"),
    username: registry.text("username") ?? "",
    passwordSecretRef: registry.text("password_secret_name") ?? "",
  });
}
