import { SandboxHttpError, type ArmResource } from "../../ports.js";
import { makeArmError } from "../errors.js";
import { readList, readObject, type ArmRoom, type Properties, type WriteInput } from "../kind.js";
import { environmentType } from "../type-names.js";

/** What Container Apps refuses when a job is written, before anything of it exists. */
export function checkJob(room: ArmRoom, input: WriteInput): void {
  const { body } = input;
  const environment = checkEnvironment(room, body);
  input.requireLinked("Microsoft.App/managedEnvironments/join/action", environment.id);
  const assigned = Object.keys(body.identity?.userAssignedIdentities ?? {});
  const isAssigned = (id: string): boolean =>
    id.toLowerCase() === "system"
      ? /SystemAssigned/i.test(body.identity?.type ?? "")
      : assigned.some((one) => one.toLowerCase() === id.toLowerCase());
  checkTrigger(body);
  checkProfile(body, environment);
  checkIdentities(body, isAssigned);
  checkSecrets(room, body);
  checkTemplate(body, environment);
  checkImages(room, body);
}

function invalid(field: string, details: string): SandboxHttpError {
  return makeArmError(
    400,
    "InvalidParameterValueInContainerTemplate",
    `The following field(s) are either invalid or missing. Field '${field}' is invalid with details: '${details}';.`,
  );
}

function checkEnvironment(room: ArmRoom, body: ArmResource): ArmResource {
  const id = String(body.properties["environmentId"] ?? "");
  const found = room.store.find(id);
  if (found === undefined || found.type !== environmentType) {
    throw makeArmError(
      400,
      "ManagedEnvironmentNotFound",
      `The Environment '${id}' specified for the job does not exist.`,
    );
  }
  if (found.properties["provisioningState"] !== "Succeeded") {
    throw makeArmError(
      409,
      "ManagedEnvironmentNotReadyForAppCreation",
      `The Environment '${found.name}' is not ready: its provisioning state is '${String(found.properties["provisioningState"])}'.`,
    );
  }
  if (found.location !== body.location) {
    throw makeArmError(
      400,
      "EnvironmentLocationMismatch",
      `The job's location '${body.location}' is not that of its environment, '${found.location}'.`,
    );
  }
  return found;
}

const triggers: Readonly<Record<string, string>> = {
  Manual: "manualTriggerConfig",
  Schedule: "scheduleTriggerConfig",
  Event: "eventTriggerConfig",
};

/** https://learn.microsoft.com/azure/container-apps/jobs#job-trigger-types */
function checkTrigger(body: ArmResource): void {
  const configuration = readObject(body.properties, "configuration");
  const trigger = triggers[String(configuration["triggerType"])];
  if (trigger === undefined) {
    throw invalid("configuration.triggerType", "must be one of Manual, Schedule, Event");
  }
  const settings = readObject(configuration, trigger);
  if (Object.keys(settings).length === 0) {
    throw invalid(`configuration.${trigger}`, "is required for this trigger type");
  }
  if (trigger === "scheduleTriggerConfig" && !isCron(settings["cronExpression"])) {
    throw invalid(
      "configuration.scheduleTriggerConfig.cronExpression",
      "must be a cron expression of five fields",
    );
  }
  const timeout = configuration["replicaTimeout"];
  if (typeof timeout !== "number" || !Number.isInteger(timeout) || timeout <= 0) {
    throw invalid("configuration.replicaTimeout", "must be a whole number of seconds above 0");
  }
  for (const rule of readList(settings, "scale", "rules")) {
    if (typeof rule["name"] !== "string" || typeof rule["type"] !== "string") {
      throw invalid("configuration.eventTriggerConfig.scale.rules", "each needs a name and a type");
    }
    for (const auth of readList(rule, "auth")) {
      checkSecretRef(body, auth["secretRef"], `scale rule '${rule["name"]}'`);
    }
  }
}

function isCron(expression: unknown): boolean {
  return typeof expression === "string" && expression.trim().split(/\s+/).length === 5;
}

