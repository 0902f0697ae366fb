import {
  ContainerAppJob,
  type ContainerAppJobConfig,
  type ContainerAppJobTemplate,
} from "@cdktf/provider-azurerm/lib/container-app-job/index.js";
import { Construct } from "constructs";
import { completeLabels } from "../../domain/labels.js";
import { buildGithubScaleRule } from "./github-scale-rule.js";
import { IdentityLifecycle } from "./identity-lifecycle.js";
import type { RunnerPoolJobProps } from "./pool-job-props.js";
import { consumptionProfile } from "./runner-environment.js";
import { isLiteral, validateProps } from "./validation.js";

/** Name of the GitHub credential among the job's secrets. */
const credentialSecret = "github-credential";

/** Where the init container leaves the single-use runner configuration for the runner. */
const handover = { volume: "jit", path: "/mnt/jit", file: "/mnt/jit/jitconfig" } as const;

const defaultTimeoutSeconds = 6 * 60 * 60;

/** One replica an execution, never retried: a retry would start a runner for a job that is gone. */
const oneReplica = { parallelism: 1, replicaCompletionCount: 1 } as const;

/**
 * A pool of ephemeral runners as a Container Apps job. The init container alone sees the GitHub
 * credential; it asks for a just-in-time runner configuration and hands it to the runner container
 * through an empty directory. The runner container knows no secret and reaches no identity.
 */
export class RunnerPoolJob extends Construct {
  readonly resource: ContainerAppJob;
  /** Absent when `manageIdentityLifecycle` is false. */
  readonly lifecycle: IdentityLifecycle | undefined;

  constructor(scope: Construct, id: string, props: RunnerPoolJobProps) {
    super(scope, id);
    validateProps(this, () => findProblems(props));
    const { registry, credential } = props;
    this.resource = new ContainerAppJob(this, "Resource", {
      name: props.name,
      resourceGroupName: props.resourceGroupName,
      location: props.location,
      containerAppEnvironmentId: props.environmentId,
      workloadProfileName: props.workloadProfileName ?? consumptionProfile,
      replicaTimeoutInSeconds: props.timeoutSeconds ?? defaultTimeoutSeconds,
      replicaRetryLimit: 0,
      identity: {
        type: "UserAssigned",
        identityIds: [...new Set([registry.identityId, credential.identityId])],
      },
      registry: [{ server: registry.loginServer, identity: registry.identityId }],
      secret: [
        {
          name: credentialSecret,
          keyVaultSecretId: credential.secretUrl,
          identity: credential.identityId,
        },
      ],
      ...buildTrigger(props),
      template: buildTemplate(props),
      tags: { ...props.tags },
    });
    if (props.manageIdentityLifecycle ?? true) {
      this.lifecycle = new IdentityLifecycle(this, "identity-lifecycle", {
        jobId: this.resource.id,
        settings: [...new Set([registry.identityId, credential.identityId])].map((identityId) => ({
          identityId,
          phase: "None" as const,
        })),
      });
    }
  }

  get id(): string {
    return this.resource.id;
  }

  get name(): string {
    return this.resource.name;
  }
}

function buildTrigger(
  props: RunnerPoolJobProps,
): Pick<
  ContainerAppJobConfig,
  "manualTriggerConfig" | "eventTriggerConfig" | "scheduleTriggerConfig"
> {
  const trigger = props.trigger ?? { type: "manual" };
  switch (trigger.type) {
    case "manual":
      return { manualTriggerConfig: oneReplica };
    case "schedule":
      return { scheduleTriggerConfig: { ...oneReplica, cronExpression: trigger.cron } };
    case "queue":
      return {
        eventTriggerConfig: {
          ...oneReplica,
          scale: [
            {
              minExecutions: props.limits?.min ?? 0,
              maxExecutions: props.limits?.max ?? 10,
              pollingIntervalInSeconds: trigger.pollingIntervalSeconds,
              rules: [buildGithubScaleRule(props, credentialSecret)],
            },
          ],
        },
      };
  }
}

