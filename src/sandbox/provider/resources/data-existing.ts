import { buildId } from "../arm/ids.js";
import { DiagnosticError } from "../engine/diagnostics.js";
import type { Attributes, DataModel, ResourceModel } from "../engine/model.js";
import { Reader } from "../engine/reader.js";
import type { ValueObject } from "../protocol/values.js";
import type { BlockSchema } from "../schema/types.js";

/**
 * A data source that shows an existing resource: the resource's own read, cut to the attributes that
 * the data source has.
 */
export function defineExisting(
  resource: ResourceModel,
  label: string,
  idPattern: string,
  block: BlockSchema,
): DataModel {
  const names = Object.keys(block.attributes ?? {});
  return {
    type: resource.type,
    async read(config, context) {
      const texts: Record<string, string | undefined> = {
        subscription: context.arm.subscriptionId,
      };
      for (const name of names) texts[name] = config.text(name);
      const id = buildId(idPattern, texts);
      const state: ValueObject = Object.fromEntries(names.map((name) => [name, null]));
      const found = await resource.read(new Reader({ ...state, id }), context);
      if (found === undefined) {
        throw new DiagnosticError(`${label} (${describe(texts)}) was not found`, {
          detail: `Nothing is at ${id}.`,
        });
      }
      return keep(found, names);
    },
  };
}

function describe(texts: Record<string, string | undefined>): string {
  return Object.entries(texts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(", ");
}

function keep(found: Attributes, names: readonly string[]): Attributes {
  return Object.fromEntries(Object.entries(found).filter(([name]) => names.includes(name)));
}
