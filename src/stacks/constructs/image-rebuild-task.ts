import { ContainerRegistryTask } from "@cdktf/provider-azurerm/lib/container-registry-task/index.js";
import { Construct } from "constructs";
import { composeRebuildTask, type RebuildSource } from "../../domain/rebuild-task.js";
import { isLiteral, validateProps } from "./validation.js";

export interface ImageRebuildTaskProps {
  /** Name in the registry: 5 to 50 letters, digits, `-` and `_`. */
  readonly name: string;
  /** ID of the registry that builds the image and keeps it. */
  readonly registryId: string;
  /** What is built: the whole build context is part of the task. */
  readonly source: RebuildSource;
  /**
   * Cron expression of five fields, in UTC.
   * @default - no timer
   */
  readonly schedule?: string;
  /**
   * Whether a change of the base image starts a build. Tracked are Azure registries, Docker Hub and
   * mcr.microsoft.com, from the task's first run on.
   * @default false
   */
  readonly onBaseImage?: boolean;
  /**
   * vCPUs of the agent.
   * @default 2
   */
  readonly cpu?: number;
  /**
   * Tags on the task.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Rebuilds the runner image inside the registry: a candidate is built and must pass its own
 * self-test before the tag `current` moves to it. The task works in the registry it belongs to and
 * carries its build context, so it needs no credential and no repository.
 */
export class ImageRebuildTask extends Construct {
  readonly resource: ContainerRegistryTask;

  constructor(scope: Construct, id: string, props: ImageRebuildTaskProps) {
    super(scope, id);
    validateProps(this, () => [
      isLiteral(props.name) &&
        !/^[A-Za-z0-9_-]{5,50}$/.test(props.name) &&
        `name: "${props.name}" must be 5 to 50 letters, digits, '-' and '_'`,
      props.schedule === undefined &&
        props.onBaseImage !== true &&
        "schedule: without it, and without onBaseImage, nothing ever starts the task",
    ]);
    this.resource = new ContainerRegistryTask(this, "Resource", {
      name: props.name,
      containerRegistryId: props.registryId,
      platform: { os: "Linux", architecture: "amd64" },
      agentSetting: { cpu: props.cpu ?? 2 },
      // Of all steps together; each has the build's own time.
      timeoutInSeconds: Math.min(28_800, Math.max(300, props.source.timeoutSeconds + 600)),
      encodedStep: {
        // In base64 Terraform finds no template of its own in it.
        taskContent: Buffer.from(composeRebuildTask(props.source)).toString("base64"),
      },
      ...(props.schedule === undefined
        ? {}
        : { timerTrigger: [{ name: "schedule", schedule: props.schedule }] }),
      ...(props.onBaseImage === true
        ? { baseImageTrigger: { name: "base-image", type: "Runtime" } }
        : {}),
      tags: { ...props.tags },
    });
  }
}