function buildTemplate(props: RunnerPoolJobProps): ContainerAppJobTemplate {
  const cpu = props.cpu ?? 2;
  const volumeMounts = [{ name: handover.volume, path: handover.path }];
  const handoverEnv = { name: "JIT_FILE", value: handover.file };
  return {
    volume: [{ name: handover.volume, storageType: "EmptyDir" }],
    initContainer: [
      {
        name: "mint",
        image: props.image,
        args: ["mint"],
        cpu: 0.25,
        memory: "0.5Gi",
        env: [...buildMintEnv(props), handoverEnv],
        volumeMounts,
      },
    ],
    container: [
      {
        name: "runner",
        image: props.image,
        args: ["run"],
        cpu,
        memory: `${props.memoryGi ?? cpu * 2}Gi`,
        env: [
          handoverEnv,
          ...Object.entries(props.env ?? {})
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, value]) => ({ name, value })),
        ],
        volumeMounts,
      },
    ],
  };
}

function buildMintEnv(
  props: RunnerPoolJobProps,
): { name: string; value?: string; secretName?: string }[] {
  const { github } = props;
  const repository = github.repositories?.[0];
  const labels = completeLabels({
    name: props.name,
    labels: props.labels,
    noDefaultLabels: props.noDefaultLabels ?? false,
  });
  const credential =
    github.auth.type === "app"
      ? [
          { name: "GITHUB_APP_ID", value: github.auth.appId },
          { name: "GITHUB_APP_INSTALLATION_ID", value: String(github.auth.installationId) },
          { name: "GITHUB_APP_PRIVATE_KEY", secretName: credentialSecret },
        ]
      : [{ name: "GITHUB_PAT", secretName: credentialSecret }];
  return [
    { name: "GITHUB_API_URL", value: github.apiUrl },
    { name: "GITHUB_OWNER", value: github.owner },
    { name: "GITHUB_SCOPE", value: github.scope },
    ...(github.scope === "repository" && repository !== undefined
      ? [{ name: "GITHUB_REPOSITORY", value: repository }]
      : []),
    { name: "RUNNER_LABELS", value: labels.join(",") },
    { name: "RUNNER_GROUP", value: github.runnerGroup ?? "Default" },
    { name: "RUNNER_NAME_PREFIX", value: props.name },
    ...credential,
  ];
}

function findProblems(props: RunnerPoolJobProps): (string | false | undefined)[] {
  const { github } = props;
  const cpu = props.cpu ?? 2;
  const memory = props.memoryGi ?? cpu * 2;
  const onConsumption =
    (props.workloadProfileName ?? consumptionProfile) === consumptionProfile &&
    isLiteral(cpu) &&
    isLiteral(memory);
  return [
    isLiteral(props.name) &&
      !/^(?=.{2,32}$)[a-z](?:-?[a-z0-9])*$/.test(props.name) &&
      `name: "${props.name}" must be 2 to 32 lower-case letters, digits and single hyphens, starting with a letter`,
    props.labels.length === 0 && props.noDefaultLabels === true && "labels: a runner needs one",
    github.scope === "repository" &&
      github.repositories?.length !== 1 &&
      "github.repositories: scope repository takes exactly one repository",
    onConsumption &&
      (cpu < 0.25 || cpu > 4 || (cpu * 4) % 1 !== 0) &&
      `cpu: ${cpu} must be between 0.25 and 4 in steps of 0.25`,
    onConsumption &&
      memory !== cpu * 2 &&
      `memoryGi: ${memory} must be ${cpu * 2}, twice the ${cpu} vCPU`,
    props.limits !== undefined &&
      props.limits.min > props.limits.max &&
      `limits: min ${props.limits.min} is more than max ${props.limits.max}`,
    Object.keys(props.env ?? {}).includes("JIT_FILE") && "env: JIT_FILE is set by runnerctl itself",
  ];
}
