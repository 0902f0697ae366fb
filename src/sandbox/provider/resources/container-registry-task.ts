import { identityFromWire, identityToWire } from "../arm/identity.js";
import { defineArmResource } from "../arm/resource.js";
import type { AttributeInput, Problem } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asJson, asNumber, asText, compact, type Json } from "../http/json.js";
import { checkExactlyOne, checkOneOf, checkPattern, checkRange } from "./checks.js";
import { stepFromWire, stepToWire, taskSteps } from "./container-registry-task-step.js";
import { triggersFromWire, triggersToWire } from "./container-registry-task-trigger.js";

export const taskApiVersion = "2019-06-01-preview";

const registryApiVersion = "2025-04-01";

export const containerRegistryTask = defineArmResource({
  type: "azurerm_container_registry_task",
  label: "Container Registry Task",
  apiVersion: taskApiVersion,
  id: "{container_registry_id}/tasks/{name}",
  forceNew: ["name", "container_registry_id", "is_system_task"],
  defaults: {
    enabled: true,
    is_system_task: false,
    timeout_in_seconds: 3600,
    base_image_trigger: { enabled: true, update_trigger_payload_type: "Default" },
    source_trigger: { enabled: true },
    timer_trigger: { enabled: true },
    docker_step: { push_enabled: true, cache_enabled: true },
  },
  validate: (config) => [
    ...checkPattern(
      config,
      "name",
      /^[a-zA-Z0-9-_]{5,50}$/,
      "has 5 to 50 letters, digits, - and _",
    ),
    ...checkRange(config, "timeout_in_seconds", 300, 28800),
    ...checkSteps(config),
  ],

  async request({ values, context }) {
    const registryId = values.requiredText("container_registry_id");
    const registry = await context.arm.get(registryId, registryApiVersion);
    const platform = values.block("platform");
    const cpu = values.block("agent_setting")?.number("cpu");
    return {
      location: registry["location"],
      tags: values.map("tags") ?? {},
      identity: identityToWire(values),
      properties: compact({
        status: values.flag("enabled") === true ? "Enabled" : "Disabled",
        isSystemTask: values.flag("is_system_task"),
        timeout: values.number("timeout_in_seconds"),
        logTemplate: values.text("log_template"),
        agentPoolName: values.text("agent_pool_name"),
        agentConfiguration: cpu === undefined ? undefined : { cpu },
        platform:
          platform === undefined
            ? undefined
            : compact({
                os: platform.text("os"),
                architecture: platform.text("architecture"),
                variant: platform.text("variant"),
              }),
        step: stepToWire(values),
        trigger: triggersToWire(values),
        credentials: credentialsToWire(values),
      }),
    };
  },

  attributes: ({ resource, state }) => {
    const properties = asJson(resource["properties"]);
    const platform = asJson(properties["platform"]);
    const cpu = asNumber(asJson(properties["agentConfiguration"])["cpu"]);
    return {
      enabled: asText(properties["status"]) !== "Disabled",
      is_system_task: properties["isSystemTask"] === true,
      timeout_in_seconds: asNumber(properties["timeout"]) ?? 3600,
      log_template: asText(properties["logTemplate"]) ?? null,
      agent_pool_name: asText(properties["agentPoolName"]) ?? null,
      agent_setting: cpu === undefined ? [] : [{ cpu }],
      platform:
        platform["os"] === undefined
          ? []
          : [
              {
                os: asText(platform["os"]) ?? null,
                architecture: asText(platform["architecture"]) ?? null,
                variant: asText(platform["variant"]) ?? null,
              },
            ],
      identity: identityFromWire(resource),
      registry_credential: credentialsFromWire(properties["credentials"], state),
      ...stepFromWire(asJson(properties["step"]), state),
      ...triggersFromWire(asJson(properties["trigger"])),
    };
  },
});

function checkSteps(config: Reader): Problem[] {
  if (config.flag("is_system_task") === true) return [];
  const platform = config.has("platform")
    ? []
    : [{ path: ["platform"], message: "`platform` must be specified unless `is_system_task`" }];
  const os = config.block("platform");
  return [
    ...platform,
    ...checkExactlyOne(config, taskSteps),
    ...(os === undefined ? [] : checkOneOf(os, "os", ["Linux", "Windows"])),
  ];
}

/** Credentials are sent and never given back, so the state keeps what Terraform planned. */
function credentialsToWire(values: Reader): Json | undefined {
  const block = values.block("registry_credential");
  if (block === undefined) return undefined;
  const loginMode = block.block("source")?.text("login_mode");
  return compact({
    sourceRegistry: loginMode === undefined ? undefined : { loginMode },
    customRegistries: Object.fromEntries(
      block.blocks("custom").map((custom) => [
        custom.requiredText("login_server"),
        compact({
          userName: secretObject(custom.text("username")),
          password: secretObject(custom.text("password")),
          identity: custom.text("identity"),
        }),
      ]),
    ),
  });
}

function secretObject(value: string | undefined): Json | undefined {
  if (value === undefined) return undefined;
  return { value, type: /^https:.*\/secrets\//.test(value) ? "Vaultsecret" : "Opaque" };
}

function credentialsFromWire(value: unknown, state: Reader): AttributeInput {
  const loginMode = asText(asJson(asJson(value)["sourceRegistry"])["loginMode"]);
  if (loginMode === undefined && !state.has("registry_credential")) return [];
  return [{ source: loginMode === undefined ? [] : [{ login_mode: loginMode }] }];
}