function checkProfile(body: ArmResource, environment: ArmResource): void {
  const name = body.properties["workloadProfileName"];
  const profiles = readList(environment.properties, "workloadProfiles");
  if (typeof name !== "string" || name === "") return;
  if (profiles.some((one) => one["name"] === name)) return;
  throw makeArmError(
    400,
    "WorkloadProfileNotFound",
    `The workload profile '${name}' was not found in the environment '${environment.name}'.`,
  );
}

/** Identities that the configuration names must be assigned to the job. */
function checkIdentities(body: ArmResource, isAssigned: (id: string) => boolean): void {
  const configuration = readObject(body.properties, "configuration");
  const named: [field: string, id: unknown][] = [
    ...readList(configuration, "registries").map((one): [string, unknown] => [
      "configuration.registries.identity",
      one["identity"],
    ]),
    ...readList(configuration, "secrets").map((one): [string, unknown] => [
      "configuration.secrets.identity",
      one["identity"],
    ]),
    ...readList(configuration, "identitySettings").map((one): [string, unknown] => [
      "configuration.identitySettings.identity",
      one["identity"],
    ]),
  ];
  for (const [field, id] of named) {
    if (typeof id !== "string" || id === "" || isAssigned(id)) continue;
    throw invalid(field, `the identity '${id}' is not assigned to the job`);
  }
  for (const setting of readList(configuration, "identitySettings")) {
    if (/^(All|Init|Main|None)$/.test(String(setting["lifecycle"]))) continue;
    throw invalid(
      "configuration.identitySettings.lifecycle",
      "must be one of All, Init, Main, None",
    );
  }
}

function checkSecrets(room: ArmRoom, body: ArmResource): void {
  const seen = new Set<string>();
  for (const secret of readList(body.properties, "configuration", "secrets")) {
    const name = String(secret["name"] ?? "");
    if (!/^[a-z0-9][a-z0-9.-]*$/.test(name) || seen.has(name)) {
      throw invalid(
        "configuration.secrets.name",
        `'${name}' must be unique and of lower-case letters, digits, '-' and '.'`,
      );
    }
    seen.add(name);
    const { value, keyVaultUrl, identity } = secret;
    if (typeof keyVaultUrl === "string" && keyVaultUrl !== "") {
      if (typeof identity !== "string" || identity === "") {
        throw invalid("configuration.secrets.identity", `is required for the secret '${name}'`);
      }
      // Throws with the reason when the vault, the secret or the permission is missing.
      room.ctx.vault.resolveReference(keyVaultUrl, identity);
    } else if (typeof value !== "string" || value === "") {
      throw invalid("configuration.secrets.value", `the secret '${name}' has no value`);
    }
  }
  for (const registry of readList(body.properties, "configuration", "registries")) {
    const reference = registry["passwordSecretRef"];
    if (typeof reference !== "string" || reference === "") continue;
    checkSecretRef(body, reference, `registry '${String(registry["server"])}'`);
  }
}

function checkSecretRef(body: ArmResource, reference: unknown, user: string): void {
  const secrets = readList(body.properties, "configuration", "secrets");
  if (secrets.some((secret) => secret["name"] === reference)) return;
  throw makeArmError(
    400,
    "ContainerAppSecretRefNotFound",
    `SecretRef '${String(reference)}' defined for ${user} not found.`,
  );
}

interface Slot {
  readonly list: "containers" | "initContainers";
  readonly container: Properties;
  readonly name: string;
}

function listContainers(body: ArmResource): Slot[] {
  return (["containers", "initContainers"] as const).flatMap((list) =>
    readList(body.properties, "template", list).map((container) => ({
      list,
      container,
      name: String(container["name"] ?? ""),
    })),
  );
}

