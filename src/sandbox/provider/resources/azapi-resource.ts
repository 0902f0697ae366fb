import { identityFromWire, identityToWire } from "../arm/identity.js";
import { normalizeLocation } from "../arm/ids.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asJson, asText, compact, type Json } from "../http/json.js";
import { isUnknown, makeDynamic, unknownValue } from "../protocol/values.js";
import { mergeJson, toJson } from "./azapi-json.js";
import {
  checkType,
  findTarget,
  parentOf,
  parseType,
  rethrowArm,
  retryDefaults,
  type AzapiTarget,
} from "./azapi-target.js";
import { drift, exported, identifiers, planTarget } from "./azapi-update-resource.js";

const flagDefaults = {
  ignore_casing: false,
  ignore_missing_property: true,
  ignore_null_property: false,
  schema_validation_enabled: true,
};

/** Any resource of ARM, by its type and body. */
export const azapiResource: ResourceModel = {
  type: "azapi_resource",
  forceNew: ["name", "parent_id", "location", "replace_triggers_external_values"],
  defaults: { ...flagDefaults, retry: retryDefaults },
  validate: checkType,

  plan(draft, context) {
    const values: Attributes = { ...planTarget(draft, context) };
    if (draft.changed) values["output"] = unknownValue;
    const { planned, config, prior } = draft;
    // Nothing computes these two where the configuration has none.
    for (const [name, empty] of [
      ["body", makeDynamic({})],
      ["tags", null],
    ] as const) {
      if (config.value(name) === null && isUnknown(planned[name])) values[name] = empty;
    }
    const before = prior?.text("location");
    const wanted = config.text("location");
    if (before !== undefined && wanted !== undefined && before !== wanted) {
      // Other spellings of a location are the same place.
      if (normalizeLocation(before) === normalizeLocation(wanted)) values["location"] = before;
    }
    return { values };
  },

  async create(planned, context) {
    const target = targetOf(planned, context);
    const { apiVersion } = parseType(planned);
    const existing = await context.arm
      .find(target.id, apiVersion)
      .catch(rethrowArm("Failed to retrieve resource", target.id));
    if (existing !== undefined) {
      throw new DiagnosticError("Resource already exists", {
        detail:
          `A resource with the ID ${JSON.stringify(target.id)} already exists - to be managed via ` +
          "Terraform this resource needs to be imported into the State. Please see the resource " +
          'documentation for "azapi_resource" for more information.',
      });
    }
    return put(target, planned, context);
  },

  update: (planned, _prior, context) => put(targetOf(planned, context), planned, context),

  async read(state, context) {
    const id = state.requiredText("id");
    const { apiVersion } = parseType(state);
    const resource = await context.arm
      .find(id, apiVersion)
      .catch(rethrowArm("Failed to retrieve resource", id));
    if (resource === undefined) return undefined;
    return {
      ...common(resource, state),
      ...drift(state, resource),
      output: exported(state, resource),
    };
  },

  async delete(state, context) {
    const id = state.requiredText("id");
    await context.arm
      .delete(id, parseType(state).apiVersion)
      .catch(rethrowArm("Failed to delete resource", id));
  },

  /** `{id}?api-version={version}`. */
  import(text) {
    const [id = "", query = ""] = text.split("?");
    const apiVersion = new URLSearchParams(query).get("api-version");
    const type = typeOfId(id);
    if (apiVersion === null || type === undefined) {
      throw new DiagnosticError("Invalid Resource ID", {
        detail: `Expected {resource id}?api-version={version}, got ${JSON.stringify(text)}`,
      });
    }
    return {
      id,
      name: id.split("/").at(-1) ?? null,
      parent_id: parentOf(id),
      type: `${type}@${apiVersion}`,
      ...flagDefaults,
    };
  },
};

async function put(
  target: AzapiTarget,
  planned: Reader,
  context: ProviderContext,
): Promise<Attributes> {
  const { apiVersion } = parseType(planned);
  const body = mergeJson(
    mergeJson(toJson(planned.value("body")) ?? {}, toJson(planned.value("sensitive_body")) ?? {}),
    compact({
      location: planned.text("location"),
      tags: planned.map("tags"),
      identity: planned.has("identity") ? identityToWire(planned) : undefined,
    }),
  );
  await context.arm
    .run("PUT", target.id, apiVersion, body)
    .catch(rethrowArm("Failed to create/update resource", target.id));
  const resource = await context.arm
    .get(target.id, apiVersion)
    .catch(rethrowArm("Failed to retrieve resource", target.id));
  return {
    ...identifiers(target, false),
    ...common(resource, planned),
    output: exported(planned, resource),
  };
}

function common(resource: Json, state: Reader): Attributes {
  const location = asText(resource["location"]);
  const held = state.text("location");
  const same =
    location !== undefined &&
    held !== undefined &&
    normalizeLocation(location) === normalizeLocation(held);
  return {
    location: same ? held : (location ?? null),
    tags: asJson(resource["tags"]) as Record<string, string>,
    ...(state.has("identity") ? { identity: identityFromWire(resource) } : {}),
  };
}

function targetOf(planned: Reader, context: ProviderContext): AzapiTarget {
  const target = findTarget(planned, context.arm.subscriptionId);
  if (target !== undefined) return target;
  throw new DiagnosticError("Missing required argument", {
    detail: "`name` and `parent_id` of azapi_resource must be set",
  });
}

function typeOfId(id: string): string | undefined {
  const [, provider] = id.split(/\/providers\/(?!.*\/providers\/)/i);
  const segments = provider?.split("/") ?? [];
  if (segments.length < 3)
    return /\/resourceGroups\/[^/]+$/i.test(id) ? "Microsoft.Resources/resourceGroups" : undefined;
  return [segments[0], ...segments.filter((_, index) => index % 2 === 1)].join("/");
}
