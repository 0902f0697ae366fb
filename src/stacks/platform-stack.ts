import { DataAzurermClientConfig } from "@cdktf/provider-azurerm/lib/data-azurerm-client-config/index.js";
import { ResourceGroup } from "@cdktf/provider-azurerm/lib/resource-group/index.js";
import { RoleAssignment } from "@cdktf/provider-azurerm/lib/role-assignment/index.js";
import { TerraformOutput } from "cdktf";
import type { Construct } from "constructs";
import type { ResolvedConfig } from "../config/types.js";
import { deriveResourceNames } from "../domain/resource-names.js";
import type { RebuildSource } from "../domain/rebuild-task.js";
import { deriveAssignmentName } from "./constructs/assignment-name.js";
import { ImageRebuildTask } from "./constructs/image-rebuild-task.js";
import { RunnerEnvironment } from "./constructs/runner-environment.js";
import { RunnerIdentities } from "./constructs/runner-identities.js";
import { RunnerRegistry } from "./constructs/runner-registry.js";
import { RunnerVault } from "./constructs/runner-vault.js";
import { buildTags, RunnerctlStack } from "./runnerctl-stack.js";

/** Everything that a pool's job needs before it can exist. */
export class PlatformStack extends RunnerctlStack {
  readonly resourceGroup: ResourceGroup;
  readonly registry: RunnerRegistry;
  readonly vault: RunnerVault;
  readonly identities: RunnerIdentities;
  readonly environment: RunnerEnvironment;

  /** Undefined where neither a schedule nor a base image starts it. */
  readonly rebuild: ImageRebuildTask | undefined;

  constructor(
    scope: Construct,
    config: ResolvedConfig,
    /** Undefined where the build context is not at hand, or too large to be part of a task. */
    rebuildSource?: RebuildSource,
  ) {
    super(scope, "platform", config);
    const names = deriveResourceNames(config.subscription, config.name);
    const tags = buildTags(config);
    const assignmentSeed = `${config.subscription}/${config.name}`;
    const deployer = new DataAzurermClientConfig(this, "deployer", {});
    this.resourceGroup = new ResourceGroup(this, "group", {
      name: names.resourceGroup,
      location: config.location,
      tags,
    });
    const place = {
      resourceGroupName: this.resourceGroup.name,
      location: config.location,
      tags,
    };
    this.registry = new RunnerRegistry(this, "registry", { ...place, name: names.registry });
    this.rebuild = this.#addRebuild(config, names.rebuildTask, tags, rebuildSource);
    this.vault = new RunnerVault(this, "vault", {
      ...place,
      name: names.keyVault,
      tenantId: deployer.tenantId,
    });
    this.identities = new RunnerIdentities(this, "identity", {
      ...place,
      pullName: names.pullIdentity,
      vaultName: names.vaultIdentity,
      registryId: this.registry.id,
      vaultId: this.vault.id,
      assignmentSeed,
    });
    // Whoever deploys puts the GitHub credential into the vault: in an RBAC vault not even Owner
    // of the subscription may.
    new RoleAssignment(this, "deployer-vault-write", {
      name: deriveAssignmentName(assignmentSeed, "deployer-vault-write"),
      scope: this.vault.id,
      roleDefinitionName: "Key Vault Secrets Officer",
      principalId: deployer.objectId,
      // Whoever deploys next, a person or CI, must not take it away from whoever deployed first.
      lifecycle: { ignoreChanges: ["principal_id"] },
    });
    this.environment = new RunnerEnvironment(this, "environment", {
      ...place,
      name: names.environment,
      workspaceName: names.logWorkspace,
    });
    this.#addOutputs();
  }

  #addRebuild(
    { image }: ResolvedConfig,
    name: string,
    tags: Readonly<Record<string, string>>,
    source: RebuildSource | undefined,
  ): ImageRebuildTask | undefined {
    const { schedule, baseImageTrigger } = image;
    if (source === undefined || (schedule === undefined && !baseImageTrigger)) return undefined;
    return new ImageRebuildTask(this, "image-rebuild", {
      name,
      registryId: this.registry.id,
      source,
      ...(schedule === undefined ? {} : { schedule }),
      onBaseImage: baseImageTrigger,
      tags,
    });
  }

  #addOutputs(): void {
    const outputs: Readonly<Record<string, string>> = {
      resource_group_name: this.resourceGroup.name,
      registry_name: this.registry.name,
      registry_login_server: this.registry.loginServer,
      vault_name: this.vault.name,
      vault_uri: this.vault.uri,
      environment_id: this.environment.id,
      pull_identity_id: this.identities.pull.id,
      vault_identity_id: this.identities.vault.id,
      workspace_id: this.environment.workspace.workspaceId,
    };
    for (const [name, value] of Object.entries(outputs)) {
      new TerraformOutput(this, name, { value, staticId: true });
    }
  }
}
