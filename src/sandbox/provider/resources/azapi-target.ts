import { ArmError } from "../arm/errors.js";
import { segmentAfter } from "../arm/ids.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Problem } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { isUnknown } from "../protocol/values.js";

export interface AzapiType {
  /** `Microsoft.App/jobs`. */
  readonly name: string;
  readonly apiVersion: string;
}

export function parseType(values: Reader): AzapiType {
  const text = values.requiredText("type");
  const [name = "", apiVersion = ""] = text.split("@");
  return { name, apiVersion };
}

/** Of the `retry` block, where one is given. */
export const retryDefaults = {
  interval_seconds: 10,
  max_interval_seconds: 180,
  multiplier: 1.5,
  randomization_factor: 0.5,
};

export function checkType(config: Reader): Problem[] {
  const type = config.text("type");
  if (type === undefined || /^[\w.]+(\/[\w.]+)+@\d{4}-\d{2}-\d{2}(-\w+)?$/.test(type)) return [];
  return [
    {
      path: ["type"],
      message: `the argument "type" is invalid: expected <resource-type>@<api-version>, got ${type}`,
    },
  ];
}

/** Either the id, or parent and name, from which the id follows. */
export interface AzapiTarget {
  readonly id: string;
  readonly name: string;
  readonly parentId: string;
}

/** Undefined while parts are unknown. */
export function findTarget(values: Reader, subscriptionId: string): AzapiTarget | undefined {
  const { name: type } = parseType(values);
  const resourceId = values.text("resource_id");
  if (resourceId !== undefined) {
    return {
      id: resourceId,
      name: resourceId.split("/").at(-1) ?? "",
      parentId: parentOf(resourceId),
    };
  }
  const name = values.text("name");
  const group = type.toLowerCase() === "microsoft.resources/resourcegroups";
  const parentId =
    values.text("parent_id") ?? (group ? `/subscriptions/${subscriptionId}` : undefined);
  if (name === undefined || parentId === undefined || isUnknown(values.value("parent_id"))) {
    return undefined;
  }
  return { id: idBelow(parentId, type, name), name, parentId };
}

function idBelow(parentId: string, type: string, name: string): string {
  const root = parentId === "/" ? "" : parentId.replace(/\/+$/, "");
  if (type.toLowerCase() === "microsoft.resources/resourcegroups") {
    return `${root}/resourceGroups/${name}`;
  }
  const segments = type.split("/");
  const child = segments.length > 2;
  return child ? `${root}/${segments.at(-1)}/${name}` : `${root}/providers/${type}/${name}`;
}

/** Without `type/name`, and without `providers/namespace` where that is what is left of it. */
export function parentOf(id: string): string {
  const segments = id.split("/").slice(0, -2);
  if (segments.at(-2)?.toLowerCase() === "providers") segments.splice(-2);
  return segments.join("/") || "/";
}

export function rethrowArm(doing: string, id: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof ArmError)) throw error;
    const group = segmentAfter(id, "resourceGroups");
    throw new DiagnosticError(doing, {
      detail:
        `${doing}: ${JSON.stringify(id)}: ${error.message}` +
        (error.code === "ResourceGroupNotFound" ? `\nThe resource group is ${group}.` : ""),
    });
  };
}
