import type { Message } from "../protocol/wire.js";
import type { ProviderMethod } from "../protocol/messages.js";
import {
  decodeValue,
  encodeValue,
  equalValues,
  isObject,
  valueFromJson,
  type CtyType,
  type Value,
  type ValueObject,
} from "../protocol/values.js";
import { describeProvider } from "../schema/encode.js";
import { typeOfBlock, type ProviderSchema, type Schema } from "../schema/types.js";
import { DiagnosticError, encodeDiagnostic, encodePath, toDiagnostic } from "./diagnostics.js";
import type { Diagnostic } from "./diagnostics.js";
import {
  HalfCreatedError,
  type DataModel,
  type Problem,
  type ProviderContext,
  type ResourceModel,
} from "./model.js";
import type { Life } from "./pause.js";
import { findReplacements, planValues } from "./plan.js";
import { Reader } from "./reader.js";
import { collectSecrets } from "./secrets.js";
import { settleState } from "./settle.js";

export interface ProviderDefinition {
  readonly name: string;
  readonly schema: ProviderSchema;
  readonly resources: readonly ResourceModel[];
  readonly data: readonly DataModel[];
  /** Providers on Terraform's older SDK may plan defaults for attributes that are not computed. */
  readonly legacyTypes: boolean;
  connect(settings: Reader, life: Life): Promise<ProviderContext>;
}

type Handler = (request: Message) => Promise<Message> | Message;

interface TypedSchema {
  readonly schema: Schema;
  readonly type: CtyType;
}

/** The calls of the plugin protocol, over models of resources. */
export class Provider {
  private readonly resources: ReadonlyMap<string, ResourceModel>;
  private readonly data: ReadonlyMap<string, DataModel>;
  private readonly stopping = new AbortController();
  private readonly ending = new AbortController();
  private readonly types = new Map<Schema, CtyType>();
  private readonly secrets = new Set<string>();
  private context: ProviderContext | undefined;

  readonly handlers: Readonly<Record<ProviderMethod, Handler>> = {
    GetProviderSchema: () => describeProvider(this.definition.schema),
    ValidateProviderConfig: () => ({}),
    ValidateResourceConfig: (request) => this.validateResource(request),
    ValidateDataResourceConfig: () => ({}),
    ValidateEphemeralResourceConfig: () => ({}),
    ConfigureProvider: (request) => this.configure(request),
    UpgradeResourceState: (request) => this.upgradeState(request),
    ReadResource: (request) => this.readResource(request),
    PlanResourceChange: (request) => this.planChange(request),
    ApplyResourceChange: (request) => this.applyChange(request),
    ImportResourceState: (request) => this.importState(request),
    ReadDataSource: (request) => this.readData(request),
    StopProvider: () => {
      this.stop();
      return {};
    },
  };

  constructor(private readonly definition: ProviderDefinition) {
    this.resources = new Map(definition.resources.map((model) => [model.type, model]));
    this.data = new Map(definition.data.map((model) => [model.type, model]));
  }

  /** Ends every wait; what was already asked of the cloud stays asked. */
  stop(): void {
    this.stopping.abort();
  }

  /** Lets go of everything, so that the program can end. */
  end(): void {
    this.stopping.abort();
    this.ending.abort();
  }

  private async configure(request: Message): Promise<Message> {
    const { schema, type } = this.typed(this.definition.schema.provider);
    const config = decodeDynamic(type, request["config"]);
    return this.diagnose({}, async () => {
      this.learnSecrets(schema, config);
      this.context = await this.definition.connect(Reader.of(config), {
        stop: this.stopping.signal,
        end: this.ending.signal,
      });
      return {};
    });
  }

  private validateResource(request: Message): Message {
    const { name, schema, type } = this.resource(request);
    const config = Reader.of(decodeDynamic(type, request["config"]));
    const problems = this.resources.get(name)?.validate?.(config) ?? [];
    this.learnSecrets(schema, config.values);
    return { diagnostics: this.encodeAll(problems.map(problemToDiagnostic)) };
  }