function checkTemplate(body: ArmResource, environment: ArmResource): void {
  const slots = listContainers(body);
  if (!slots.some((slot) => slot.list === "containers")) {
    throw invalid("template.containers", "there must be at least one container");
  }
  const volumes = readList(body.properties, "template", "volumes").map((one) => one["name"]);
  const names = new Set<string>();
  for (const { list, container, name } of slots) {
    const field = `template.${list}.${name}`;
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) || names.has(name)) {
      throw invalid(`template.${list}.name`, `'${name}' must be unique and a lower-case DNS label`);
    }
    names.add(name);
    if (typeof container["image"] !== "string" || container["image"] === "") {
      throw invalid(`${field}.image`, "is required");
    }
    for (const variable of readList(container, "env")) {
      const reference = variable["secretRef"];
      if (typeof reference !== "string" || reference === "") continue;
      checkSecretRef(body, reference, `container '${name}'`);
    }
    for (const mount of readList(container, "volumeMounts")) {
      if (volumes.includes(mount["volumeName"])) continue;
      throw invalid(`${field}.volumeMounts`, `there is no volume '${String(mount["volumeName"])}'`);
    }
  }
  checkResources(body, environment, slots);
}

/**
 * On the Consumption profile the containers' sum must be one of the listed pairs: steps of a quarter
 * core with twice as much memory. Init containers run before the others and count by themselves.
 * https://learn.microsoft.com/azure/container-apps/containers#allocations
 */
function checkResources(body: ArmResource, environment: ArmResource, slots: readonly Slot[]): void {
  const hasProfiles = readList(environment.properties, "workloadProfiles").length > 0;
  const profile = readList(environment.properties, "workloadProfiles").find(
    (one) => one["name"] === body.properties["workloadProfileName"],
  );
  const type = String(profile?.["workloadProfileType"] ?? "Consumption");
  if (type !== "Consumption") return;
  const most = hasProfiles ? 4 : 2;
  const sums = slots
    .filter((slot) => slot.list === "initContainers")
    .map((slot) => readResources(slot));
  const main = slots
    .filter((slot) => slot.list === "containers")
    .map((slot) => readResources(slot));
  sums.push({
    cpu: main.reduce((sum, one) => sum + one.cpu, 0),
    memory: main.reduce((sum, one) => sum + one.memory, 0),
  });
  for (const { cpu, memory } of sums) {
    const steps = cpu * 4;
    if (cpu > 0 && cpu <= most && Number.isInteger(steps) && memory === cpu * 2) continue;
    throw makeArmError(
      400,
      "ContainerAppInvalidResourceTotal",
      `The total requested CPU and memory resources for this job (CPU: ${cpu}, memory: ${memory}) is invalid. Total CPU and memory for all containers must be a multiple of 0.25 cores up to ${most} with twice as many Gi of memory, for example [cpu: 0.25, memory: 0.5Gi]; [cpu: 1.0, memory: 2.0Gi].`,
    );
  }
}

function readResources({ container, list, name }: Slot): { cpu: number; memory: number } {
  const { cpu, memory } = readObject(container, "resources");
  const gibibytes = /^(\d+(?:\.\d+)?)Gi$/.exec(String(memory))?.[1];
  if (typeof cpu !== "number" || gibibytes === undefined) {
    throw invalid(
      `template.${list}.${name}.resources`,
      "needs cpu (a number) and memory (as 0.5Gi)",
    );
  }
  return { cpu, memory: Number(gibibytes) };
}

/** Container Apps looks for every image when a job is written, with the registry's own credentials. */
function checkImages(room: ArmRoom, body: ArmResource): void {
  const registries = readList(body.properties, "configuration", "registries");
  for (const { list, container, name } of listContainers(body)) {
    const image = String(container["image"]);
    const server = image.split("/")[0] ?? "";
    const registry = registries.find(
      (one) => String(one["server"]).toLowerCase() === server.toLowerCase(),
    );
    const identity = registry?.["identity"];
    try {
      room.ctx.registry.pull(
        image,
        typeof identity === "string" && identity !== "" ? identity : undefined,
      );
    } catch (error) {
      if (!(error instanceof SandboxHttpError)) throw error;
      throw invalid(
        `template.${list}.${name}.image`,
        `Invalid value: "${image}": ${error.message}`,
      );
    }
  }
}
