import type { ArmClient } from "../arm/client.js";
import type { GitHubClient } from "../github/client.js";
import type { Value, ValueObject } from "../protocol/values.js";
import type { Diagnostic, Path } from "./diagnostics.js";
import type { Reader } from "./reader.js";

/** Attributes as a model gives them: undefined means "as it was". */
export type Attributes = Record<string, AttributeInput>;
export type AttributeInput =
  Value | undefined | readonly AttributeInput[] | { readonly [name: string]: AttributeInput };

/**
 * Values of attributes that the configuration leaves out. A nested record, under a block's name,
 * is for the elements of that block.
 */
export interface Defaults {
  readonly [name: string]: string | number | boolean | Defaults;
}

export interface ProviderContext {
  readonly arm: ArmClient;
  readonly github: GitHubClient;
  /** The provider block. */
  readonly settings: Reader;
  /** Waits between two looks at something; ends in an error when Terraform is interrupted. */
  pause(milliseconds: number): Promise<void>;
  /** Runs work on one thing after another: Azure refuses parallel writes below some parents. */
  lock<T>(key: string, work: () => Promise<T>): Promise<T>;
}

export interface PlanDraft {
  readonly config: Reader;
  /** Undefined when the resource is to be created. */
  readonly prior: Reader | undefined;
  readonly planned: Readonly<ValueObject>;
  /** Whether anything differs from the prior state. */
  readonly changed: boolean;
}

export interface PlanRevision {
  readonly values?: Attributes;
  /** Further attributes whose change needs a new resource. */
  readonly replace?: readonly string[];
}

/** What Terraform manages: one file or family below `resources/` each. */
export interface ResourceModel {
  readonly type: string;
  /** Attributes whose change needs a new resource. */
  readonly forceNew: readonly string[];
  readonly defaults?: Defaults;
  /** Values as the provider writes them, whatever their spelling in the configuration. */
  readonly normalize?: Readonly<Record<string, (value: string) => string>>;
  /** Problems that are known without asking anybody; unknown values are undefined to the reader. */
  validate?(config: Reader): readonly Problem[];
  plan?(draft: PlanDraft, context: ProviderContext): PlanRevision;
  create(planned: Reader, context: ProviderContext): Promise<Attributes>;
  /** Undefined: it is gone. After an import only `id` and what `import` gave is set. */
  read(state: Reader, context: ProviderContext): Promise<Attributes | undefined>;
  update?(planned: Reader, prior: Reader, context: ProviderContext): Promise<Attributes>;
  delete(state: Reader, context: ProviderContext): Promise<void>;
  import?(id: string, context: ProviderContext): Attributes;
}

export interface DataModel {
  readonly type: string;
  read(config: Reader, context: ProviderContext): Promise<Attributes>;
}

export interface Problem {
  readonly path: Path;
  readonly message: string;
  readonly severity?: Diagnostic["severity"];
}

/**
 * Thrown after a resource has come into being but could not be read back: Terraform then keeps what
 * is known of it, marked as tainted.
 */
export class HalfCreatedError extends Error {
  constructor(
    readonly attributes: Attributes,
    override readonly cause: unknown,
  ) {
    super("created but not read back");
  }
}