  private upgradeState(request: Message): Message {
    const { type } = this.resource(request);
    const raw = request["raw_state"] as { json: Uint8Array };
    const state = valueFromJson(type, JSON.parse(Buffer.from(raw.json).toString("utf8")));
    return { upgraded_state: encodeDynamic(type, state) };
  }

  private async readResource(request: Message): Promise<Message> {
    const { name, schema, type } = this.resource(request);
    const state = decodeDynamic(type, request["current_state"]);
    const fallback = { new_state: request["current_state"], private: request["private"] };
    return this.diagnose(fallback, async () => {
      this.learnSecrets(schema, state);
      const attributes = await this.model(name).read(Reader.of(state), this.ready());
      const next = attributes === undefined ? null : settleState(type, attributes, state);
      return { new_state: encodeDynamic(type, next), private: request["private"] };
    });
  }

  private planChange(request: Message): Message {
    const { name, schema, type } = this.resource(request);
    const priorValue = decodeDynamic(type, request["prior_state"]);
    const proposed = decodeDynamic(type, request["proposed_new_state"]);
    const config = decodeDynamic(type, request["config"]);
    const legacy_type_system = this.definition.legacyTypes;
    const fallback = { planned_state: request["proposed_new_state"], legacy_type_system };
    if (!isObject(proposed) || !isObject(config)) return fallback;
    return this.diagnoseSync(fallback, () => {
      this.learnSecrets(schema, config);
      const model = this.model(name);
      const prior = isObject(priorValue) ? priorValue : undefined;
      let planned = planValues(schema.block, model, { config, proposed, prior });
      const changed = prior === undefined || !equalValues(type, planned, prior);
      const revision = model.plan?.(
        {
          config: new Reader(config),
          prior: prior === undefined ? undefined : new Reader(prior),
          planned,
          changed,
        },
        this.ready(),
      );
      planned = { ...planned, ...(revision?.values as ValueObject | undefined) };
      const replace =
        prior === undefined
          ? []
          : [
              ...findReplacements(schema.block, model.forceNew, planned, prior),
              ...(revision?.replace ?? []),
            ];
      if (replace.length === 0 && changed && prior !== undefined && model.update === undefined) {
        throw new DiagnosticError(`the sandbox does not model changes of ${name} in place yet`);
      }
      return {
        planned_state: encodeDynamic(type, planned),
        requires_replace: [...new Set(replace)].map((attribute) => encodePath([attribute])),
        planned_private: request["prior_private"],
        legacy_type_system,
      };
    });
  }

  private async applyChange(request: Message): Promise<Message> {
    const { name, schema, type } = this.resource(request);
    const prior = decodeDynamic(type, request["prior_state"]);
    const planned = decodeDynamic(type, request["planned_state"]);
    const config = decodeDynamic(type, request["config"]);
    const legacy_type_system = this.definition.legacyTypes;
    const reply = (state: Value): Message => ({
      new_state: encodeDynamic(type, state),
      private: request["planned_private"],
      legacy_type_system,
    });
    // A failed delete or update leaves what was there before in the state.
    return this.diagnose(reply(prior), async (report) => {
      for (const value of [prior, planned, config]) this.learnSecrets(schema, value);
      const context = this.ready();
      const model = this.model(name);
      if (!isObject(planned)) {
        await model.delete(Reader.of(prior), context);
        return reply(null);
      }
      // Write-only attributes are in the configuration alone.
      const wanted = new Reader(withWriteOnly(schema, planned, config));
      try {
        const attributes = isObject(prior)
          ? await model.update?.(wanted, new Reader(prior), context)
          : await model.create(wanted, context);
        return reply(settleState(type, attributes ?? {}, planned));
      } catch (error) {
        if (!(error instanceof HalfCreatedError)) throw error;
        report(error.cause);
        return reply(settleState(type, error.attributes, planned));
      }
    });
  }

