import type { PlanDocument, StackChange } from "../domain/stack-change.js";
import type { TerraformDiagnostic } from "../errors/catalogue/terraform.js";
import type { RunnerctlError } from "../errors/runnerctl-error.js";

/** A synthesized stack, as far as Terraform is concerned. */
export interface TerraformStackRef {
  readonly name: string;
  /** Working directory with `cdk.tf.json`. */
  readonly directory: string;
}

/** A resource that Azure has and the state does not. */
export interface ExistingResource {
  readonly address: string;
  readonly id: string;
}

export interface PlanOptions {
  readonly destroy?: boolean;
  readonly variables?: Readonly<Record<string, string>>;
  /** Resources to take into the state instead of creating them. */
  readonly adopt?: readonly ExistingResource[];
}

/** A saved plan: what is applied is this file and nothing else. */
export interface SavedPlan {
  readonly stack: TerraformStackRef;
  readonly file: string;
  readonly destroy: boolean;
  readonly change: StackChange;
  /** The plan as Terraform shows it; may hold secrets, so it is never printed or kept. */
  readonly document: PlanDocument;
  readonly warnings: readonly TerraformDiagnostic[];
}

export interface ApplyOutcome {
  /** Addresses in the order in which they were done. */
  readonly applied: readonly string[];
  readonly warnings: readonly TerraformDiagnostic[];
  /** Undefined when all went well. */
  readonly error?: RunnerctlError;
  /** Could not be created because they are there already. */
  readonly existing: readonly ExistingResource[];
  /** Failed only for permissions that have not spread yet: worth another try. */
  readonly awaitingPermissions: boolean;
}

/** What operations need of Terraform. */
export interface TerraformRunner {
  init(stack: TerraformStackRef): Promise<void>;
  plan(stack: TerraformStackRef, options?: PlanOptions): Promise<SavedPlan>;
  /** Applies a saved plan. What went wrong with resources is in the outcome, all else is thrown. */
  apply(plan: SavedPlan): Promise<ApplyOutcome>;
  /** Outputs by name; empty when nothing was ever applied. */
  readOutputs(stack: TerraformStackRef): Promise<Readonly<Record<string, unknown>>>;
  /** All managed resources in the state. */
  listResources(stack: TerraformStackRef): Promise<readonly ExistingResource[]>;
  /** Takes a resource into the state at once, without a plan. */
  importResource(
    stack: TerraformStackRef,
    resource: ExistingResource,
    variables?: Readonly<Record<string, string>>,
  ): Promise<void>;
  /** Removes a stack's working files, and its local state if nothing is left in it. */
  tidy(stack: TerraformStackRef): Promise<void>;
}
