import { SandboxHttpError } from "../ports.js";
import type { PlannedContainer } from "./execution-plan.js";

export interface EnvironmentFacts {
  readonly imageEnv: Readonly<Record<string, string>>;
  readonly jobName: string;
  readonly executionName: string;
  readonly replicaName: string;
  /** Present when the job has an identity, whatever its lifecycle setting. */
  readonly identity?: { readonly endpoint: string; readonly header: string };
  /** Names of the job's secrets and their resolved values. */
  readonly secrets: ReadonlyMap<string, string>;
  /** Where the sandbox's CA lies inside the container: Node does not read the system's bundle. */
  readonly caFile: string;
  readonly home: string;
}

/**
 * The environment of a container's first process: the image's, what the platform adds, and what the
 * template sets, each over the one before.
 * https://learn.microsoft.com/azure/container-apps/environment-variables
 */
export function composeEnvironment(
  container: PlannedContainer,
  facts: EnvironmentFacts,
): Record<string, string> {
  const environment: Record<string, string> = {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: facts.home,
    HOSTNAME: facts.replicaName,
    ...facts.imageEnv,
    NODE_EXTRA_CA_CERTS: facts.imageEnv["NODE_EXTRA_CA_CERTS"] ?? facts.caFile,
    CONTAINER_APP_JOB_NAME: facts.jobName,
    CONTAINER_APP_JOB_EXECUTION_NAME: facts.executionName,
    CONTAINER_APP_REPLICA_NAME: facts.replicaName,
  };
  if (facts.identity !== undefined) {
    environment["IDENTITY_ENDPOINT"] = facts.identity.endpoint;
    environment["IDENTITY_HEADER"] = facts.identity.header;
  }
  for (const variable of container.env) {
    environment[variable.name] =
      variable.secretRef === undefined
        ? (variable.value ?? "")
        : readSecretValue(facts.secrets, variable.secretRef, container.name);
  }
  return environment;
}

function readSecretValue(
  secrets: ReadonlyMap<string, string>,
  name: string,
  container: string,
): string {
  const value = secrets.get(name);
  if (value === undefined) {
    throw new SandboxHttpError(
      400,
      "ContainerAppSecretRefNotFound",
      `SecretRef '${name}' of container '${container}' is not among the job's secrets.`,
    );
  }
  return value;
}
