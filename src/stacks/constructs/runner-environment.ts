import { ContainerAppEnvironment } from "@cdktf/provider-azurerm/lib/container-app-environment/index.js";
import { LogAnalyticsWorkspace } from "@cdktf/provider-azurerm/lib/log-analytics-workspace/index.js";
import { Construct } from "constructs";
import { isLiteral, validateProps } from "./validation.js";

/** Profile that bills by use and scales to nothing; present in every workload-profile environment. */
export const consumptionProfile = "Consumption";

export interface RunnerEnvironmentProps {
  /** Name of the Container Apps environment. */
  readonly name: string;
  /** Name of the Log Analytics workspace. */
  readonly workspaceName: string;
  /** Resource group that takes both. */
  readonly resourceGroupName: string;
  /** Azure region, such as `westeurope`. */
  readonly location: string;
  /**
   * Days for which logs are kept.
   * @default 30, what the price of ingestion includes
   */
  readonly retentionInDays?: number;
  /**
   * Tags on both.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Container Apps environment with its Log Analytics workspace. It is a workload-profile environment
 * with the Consumption profile spelled out: only that kind lets a job keep its identities away from
 * its containers, and an implicit profile would show as a difference in every plan.
 * https://learn.microsoft.com/azure/container-apps/managed-identity#control-managed-identity-availability
 */
export class RunnerEnvironment extends Construct {
  readonly resource: ContainerAppEnvironment;
  readonly workspace: LogAnalyticsWorkspace;

  constructor(scope: Construct, id: string, props: RunnerEnvironmentProps) {
    super(scope, id);
    const retention = props.retentionInDays ?? 30;
    validateProps(this, () => [
      isLiteral(retention) &&
        (retention < 30 || retention > 730) &&
        `retentionInDays: ${retention} must be between 30 and 730`,
    ]);
    const place = { resourceGroupName: props.resourceGroupName, location: props.location };
    const tags = { ...props.tags };
    this.workspace = new LogAnalyticsWorkspace(this, "logs", {
      ...place,
      name: props.workspaceName,
      sku: "PerGB2018",
      retentionInDays: retention,
      tags,
    });
    this.resource = new ContainerAppEnvironment(this, "Resource", {
      ...place,
      name: props.name,
      logsDestination: "log-analytics",
      logAnalyticsWorkspaceId: this.workspace.id,
      workloadProfile: [{ name: consumptionProfile, workloadProfileType: consumptionProfile }],
      tags,
    });
  }

  get id(): string {
    return this.resource.id;
  }
}
