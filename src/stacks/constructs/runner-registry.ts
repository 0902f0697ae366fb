import { ContainerRegistry } from "@cdktf/provider-azurerm/lib/container-registry/index.js";
import { Construct } from "constructs";
import { isLiteral, validateProps } from "./validation.js";

export interface RunnerRegistryProps {
  /** Globally unique name: 5 to 50 letters and digits. */
  readonly name: string;
  /** Resource group that takes the registry. */
  readonly resourceGroupName: string;
  /** Azure region, such as `westeurope`. */
  readonly location: string;
  /**
   * Service tier.
   * @default "Basic": one image and its layers fit into its 10 GiB, and it costs a quarter of Standard
   */
  readonly sku?: "Basic" | "Standard" | "Premium";
  /**
   * Tags on the registry.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Container registry for the runner image. Reached by Entra identities only: there is no admin
 * password that could leak, and nothing is served to anonymous callers.
 */
export class RunnerRegistry extends Construct {
  readonly resource: ContainerRegistry;

  constructor(scope: Construct, id: string, props: RunnerRegistryProps) {
    super(scope, id);
    validateProps(this, () => [
      isLiteral(props.name) &&
        !/^[A-Za-z0-9]{5,50}$/.test(props.name) &&
        `name: "${props.name}" must be 5 to 50 letters and digits`,
    ]);
    this.resource = new ContainerRegistry(this, "Resource", {
      name: props.name,
      resourceGroupName: props.resourceGroupName,
      location: props.location,
      sku: props.sku ?? "Basic",
      adminEnabled: false,
      anonymousPullEnabled: false,
      tags: { ...props.tags },
    });
  }

  /** Resource ID: the scope of pull and push permissions. */
  get id(): string {
    return this.resource.id;
  }

  get name(): string {
    return this.resource.name;
  }

  /** Host name in image references, such as `crexample.azurecr.io`. */
  get loginServer(): string {
    return this.resource.loginServer;
  }
}
