/** What a Terraform plan would do to one stack, as data: shown by plan, deploy and destroy. */
export interface StackChange {
  readonly stack: string;
  readonly create: number;
  readonly update: number;
  readonly replace: number;
  readonly delete: number;
  /** Taken into the state as they are. */
  readonly adopt: number;
  readonly changes: readonly ResourceChange[];
  /** Names of outputs that would change; they live in the state only. */
  readonly outputs: readonly string[];
}

export type ChangeKind = "create" | "update" | "replace" | "delete" | "import" | "forget";

export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly name: string;
  readonly kind: ChangeKind;
  /** As Terraform lists them: `["delete", "create"]`. */
  readonly actions: readonly string[];
  /** Top-level attributes that would change; never their values, which may be secret. */
  readonly attributes: readonly string[];
  /** Why a resource is replaced or deleted, in Terraform's word: `replace_because_cannot_update`. */
  readonly reason?: string;
}

/** The parts of `terraform show -json PLAN` that are read here. */
export interface PlanDocument {
  readonly resource_changes?: readonly {
    readonly address: string;
    readonly mode?: string;
    readonly type: string;
    readonly name: string;
    readonly action_reason?: string;
    readonly change: {
      readonly actions: readonly string[];
      readonly before?: unknown;
      readonly after?: unknown;
      readonly after_unknown?: unknown;
      readonly importing?: unknown;
    };
  }[];
  readonly output_changes?: Readonly<Record<string, { readonly actions: readonly string[] }>>;
}

/** Reads a plan into the changes that matter: no reads, no resources that stay as they are. */
export function summarizePlan(stack: string, plan: PlanDocument): StackChange {
  const changes: ResourceChange[] = [];
  for (const resource of plan.resource_changes ?? []) {
    if (resource.mode === "data") continue;
    const { change } = resource;
    const kind = classifyActions(change.actions, change.importing !== undefined);
    if (kind === undefined) continue;
    changes.push({
      address: resource.address,
      type: resource.type,
      name: resource.name,
      kind,
      actions: change.actions,
      attributes: kind === "update" || kind === "replace" ? listChangedAttributes(change) : [],
      ...(resource.action_reason === undefined ? {} : { reason: resource.action_reason }),
    });
  }
  const count = (kind: ChangeKind) => changes.filter((change) => change.kind === kind).length;
  return {
    stack,
    create: count("create"),
    update: count("update"),
    replace: count("replace"),
    delete: count("delete"),
    adopt: count("import"),
    changes,
    outputs: Object.entries(plan.output_changes ?? {})
      .filter(([, { actions }]) => !actions.every((action) => action === "no-op"))
      .map(([name]) => name),
  };
}

/** One line: `2 to create, 1 to update`, or that there is nothing to do. */
export function describeChange(change: StackChange): string {
  const parts = (["create", "update", "replace", "delete", "adopt"] as const)
    .filter((kind) => change[kind] > 0)
    .map((kind) => `${change[kind]} to ${kind}`);
  if (parts.length > 0) return parts.join(", ");
  return needsApply(change) ? "only outputs change" : "no changes";
}

/** Whether applying would change a resource; new outputs alone are no change anybody sees. */
export function changesResources(change: StackChange): boolean {
  return change.changes.length > 0;
}

/** Whether there is anything to apply, be it only outputs. */
export function needsApply(change: StackChange): boolean {
  return change.changes.length > 0 || change.outputs.length > 0;
}

function classifyActions(actions: readonly string[], importing: boolean): ChangeKind | undefined {
  const has = (action: string) => actions.includes(action);
  if (has("create") && (has("delete") || has("forget"))) return "replace";
  if (has("create")) return "create";
  if (has("delete")) return "delete";
  if (has("update")) return "update";
  if (has("forget")) return "forget";
  return importing ? "import" : undefined;
}

function listChangedAttributes(change: {
  readonly before?: unknown;
  readonly after?: unknown;
  readonly after_unknown?: unknown;
}): string[] {
  const before = asRecord(change.before);
  const after = asRecord(change.after);
  const unknown = asRecord(change.after_unknown);
  const names = new Set([...Object.keys(before), ...Object.keys(after), ...Object.keys(unknown)]);
  return [...names]
    .filter(
      (name) =>
        unknown[name] === true || JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    )
    .sort();
}

function asRecord(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
