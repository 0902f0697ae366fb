import { ArmError } from "../arm/errors.js";
import type { Attributes, ProviderContext, ResourceModel } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { makeDynamic, unknownValue } from "../protocol/values.js";
import { exportValues, mergeJson, toJson } from "./azapi-json.js";
import { checkType, parseType, rethrowArm, retryDefaults } from "./azapi-target.js";
import { checkOneOf } from "./checks.js";

const methods = ["POST", "PUT", "PATCH"] as const;

/** One request to a resource when it is applied, or when it is destroyed. */
export const azapiResourceAction: ResourceModel = {
  type: "azapi_resource_action",
  forceNew: ["resource_id"],
  defaults: { method: "POST", when: "apply", retry: retryDefaults },
  validate: (config) => [
    ...checkType(config),
    ...checkOneOf(config, "method", methods),
    ...checkOneOf(config, "when", ["apply", "destroy"]),
  ],

  plan({ changed }) {
    return changed ? { values: { output: unknownValue, sensitive_output: unknownValue } } : {};
  },

  create: (planned, context) => applyAction(planned, context),
  update: (planned, _prior, context) => applyAction(planned, context),

  async read(state, context) {
    const id = state.requiredText("resource_id");
    const found = await context.arm
      .find(id, parseType(state).apiVersion)
      .catch(rethrowArm("Failed to retrieve resource", id));
    return { exist: found !== undefined };
  },

  async delete(state, context) {
    if (state.text("when") === "destroy") await run(state, context);
  },
};

async function applyAction(planned: Reader, context: ProviderContext): Promise<Attributes> {
  const answer = planned.text("when") === "destroy" ? {} : await run(planned, context);
  return {
    id: target(planned),
    exist: true,
    output: makeDynamic(exportValues(planned, answer)),
    sensitive_output: makeDynamic(
      exportValues(planned, answer, "sensitive_response_export_values"),
    ),
  };
}

async function run(values: Reader, context: ProviderContext): Promise<unknown> {
  const method = methods.find((candidate) => candidate === values.text("method")) ?? "POST";
  const body = mergeJson(
    toJson(values.value("body")),
    toJson(values.value("sensitive_body")) ?? {},
  );
  const path = target(values);
  try {
    return await context.arm.run(method, path, parseType(values).apiVersion, body ?? undefined);
  } catch (error) {
    const gone = error instanceof ArmError && error.status === 404;
    if (gone && values.flag("ignore_not_found") === true) return {};
    return rethrowArm("Failed to perform action", path)(error);
  }
}

function target(values: Reader): string {
  const action = values.text("action");
  const id = values.requiredText("resource_id");
  return action === undefined ? id : `${id}/${action}`;
}
