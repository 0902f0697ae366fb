import { join } from "node:path";
import { AzurermProvider } from "@cdktf/provider-azurerm/lib/provider/index.js";
import { AzurermBackend, LocalBackend, TerraformElement, TerraformStack } from "cdktf";
import type { Construct, Node } from "constructs";
import type { ResolvedConfig, StateConfig } from "../config/types.js";
import type { StackName } from "../domain/stack-names.js";

/** Oldest Terraform that runs the stacks; OpenTofu counts from the same number. */
const requiredTerraform = ">= 1.5.0";

/** Registered on first use, instead of the dozens that azurerm would register by default. */
const resourceProviders = [
  "Microsoft.App",
  "Microsoft.ContainerRegistry",
  "Microsoft.KeyVault",
  "Microsoft.ManagedIdentity",
  "Microsoft.OperationalInsights",
];

/** What our stacks have in common: state, provider, readable addresses. */
export class RunnerctlStack extends TerraformStack {
  constructor(
    scope: Construct,
    readonly stackName: StackName,
    config: ResolvedConfig,
  ) {
    super(scope, stackName);
    this.addOverride("terraform.required_version", requiredTerraform);
    addBackend(this, config.state, stackName);
    new AzurermProvider(this, "azurerm", {
      features: [{}],
      subscriptionId: config.subscription,
      resourceProviderRegistrations: "none",
      resourceProvidersToRegister: resourceProviders,
      storageUseAzuread: true,
    });
  }

  /**
   * The construct path as the Terraform address (`azurerm_container_registry.registry`), where
   * CDKTF would append a digest: people meet these names in plans, errors and imports.
   */
  protected override allocateLogicalId(element: TerraformElement | Node): string {
    const { scopes } = TerraformElement.isTerraformElement(element) ? element.node : element;
    const parts = scopes
      .slice(scopes.findIndex((scope) => scope === this) + 1)
      .map(({ node }) => node.id.replaceAll(/[^A-Za-z0-9_-]+/g, "_").replaceAll(/^_+|_+$/g, ""));
    return parts.filter((part) => part !== "Resource").join("_");
  }
}

function addBackend(stack: TerraformStack, state: StateConfig, name: StackName): void {
  if (state.backend === "local") {
    new LocalBackend(stack, { path: join(state.path, `${name}.tfstate`) });
    return;
  }
  new AzurermBackend(stack, {
    resourceGroupName: state.resourceGroup,
    storageAccountName: state.storageAccount,
    containerName: state.container,
    key: `${state.key}/${name}.tfstate`,
    ...(state.subscription === undefined ? {} : { subscriptionId: state.subscription }),
    // By role assignment on the container, so that nobody needs the account's keys.
    useAzureadAuth: true,
  });
}

/** The user's tags, and one by which a resource is known to be ours. */
export function buildTags(config: ResolvedConfig): Record<string, string> {
  return { ...config.tags, "managed-by": "runnerctl", "runnerctl-deployment": config.name };
}
