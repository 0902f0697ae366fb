/*
 * Entry of `runnerctl/constructs`: the building blocks of the stacks, for people who have a CDKTF
 * app of their own.
 */
export {
  AzapiProvider,
  AzapiUpdateResource,
  type AzapiProviderConfig,
  type AzapiUpdateResourceConfig,
} from "./constructs/azapi.js";
export {
  IdentityLifecycle,
  type IdentityLifecycleProps,
  type LifecyclePhase,
} from "./constructs/identity-lifecycle.js";
export type { RebuildSource } from "../domain/rebuild-task.js";
export { ImageRebuildTask, type ImageRebuildTaskProps } from "./constructs/image-rebuild-task.js";
export type {
  GithubScope,
  RunnerGithubAuth,
  RunnerGithubProps,
  RunnerPoolJobProps,
  TriggerConfig,
} from "./constructs/pool-job-props.js";
export { RunnerEnvironment, type RunnerEnvironmentProps } from "./constructs/runner-environment.js";
export { RunnerIdentities, type RunnerIdentitiesProps } from "./constructs/runner-identities.js";
export { RunnerPoolJob } from "./constructs/runner-pool-job.js";
export { RunnerRegistry, type RunnerRegistryProps } from "./constructs/runner-registry.js";
export { RunnerVault, type RunnerVaultProps } from "./constructs/runner-vault.js";
