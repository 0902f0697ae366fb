import { TerraformOutput, TerraformVariable } from "cdktf";
import type { Construct } from "constructs";
import type { ResolvedConfig } from "../config/types.js";
import { deriveResourceNames } from "../domain/resource-names.js";
import { AzapiProvider } from "./constructs/azapi.js";
import { RunnerPoolJob } from "./constructs/runner-pool-job.js";
import type { PlatformStack } from "./platform-stack.js";
import { buildTags, RunnerctlStack } from "./runnerctl-stack.js";

/** One job a pool. */
export class RunnersStack extends RunnerctlStack {
  readonly jobs: ReadonlyMap<string, RunnerPoolJob>;

  constructor(scope: Construct, config: ResolvedConfig, platform: PlatformStack) {
    super(scope, "runners", config);
    const names = deriveResourceNames(config.subscription, config.name);
    const { github } = config;
    new AzapiProvider(this, "azapi", { subscriptionId: config.subscription });
    const image = new TerraformVariable(this, "runner_image", {
      type: "string",
      description:
        "Runner image: REGISTRY/REPOSITORY@sha256:DIGEST, or REGISTRY/REPOSITORY:current.",
      nullable: false,
      validation: [
        {
          condition:
            '${can(regex("^[^@[:space:]]+(@sha256:[0-9a-f]{64}|[^@:[:space:]]:current)$", var.runner_image))}',
          errorMessage:
            "Give the image by digest (REGISTRY/REPOSITORY@sha256:DIGEST), or by the tag that only tested images get (REGISTRY/REPOSITORY:current).",
        },
      ],
    });
    this.jobs = new Map(
      config.pools.map((pool) => [
        pool.name,
        new RunnerPoolJob(this, `pool-${pool.name}`, {
          name: names.job(pool.name),
          resourceGroupName: platform.resourceGroup.name,
          location: config.location,
          environmentId: platform.environment.id,
          image: image.stringValue,
          registry: {
            loginServer: platform.registry.loginServer,
            identityId: platform.identities.pull.id,
          },
          credential: {
            secretUrl: platform.vault.secretUrl(github.auth.secret),
            identityId: platform.identities.vault.id,
          },
          github,
          labels: pool.labels,
          noDefaultLabels: pool.noDefaultLabels,
          cpu: pool.cpu,
          memoryGi: pool.memoryGi,
          trigger: pool.trigger,
          limits: pool.limits,
          timeoutSeconds: pool.timeoutSeconds,
          env: pool.env,
          tags: { ...buildTags(config), "runnerctl-pool": pool.name },
        }),
      ]),
    );
    new TerraformOutput(this, "runner_image_reference", {
      value: image.stringValue,
      staticId: true,
    }).overrideLogicalId("runner_image");
    new TerraformOutput(this, "job_names", {
      value: Object.fromEntries([...this.jobs].map(([pool, job]) => [pool, job.name])),
      staticId: true,
    });
  }
}
