import { KeyVault } from "@cdktf/provider-azurerm/lib/key-vault/index.js";
import { Construct } from "constructs";
import { isLiteral, validateProps } from "./validation.js";

export interface RunnerVaultProps {
  /** Globally unique name: 3 to 24 letters, digits and single hyphens, starting with a letter. */
  readonly name: string;
  /** Resource group that takes the vault. */
  readonly resourceGroupName: string;
  /** Azure region, such as `westeurope`. */
  readonly location: string;
  /** Entra tenant whose identities may be given access. */
  readonly tenantId: string;
  /**
   * Days for which a deleted vault or secret can be brought back.
   * @default 7, the least Azure allows: the vault holds copies of what GitHub can issue anew
   */
  readonly softDeleteRetentionDays?: number;
  /**
   * Forbid purging a deleted vault before its retention ends. Cannot be switched off again.
   * @default false, because with it a destroyed deployment keeps its name occupied for days
   */
  readonly purgeProtection?: boolean;
  /**
   * Tags on the vault.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * Key vault for the GitHub credential. Access is by role assignments (RBAC), so that it shows where
 * all other permissions show, and Owner of the subscription alone cannot read secrets.
 */
export class RunnerVault extends Construct {
  readonly resource: KeyVault;

  constructor(scope: Construct, id: string, props: RunnerVaultProps) {
    super(scope, id);
    const retention = props.softDeleteRetentionDays ?? 7;
    validateProps(this, () => [
      isLiteral(props.name) &&
        !/^(?=.{3,24}$)[A-Za-z](?:-?[A-Za-z0-9])*$/.test(props.name) &&
        `name: "${props.name}" must be 3 to 24 letters, digits and single hyphens, starting with a letter`,
      isLiteral(retention) &&
        (retention < 7 || retention > 90) &&
        `softDeleteRetentionDays: ${retention} must be between 7 and 90`,
    ]);
    this.resource = new KeyVault(this, "Resource", {
      name: props.name,
      resourceGroupName: props.resourceGroupName,
      location: props.location,
      tenantId: props.tenantId,
      skuName: "standard",
      rbacAuthorizationEnabled: true,
      softDeleteRetentionDays: retention,
      purgeProtectionEnabled: props.purgeProtection ?? false,
      tags: { ...props.tags },
    });
  }

  /** Resource ID: the scope of permissions on its secrets. */
  get id(): string {
    return this.resource.id;
  }

  get name(): string {
    return this.resource.name;
  }

  /** Address of the data plane, with a trailing slash. */
  get uri(): string {
    return this.resource.vaultUri;
  }

  /**
   * Address of a secret without a version, so that a rotated secret is used without a deploy.
   * https://learn.microsoft.com/azure/container-apps/manage-secrets#reference-secret-from-key-vault
   */
  secretUrl(secret: string): string {
    return `${this.uri}secrets/${secret}`;
  }
}
