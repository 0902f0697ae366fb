import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, PlanDraft, ProviderContext, ResourceModel } from "../engine/model.js";
import { Reader } from "../engine/reader.js";
import type { Json } from "../http/json.js";
import { makeDynamic, unknownValue } from "../protocol/values.js";
import { exportValues, mergeJson, projectBody, redynamic, toJson, unwrap } from "./azapi-json.js";
import {
  checkType,
  findTarget,
  parseType,
  rethrowArm,
  retryDefaults,
  type AzapiTarget,
} from "./azapi-target.js";

/** Adds to a resource that something else made: GET, merge, PUT of the whole. */
export const azapiUpdateResource: ResourceModel = {
  type: "azapi_update_resource",
  forceNew: ["resource_id", "name", "parent_id"],
  defaults: { ignore_casing: false, ignore_missing_property: true, retry: retryDefaults },
  validate: (config) => [
    ...checkType(config),
    ...(config.value("resource_id") === null && config.value("name") === null
      ? [
          {
            path: ["resource_id"],
            message: "one of `resource_id` and `name` with `parent_id` must be set",
          },
        ]
      : []),
    ...(config.value("resource_id") !== null && config.value("name") !== null
      ? [{ path: ["name"], message: "`name` conflicts with `resource_id`" }]
      : []),
  ],

  plan(draft, context) {
    const identity = planTarget(draft, context);
    return { values: { ...identity, ...(draft.changed ? { output: unknownValue } : {}) } };
  },

  create: (planned, context) => apply(planned, context),
  update: (planned, _prior, context) => apply(planned, context),

  async read(state, context) {
    const id = state.requiredText("id");
    const { apiVersion } = parseType(state);
    const resource = await context.arm
      .find(id, apiVersion)
      .catch(rethrowArm("Failed to retrieve resource", id));
    if (resource === undefined) return undefined;
    return { ...drift(state, resource), output: exported(state, resource) };
  },

  /** What was added stays: only its owner may remove the resource. */
  delete: async () => {},
};

/** Identifiers that follow from the configuration are known before apply. */
export function planTarget(draft: PlanDraft, context: ProviderContext): Attributes {
  const planned = new Reader(draft.planned);
  const resourceId = draft.config.value("resource_id");
  const parts =
    resourceId === null
      ? new Reader({ ...draft.planned, resource_id: null })
      : new Reader({ ...draft.planned, name: null, parent_id: null });
  const target = findTarget(parts, context.arm.subscriptionId);
  if (target === undefined) return draft.prior === undefined ? {} : { id: planned.value("id") };
  return identifiers(target, "resource_id" in draft.planned);
}

export function identifiers(target: AzapiTarget, withResourceId: boolean): Attributes {
  return {
    id: target.id,
    name: target.name,
    parent_id: target.parentId,
    ...(withResourceId ? { resource_id: target.id } : {}),
  };
}

/** The body as it is now in the cloud, when it is not what Terraform last sent. */
export function drift(state: Reader, resource: Json): Attributes {
  const before = state.value("body");
  if (before === null) return {};
  const now = projectBody(unwrap(before), resource, {
    ignoreMissing: state.flag("ignore_missing_property") !== false,
    ignoreCasing: state.flag("ignore_casing") === true,
  });
  return { body: redynamic(before, now) };
}

export function exported(values: Reader, resource: Json): Attributes[string] {
  const output = makeDynamic(exportValues(values, resource));
  const before = values.value("output");
  return redynamic(before, output);
}

async function apply(planned: Reader, context: ProviderContext): Promise<Attributes> {
  const target = findTarget(planned, context.arm.subscriptionId);
  if (target === undefined) throw new Error("the resource to update has no id");
  const { apiVersion } = parseType(planned);
  const existing = await context.arm
    .find(target.id, apiVersion)
    .catch(rethrowArm("Failed to retrieve resource", target.id));
  if (existing === undefined) {
    throw new DiagnosticError("Resource not found", {
      detail: `resource ${JSON.stringify(target.id)} does not exist; azapi_update_resource only changes what is there`,
      path: ["resource_id"],
    });
  }
  const change = mergeJson(
    toJson(planned.value("body")) ?? {},
    toJson(planned.value("sensitive_body")) ?? {},
  );
  const body = mergeJson(existing, change);
  const locks = planned.texts("locks") ?? [];
  await context
    .lock(locks[0] ?? target.id, () => context.arm.run("PUT", target.id, apiVersion, body))
    .catch(rethrowArm("Failed to create/update resource", target.id));
  const resource = await context.arm
    .get(target.id, apiVersion)
    .catch(rethrowArm("Failed to retrieve resource", target.id));
  return { ...identifiers(target, true), output: exported(planned, resource) };
}
