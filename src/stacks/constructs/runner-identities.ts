import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import { UserAssignedIdentity } from "@cdktf/provider-azurerm/lib/user-assigned-identity/index.js";
import { Construct } from "constructs";
import { deriveAssignmentName } from "./assignment-name.js";
import { isLiteral, validateProps } from "./validation.js";

export interface RunnerIdentitiesProps {
  /** Name of the identity that pulls the image. */
  readonly pullName: string;
  /** Name of the identity that reads the GitHub credential. */
  readonly vaultName: string;
  /** Resource group that takes both. */
  readonly resourceGroupName: string;
  /** Azure region, such as `westeurope`. */
  readonly location: string;
  /** ID of the registry that the first may pull from. */
  readonly registryId: string;
  /** ID of the vault whose secrets the second may read. */
  readonly vaultId: string;
  /**
   * Words from which the names of the role assignments are derived; must be unique to the
   * deployment and stay the same, such as subscription ID and deployment name.
   */
  readonly assignmentSeed: string;
  /**
   * Tags on the identities.
   * @default - none
   */
  readonly tags?: Readonly<Record<string, string>>;
}

/**
 * The two identities of a runner job, each with one permission on one resource: AcrPull on the
 * registry, Key Vault Secrets User on the vault. Two, so that neither can do the other's work.
 */
export class RunnerIdentities extends Construct {
  readonly pull: UserAssignedIdentity;
  readonly vault: UserAssignedIdentity;

  constructor(scope: Construct, id: string, props: RunnerIdentitiesProps) {
    super(scope, id);
    validateProps(this, () => [
      ...[props.pullName, props.vaultName].map(
        (name) =>
          isLiteral(name) &&
          !/^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/.test(name) &&
          `identity name: "${name}" must be 3 to 128 letters, digits, '-' and '_'`,
      ),
      props.assignmentSeed.trim() === "" && "assignmentSeed: must not be empty",
    ]);
    const place = {
      resourceGroupName: props.resourceGroupName,
      location: props.location,
      tags: { ...props.tags },
    };
    this.pull = new UserAssignedIdentity(this, "pull", { ...place, name: props.pullName });
    this.vault = new UserAssignedIdentity(this, "vault", { ...place, name: props.vaultName });
    this.#assign("acr-pull", "AcrPull", props.registryId, this.pull, props.assignmentSeed);
    this.#assign(
      "vault-read",
      "Key Vault Secrets User",
      props.vaultId,
      this.vault,
      props.assignmentSeed,
    );
  }

  #assign(
    id: string,
    role: string,
    scope: string,
    identity: UserAssignedIdentity,
    seed: string,
  ): void {
    new RoleAssignment(this, id, {
      name: deriveAssignmentName(seed, id),
      scope,
      roleDefinitionName: role,
      principalId: identity.principalId,
      // Spares Azure the look-up of a principal that the directory may not show yet.
      // https://learn.microsoft.com/azure/role-based-access-control/troubleshooting#symptom---assigning-a-role-to-a-new-principal-sometimes-fails
      principalType: "ServicePrincipal",
    });
  }
}
