import { SandboxHttpError, type ArmResource } from "../ports.js";

/*
 * What an execution runs, read from the wire body of a job and, where one is given, of a start
 * override. https://learn.microsoft.com/rest/api/containerapps/jobs
 */

export interface PlannedVariable {
  readonly name: string;
  readonly value?: string;
  readonly secretRef?: string;
}

export interface PlannedMount {
  readonly volumeName: string;
  readonly mountPath: string;
  readonly subPath?: string;
}

export interface PlannedContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly args: readonly string[];
  readonly env: readonly PlannedVariable[];
  readonly mounts: readonly PlannedMount[];
}

export interface PlannedVolume {
  readonly name: string;
  readonly storageType: "EmptyDir" | "Secret" | "AzureFile" | "NfsAzureFile";
  /** Of a Secret volume: which secrets at which paths; empty means all of them. */
  readonly secrets: readonly { readonly secretRef: string; readonly path: string }[];
}

export interface PlannedSecret {
  readonly name: string;
  readonly value?: string;
  readonly keyVaultUrl?: string;
  readonly identity?: string;
}

export interface ExecutionPlan {
  readonly initContainers: readonly PlannedContainer[];
  readonly containers: readonly PlannedContainer[];
  readonly volumes: readonly PlannedVolume[];
  readonly secrets: readonly PlannedSecret[];
  readonly registries: readonly { readonly server: string; readonly identity?: string }[];
  readonly identitySettings: readonly { readonly identity: string; readonly lifecycle: string }[];
  readonly replicaTimeoutSeconds: number;
  readonly replicaRetryLimit: number;
  readonly parallelism: number;
  readonly completions: number;
  /** As the execution's record shows it. */
  readonly template: Record<string, unknown>;
}

type Json = Record<string, unknown>;

export function readExecutionPlan(job: ArmResource, override: Json | undefined): ExecutionPlan {
  const configuration = readObject(job.properties["configuration"]);
  const jobTemplate = readObject(job.properties["template"]);
  const template = override === undefined ? jobTemplate : readOverride(override);
  const containers = readList(template["containers"]).map(readContainer);
  if (containers.length === 0) {
    throw new SandboxHttpError(400, "InvalidRequest", "The template has no container to run.");
  }
  const trigger = readTrigger(configuration);
  return {
    initContainers: readList(template["initContainers"]).map(readContainer),
    containers,
    volumes: override === undefined ? readList(jobTemplate["volumes"]).map(readVolume) : [],
    secrets: readList(configuration["secrets"]).map(readSecret),
    registries: readList(configuration["registries"]).map((each) => ({
      server: readText(each["server"]) ?? "",
      ...optional("identity", readText(each["identity"])),
    })),
    identitySettings: readList(configuration["identitySettings"]).map((each) => ({
      identity: readText(each["identity"]) ?? "",
      lifecycle: readText(each["lifecycle"]) ?? "All",
    })),
    replicaTimeoutSeconds: readNumber(configuration["replicaTimeout"]) ?? 1800,
    replicaRetryLimit: readNumber(configuration["replicaRetryLimit"]) ?? 0,
    parallelism: Math.max(1, readNumber(trigger["parallelism"]) ?? 1),
    completions: Math.max(1, readNumber(trigger["replicaCompletionCount"]) ?? 1),
    template,
  };
}

/**
 * The override replaces the template, it is not merged with it; its containers have no volume
 * mounts (JobExecutionContainer of the API), so what a caller sends in their place is dropped.
 */
function readOverride(override: Json): Json {
  const strip = (list: unknown): Json[] =>
    readList(list).map(({ volumeMounts: _mounts, probes: _probes, ...container }) => container);
  return {
    containers: strip(override["containers"]),
    ...(override["initContainers"] === undefined
      ? {}
      : { initContainers: strip(override["initContainers"]) }),
  };
}

function readTrigger(configuration: Json): Json {
  switch (configuration["triggerType"]) {
    case "Schedule":
      return readObject(configuration["scheduleTriggerConfig"]);
    case "Event":
      return readObject(configuration["eventTriggerConfig"]);
    default:
      return readObject(configuration["manualTriggerConfig"]);
  }
}

function readContainer(wire: Json): PlannedContainer {
  const image = readText(wire["image"]);
  if (image === undefined) {
    throw new SandboxHttpError(400, "InvalidRequest", "A container of the template has no image.");
  }
  return {
    name: readText(wire["name"]) ?? "container",
    image,
    command: readTexts(wire["command"]),
    args: readTexts(wire["args"]),
    env: readList(wire["env"]).map((each) => ({
      name: readText(each["name"]) ?? "",
      ...optional("value", readText(each["value"])),
      ...optional("secretRef", readText(each["secretRef"])),
    })),
    mounts: readList(wire["volumeMounts"]).map((each) => ({
      volumeName: readText(each["volumeName"]) ?? "",
      mountPath: readText(each["mountPath"]) ?? "",
      ...optional("subPath", readText(each["subPath"])),
    })),
  };
}

function readVolume(wire: Json): PlannedVolume {
  const type = readText(wire["storageType"]) ?? "EmptyDir";
  return {
    name: readText(wire["name"]) ?? "",
    storageType:
      type === "Secret" || type === "AzureFile" || type === "NfsAzureFile" ? type : "EmptyDir",
    secrets: readList(wire["secrets"]).map((each) => {
      const secretRef = readText(each["secretRef"]) ?? "";
      return { secretRef, path: readText(each["path"]) ?? secretRef };
    }),
  };
}

function readSecret(wire: Json): PlannedSecret {
  return {
    name: readText(wire["name"]) ?? "",
    ...optional("value", typeof wire["value"] === "string" ? wire["value"] : undefined),
    ...optional("keyVaultUrl", readText(wire["keyVaultUrl"])),
    ...optional("identity", readText(wire["identity"])),
  };
}

function optional<K extends string>(key: K, value: string | undefined): { [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value } as { [P in K]?: string });
}

function readObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Json)
    : {};
}

function readList(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(readObject) : [];
}

/** Wire bodies carry empty strings for what is not set. */
function readText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function readTexts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function readNumber(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