  private async importState(request: Message): Promise<Message> {
    const { name, type } = this.resource(request);
    const id = request["id"] as string;
    return this.diagnose({}, async () => {
      const model = this.model(name);
      if (model.import === undefined) {
        throw new DiagnosticError(`resource ${name} doesn't support import`);
      }
      const state = settleState(type, model.import(id, this.ready()), {});
      return { imported_resources: [{ type_name: name, state: encodeDynamic(type, state) }] };
    });
  }

  private async readData(request: Message): Promise<Message> {
    const name = request["type_name"] as string;
    const { type } = this.typed(this.definition.schema.data_source_schemas[name]);
    const config = decodeDynamic(type, request["config"]);
    return this.diagnose({ state: request["config"] }, async () => {
      const model = this.data.get(name);
      if (model === undefined) {
        throw new DiagnosticError(`the sandbox does not model data.${name} yet`);
      }
      const attributes = await model.read(Reader.of(config), this.ready());
      return { state: encodeDynamic(type, settleState(type, attributes, config)) };
    });
  }

  private async diagnose(
    fallback: Message,
    work: (report: (error: unknown) => void) => Promise<Message>,
  ): Promise<Message> {
    const problems: Diagnostic[] = [];
    const report = (error: unknown): void => void problems.push(toDiagnostic(error));
    let reply = fallback;
    try {
      reply = await work(report);
    } catch (error) {
      report(error);
    }
    return { ...reply, diagnostics: this.encodeAll(problems) };
  }

  private diagnoseSync(fallback: Message, work: () => Message): Message {
    try {
      return work();
    } catch (error) {
      return { ...fallback, diagnostics: this.encodeAll([toDiagnostic(error)]) };
    }
  }

  private encodeAll(diagnostics: readonly Diagnostic[]): Message[] {
    // The longest first, so that no secret survives as the rest of another.
    const secrets = [...this.secrets].sort((left, right) => right.length - left.length);
    return diagnostics.map((diagnostic) => encodeDiagnostic(diagnostic, secrets));
  }

  private learnSecrets(schema: Schema, value: Value): void {
    for (const secret of collectSecrets(schema.block, value)) this.secrets.add(secret);
  }

  private ready(): ProviderContext {
    if (this.context === undefined) {
      throw new DiagnosticError(`provider ${this.definition.name} has not been configured`);
    }
    return this.context;
  }

  private model(name: string): ResourceModel {
    const model = this.resources.get(name);
    if (model === undefined) {
      throw new DiagnosticError(`the sandbox does not model ${name} yet`, {
        detail:
          "Its schema is known, so `terraform validate` holds; planning and applying it needs a " +
          "real subscription.",
      });
    }
    return model;
  }

  private resource(request: Message): TypedSchema & { name: string } {
    const name = request["type_name"] as string;
    return { name, ...this.typed(this.definition.schema.resource_schemas[name]) };
  }

  private typed(schema: Schema | undefined): TypedSchema {
    if (schema === undefined) throw new Error("Terraform asked for a type that has no schema.");
    let type = this.types.get(schema);
    if (type === undefined) {
      type = typeOfBlock(schema.block);
      this.types.set(schema, type);
    }
    return { schema, type };
  }
}

function problemToDiagnostic({ path, message, severity }: Problem): Diagnostic {
  return { severity: severity ?? "error", summary: message, path };
}

function withWriteOnly(schema: Schema, planned: ValueObject, config: Value): ValueObject {
  const values: Record<string, Value> = { ...planned };
  for (const [name, attribute] of Object.entries(schema.block.attributes ?? {})) {
    if (attribute.write_only === true && isObject(config)) values[name] = config[name] ?? null;
  }
  return values;
}

function decodeDynamic(type: CtyType, message: unknown): Value {
  const { msgpack } = message as { msgpack: Uint8Array };
  return msgpack.length === 0 ? null : decodeValue(type, msgpack);
}

function encodeDynamic(type: CtyType, value: Value): Message {
  return { msgpack: encodeValue(type, value) };
}
