import { DiagnosticError } from "../engine/diagnostics.js";
import {
  HalfCreatedError,
  type Attributes,
  type Defaults,
  type PlanDraft,
  type PlanRevision,
  type Problem,
  type ProviderContext,
  type ResourceModel,
} from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asJson, asText, type Json } from "../http/json.js";
import { ArmError } from "./errors.js";
import { buildId, describeId, normalizeLocation, parseId } from "./ids.js";

export interface RequestInput {
  readonly id: string;
  readonly values: Reader;
  readonly context: ProviderContext;
  /** The resource as it is: on update only. */
  readonly existing: Json | undefined;
}

export interface ReadInput {
  readonly id: string;
  readonly resource: Json;
  /** What Terraform held until now: planned values after create and update. */
  readonly state: Reader;
  readonly context: ProviderContext;
}

/** A resource that is one ARM resource: GET, PUT, DELETE of its id. */
export interface ArmResourceModel {
  readonly type: string;
  /** As azurerm names it in its errors: `Container Registry`. */
  readonly label: string;
  readonly apiVersion: string;
  /** Its id; names in braces are attributes, `{subscription}` is the provider's. */
  readonly id: string;
  readonly forceNew: readonly string[];
  readonly defaults?: Defaults;
  readonly normalize?: ResourceModel["normalize"];
  validate?(config: Reader): readonly Problem[];
  plan?(draft: PlanDraft, context: ProviderContext): PlanRevision;
  /** The body to PUT. */
  request(input: RequestInput): Promise<Json> | Json;
  /** Attributes out of the resource, beside those in the id. */
  attributes(input: ReadInput): Promise<Attributes> | Attributes;
  beforeCreate?(input: RequestInput): Promise<void>;
  afterDelete?(id: string, deleted: Json, context: ProviderContext): Promise<void>;
  beforeDelete?(id: string, context: ProviderContext): Promise<void>;
  /** Query of the DELETE. */
  deleteQuery?(context: ProviderContext): Readonly<Record<string, string>>;
  /** One write at a time under this key. */
  lockKey?(id: string): string;
  /** False: nothing can change in place. */
  readonly updatable?: boolean;
}

export function defineArmResource(model: ArmResourceModel): ResourceModel {
  const fail = (doing: string, step: string, id: string, error: unknown): never => {
    if (!(error instanceof ArmError)) throw error;
    throw new DiagnosticError(`${doing} ${describeId(model.label, id)}: ${step}: ${error.message}`);
  };
  const inTurn = async <T>(id: string, context: ProviderContext, work: () => Promise<T>) =>
    model.lockKey === undefined ? work() : context.lock(model.lockKey(id), work);

  const toAttributes = async (input: ReadInput): Promise<Attributes> => ({
    ...inherited(model.id, input),
    ...(await model.attributes(input)),
  });

  const write = async (
    input: RequestInput,
    doing: "creating" | "updating",
  ): Promise<Attributes> => {
    const { id, context, values } = input;
    const body = await model.request(input);
    try {
      await context.arm.run("PUT", id, model.apiVersion, body);
    } catch (error) {
      fail(doing, "performing CreateOrUpdate", id, error);
    }
    try {
      const resource = await context.arm.get(id, model.apiVersion);
      return await toAttributes({ id, resource, state: values, context });
    } catch (error) {
      const cause =
        error instanceof ArmError
          ? new DiagnosticError(`retrieving ${describeId(model.label, id)}: ${error.message}`)
          : error;
      throw new HalfCreatedError({ id }, cause);
    }
  };

  return {
    type: model.type,
    forceNew: model.forceNew,
    normalize: {
      ...(model.forceNew.includes("location") ? { location: normalizeLocation } : {}),
      ...model.normalize,
    },
    ...(model.defaults === undefined ? {} : { defaults: model.defaults }),
    ...(model.validate === undefined ? {} : { validate: model.validate }),
    ...(model.plan === undefined ? {} : { plan: model.plan }),

    async create(planned, context) {
      const id = idOf(model.id, planned, context);
      const existing = await context.arm
        .find(id, model.apiVersion)
        .catch((error: unknown) =>
          fail("checking for presence of existing", "retrieving", id, error),
        );
      if (existing !== undefined) throw alreadyExists(model.type, id);
      const input = { id, values: planned, context, existing: undefined };
      await model.beforeCreate?.(input);
      return inTurn(id, context, () => write(input, "creating"));
    },

    async read(state, context) {
      const id = state.requiredText("id");
      const resource = await context.arm
        .find(id, model.apiVersion)
        .catch((error: unknown) => fail("retrieving", "performing Get", id, error));
      return resource === undefined ? undefined : toAttributes({ id, resource, state, context });
    },

    ...(model.updatable === false
      ? {}
      : {
          async update(planned: Reader, prior: Reader, context: ProviderContext) {
            const id = prior.requiredText("id");
            // Read and write are one turn: what somebody else adds in between must not be lost.
            return inTurn(id, context, async () => {
              const existing = await context.arm
                .get(id, model.apiVersion)
                .catch((error: unknown) =>
                  fail("retrieving existing", "performing Get", id, error),
                );
              return write({ id, values: planned, context, existing }, "updating");
            });
          },
        }),

    async delete(state, context) {
      const id = state.requiredText("id");
      try {
        const resource = await context.arm.find(id, model.apiVersion);
        if (resource === undefined) return;
        await model.beforeDelete?.(id, context);
        const query = model.deleteQuery?.(context);
        await inTurn(id, context, () =>
          context.arm.delete(id, model.apiVersion, query === undefined ? {} : { query }),
        );
        await model.afterDelete?.(id, resource, context);
      } catch (error) {
        fail("deleting", "performing Delete", id, error);
      }
    },

    import(id) {
      if (parseId(model.id, id) === undefined) {
        throw new DiagnosticError(`parsing the ${model.label} ID: ${JSON.stringify(id)}`, {
          detail: `Expected an ID of the form ${model.id}`,
        });
      }
      return { id };
    },
  };
}

export function alreadyExists(type: string, id: string): DiagnosticError {
  return new DiagnosticError(
    `A resource with the ID ${JSON.stringify(id)} already exists - to be managed via Terraform ` +
      "this resource needs to be imported into the State. Please see the resource documentation " +
      `for ${JSON.stringify(type)} for more information.`,
  );
}

function idOf(pattern: string, values: Reader, context: ProviderContext): string {
  const texts: Record<string, string | undefined> = { subscription: context.arm.subscriptionId };
  for (const name of Object.keys(values.values)) texts[name] = values.text(name);
  return buildId(pattern, texts);
}

/** What every ARM resource tells: the names in its id, where it is and its tags. */
function inherited(pattern: string, { id, resource, state }: ReadInput): Attributes {
  const { subscription: _subscription, ...parts } = parseId(pattern, id) ?? {};
  const location = asText(resource["location"]);
  return {
    id,
    ...parts,
    ...("location" in state.values && location !== undefined
      ? { location: normalizeLocation(location) }
      : {}),
    ...("tags" in state.values ? { tags: asJson(resource["tags"]) as Record<string, string> } : {}),
  };
}
