import type { AttributeInput, Attributes, Problem } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, asTexts, compact, type Json } from "../http/json.js";
import { checkOneOf, checkPattern } from "./checks.js";
import { probesFromWire, probesToWire } from "./container-app-probe.js";

export function checkContainer(container: Reader): Problem[] {
  const cpu = container.number("cpu");
  return [
    ...checkPattern(
      container,
      "name",
      /^[a-z]([a-z0-9-]*[a-z0-9])?$/,
      "begins with a lower case letter and has lower case letters, digits and hyphens",
    ),
    ...checkPattern(container, "memory", /^\d+(\.\d+)?Gi$/, "is a number with the unit Gi"),
    ...(cpu === undefined || cpu >= 0.1
      ? []
      : [{ path: ["cpu"], message: `expected cpu to be at least (0.1), got ${cpu}` }]),
  ];
}

export function checkVolume(volume: Reader): Problem[] {
  return checkOneOf(volume, "storage_type", ["AzureFile", "EmptyDir", "NfsAzureFile", "Secret"]);
}

export function templateToWire(template: Reader | undefined): Json {
  return {
    containers: (template?.blocks("container") ?? []).map((container) =>
      compact({ ...containerToWire(container), probes: probesToWire(container) }),
    ),
    initContainers: (template?.blocks("init_container") ?? []).map(containerToWire),
    volumes: (template?.blocks("volume") ?? []).map((volume) =>
      compact({
        name: volume.text("name"),
        storageType: volume.text("storage_type"),
        storageName: volume.text("storage_name"),
        mountOptions: volume.text("mount_options"),
      }),
    ),
  };
}

function containerToWire(container: Reader): Record<string, unknown> {
  return compact({
    name: container.text("name"),
    image: container.text("image"),
    command: container.texts("command"),
    args: container.texts("args"),
    env: container.blocks("env").map((variable) => {
      const secretRef = variable.text("secret_name");
      const name = variable.text("name");
      return secretRef === undefined
        ? { name, value: variable.text("value") ?? "" }
        : { name, secretRef };
    }),
    resources: compact({
      cpu: container.number("cpu"),
      memory: container.text("memory"),
      ephemeralStorage: container.text("ephemeral_storage") ?? "",
    }),
    volumeMounts: container.blocks("volume_mounts").map((mount) =>
      compact({
        volumeName: mount.text("name"),
        mountPath: mount.text("path"),
        subPath: mount.text("sub_path"),
      }),
    ),
  });
}

export function templateFromWire(template: Json): AttributeInput {
  return [
    {
      container: asItems(template["containers"]).map((container) => ({
        ...containerFromWire(container),
        ...probesFromWire(container["probes"]),
      })),
      init_container: asItems(template["initContainers"]).map(containerFromWire),
      volume: asItems(template["volumes"]).map((volume) => ({
        name: asText(volume["name"]) ?? null,
        storage_type: asText(volume["storageType"]) ?? null,
        storage_name: asText(volume["storageName"]) ?? null,
        mount_options: asText(volume["mountOptions"]) ?? null,
      })),
    },
  ];
}

function containerFromWire(container: Json): Attributes {
  const resources = asJson(container["resources"]);
  return {
    name: asText(container["name"]) ?? null,
    image: asText(container["image"]) ?? null,
    command: asTexts(container["command"]),
    args: asTexts(container["args"]),
    cpu: asNumber(resources["cpu"]) ?? null,
    memory: asText(resources["memory"]) ?? null,
    ephemeral_storage: asText(resources["ephemeralStorage"]) ?? "",
    env: asItems(container["env"]).map((variable) => ({
      name: asText(variable["name"]) ?? null,
      value: asText(variable["value"]) ?? null,
      secret_name: asText(variable["secretRef"]) ?? null,
    })),
    volume_mounts: asItems(container["volumeMounts"]).map((mount) => ({
      name: asText(mount["volumeName"]) ?? null,
      path: asText(mount["mountPath"]) ?? null,
      sub_path: asText(mount["subPath"]) ?? null,
    })),
  };
}
