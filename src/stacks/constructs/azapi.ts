import { TerraformProvider, TerraformResource } from "cdktf";
import type { TerraformMetaArguments } from "cdktf";
import type { Construct } from "constructs";

/*
 * There is no prebuilt CDKTF package for azapi, and one resource of it is needed: it sets what
 * azurerm does not offer yet. https://registry.terraform.io/providers/azure/azapi/latest/docs
 */

/** Pinned exactly, like azurerm: a plan must not change because a provider was released. */
export const azapiVersion = "2.12.0";

const generatorMetadata = {
  providerName: "azapi",
  providerVersion: azapiVersion,
  providerVersionConstraint: azapiVersion,
};

export interface AzapiProviderConfig {
  /**
   * Azure subscription ID.
   * @default - ARM_SUBSCRIPTION_ID, or the Azure CLI's current subscription
   */
  readonly subscriptionId?: string;
  /**
   * Another name for this instance of the provider.
   * @default - the default instance, because one subscription needs only one
   */
  readonly alias?: string;
}

/** Provider `azure/azapi`: Azure Resource Manager without a layer in between. */
export class AzapiProvider extends TerraformProvider {
  readonly #subscriptionId: string | undefined;

  constructor(scope: Construct, id: string, config: AzapiProviderConfig = {}) {
    super(scope, id, {
      terraformResourceType: "azapi",
      terraformGeneratorMetadata: generatorMetadata,
      terraformProviderSource: "azure/azapi",
    });
    this.#subscriptionId = config.subscriptionId;
    if (config.alias !== undefined) this.alias = config.alias;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return { subscription_id: this.#subscriptionId, alias: this.alias };
  }
}

export interface AzapiUpdateResourceConfig extends TerraformMetaArguments {
  /** Resource type and API version: `Microsoft.App/jobs@2025-07-01`. */
  readonly type: string;
  /** ID of the existing resource to change. */
  readonly resourceId: string;
  /** The part of the resource's body to set, as Azure Resource Manager spells it. */
  readonly body: Readonly<Record<string, unknown>>;
  /**
   * Treat values that differ only in case as equal.
   * @default true, because Azure returns resource IDs in another case than it was given
   */
  readonly ignoreCasing?: boolean;
}

/** Sets properties of a resource that another resource manages; destroying it changes nothing. */
export class AzapiUpdateResource extends TerraformResource {
  static readonly tfResourceType = "azapi_update_resource";

  readonly #config: AzapiUpdateResourceConfig;

  constructor(scope: Construct, id: string, config: AzapiUpdateResourceConfig) {
    super(scope, id, {
      ...config,
      terraformResourceType: AzapiUpdateResource.tfResourceType,
      terraformGeneratorMetadata: generatorMetadata,
    });
    this.#config = config;
  }

  protected override synthesizeAttributes(): Record<string, unknown> {
    return {
      type: this.#config.type,
      resource_id: this.#config.resourceId,
      body: this.#config.body,
      ignore_casing: this.#config.ignoreCasing ?? true,
    };
  }
}
