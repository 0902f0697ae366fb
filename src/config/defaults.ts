import { isAbsolute, resolve } from "node:path";

import { findTrackingProblem } from "../domain/base-image.js";
import { memoryFor, parseGibibytes } from "../domain/compute.js";
import { parseDuration } from "../domain/duration.js";
import { apiUrlOf, normalizeGithubUrl } from "../domain/github-address.js";
import type { ConfigInput } from "./schema.js";
import type {
  GithubConfig,
  ImageConfig,
  PoolConfig,
  RunnerctlConfig,
  StateConfig,
  TriggerConfig,
} from "./types.js";

export const defaultSecretNames = { app: "github-app-key", pat: "github-pat" } as const;

export const poolDefaults = {
  name: "default",
  cpu: 2,
  timeout: "6h",
  maxExecutions: 10,
  pollingInterval: "30s",
} as const;

/** Weekly: GitHub refuses jobs on runners that are more than 30 days behind. */
const defaultSchedule = "0 3 * * 1";

/** Everything that a valid file leaves open; `directory` is the file's own. */
export function applyDefaults(input: ConfigInput, directory: string): RunnerctlConfig {
  return {
    name: input.name,
    location: input.location,
    subscription: input.subscription,
    tags: input.tags ?? {},
    github: resolveGithub(input.github),
    image: resolveImage(input.image ?? {}, directory),
    state: resolveState(input.state ?? { backend: "local" }, input.name, directory),
    pools: (input.pools ?? [{ name: poolDefaults.name }]).map(resolvePool),
  };
}

export function resolveGithub(input: ConfigInput["github"]): GithubConfig {
  const url = normalizeGithubUrl(input.url ?? "https://github.com");
  const repositories = input.repositories ?? [];
  const auth = input.auth ?? { type: "pat" };
  return {
    url,
    apiUrl: apiUrlOf(url),
    owner: input.owner,
    repositories,
    scope: input.scope ?? (repositories.length === 1 ? "repository" : "organization"),
    auth:
      auth.type === "app"
        ? {
            type: "app",
            appId: String(auth.appId),
            installationId: auth.installationId,
            secret: auth.secret ?? defaultSecretNames.app,
          }
        : { type: "pat", secret: auth.secret ?? defaultSecretNames.pat },
    runnerGroup: input.runnerGroup ?? "Default",
  };
}

export function resolvePool(input: NonNullable<ConfigInput["pools"]>[number]): PoolConfig {
  const cpu = input.cpu ?? poolDefaults.cpu;
  return {
    name: input.name,
    labels: input.labels ?? [input.name],
    noDefaultLabels: input.noDefaultLabels ?? false,
    cpu,
    memoryGi:
      input.memory === undefined
        ? memoryFor(cpu)
        : (parseGibibytes(input.memory) ?? memoryFor(cpu)),
    trigger: resolveTrigger(input.trigger ?? "manual"),
    limits: {
      min: input.limits?.min ?? 0,
      max: input.limits?.max ?? poolDefaults.maxExecutions,
    },
    timeoutSeconds: seconds(input.timeout ?? poolDefaults.timeout),
    env: input.env ?? {},
  };
}

export function resolveImage(
  input: NonNullable<ConfigInput["image"]>,
  directory: string,
): ImageConfig {
  return {
    repository: input.repository ?? "runner",
    context: input.context === undefined ? undefined : absolute(directory, input.context),
    dockerfile: input.dockerfile ?? "Dockerfile",
    base: input.base,
    preset: input.preset ?? "minimal",
    packages: input.packages ?? [],
    setup: input.setup === undefined ? undefined : absolute(directory, input.setup),
    certificates: (input.certificates ?? []).map((path) => absolute(directory, path)),
    runnerVersion: input.runnerVersion ?? "latest",
    buildArgs: input.buildArgs ?? {},
    timeoutSeconds: seconds(input.timeout ?? "1h"),
    schedule: input.schedule === "never" ? undefined : (input.schedule ?? defaultSchedule),
    baseImageTrigger: input.baseImageTrigger ?? findTrackingProblem(input.base) === undefined,
    keep: input.keep ?? 5,
    pin: input.pin ?? "current",
  };
}

function resolveState(
  input: NonNullable<ConfigInput["state"]>,
  name: string,
  directory: string,
): StateConfig {
  if (input.backend === "local") {
    return { backend: "local", path: absolute(directory, input.path ?? ".runnerctl/state") };
  }
  return {
    backend: "azurerm",
    resourceGroup: input.resourceGroup,
    storageAccount: input.storageAccount,
    container: input.container,
    key: input.key ?? `runnerctl/${name}`,
    subscription: input.subscription,
  };
}

function resolveTrigger(
  input: NonNullable<NonNullable<ConfigInput["pools"]>[number]["trigger"]>,
): TriggerConfig {
  if (input === "manual") return { type: "manual" };
  if (input === "queue") return resolveTrigger({ type: "queue" });
  if (input.type !== "queue") return input;
  return {
    type: "queue",
    pollingIntervalSeconds: seconds(input.pollingInterval ?? poolDefaults.pollingInterval),
  };
}

function absolute(directory: string, path: string): string {
  return isAbsolute(path) ? path : resolve(directory, path);
}

function seconds(duration: string | number): number {
  const value = parseDuration(duration);
  if (value === undefined) throw new TypeError(`not a duration: ${duration}`);
  return value;
}
