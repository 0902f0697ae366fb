import type { Message } from "../protocol/wire.js";
import type { ProviderMethod } from "../protocol/messages.js";
import {
  equalValues,
  isObject,
  valueFromJson,
  type Value,
  type ValueObject,
} from "../protocol/values.js";
import { describeProvider } from "../schema/encode.js";
import type { ProviderSchema } from "../schema/types.js";
import {
  decodeDynamic,
  encodeDynamic,
  SchemaTypes,
  withWriteOnly,
  type TypedSchema,
} from "./codec.js";
import { DiagnosticError, encodePath, toDiagnostic } from "./diagnostics.js";
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
import { SecretKeeper } from "./secrets.js";
import { settleState } from "./settle.js";

export interface ProviderDefinition {
  readonly name: string;
  readonly schema: ProviderSchema;
  readonly resources: readonly ResourceModel[];
  readonly data: readonly DataModel[];
  /** Providers on Terraform's older SDK may plan defaults for attributes that are not computed. */
  readonly legacyTypes: boolean;
  /** Problems of the provider block. */
  validate?(settings: Reader): readonly Problem[];
  connect(settings: Reader, life: Life): Promise<ProviderContext>;
}

type Handler = (request: Message) => Promise<Message> | Message;

/** The calls of the plugin protocol, over models of resources. */
export class Provider {
  private readonly resources: ReadonlyMap<string, ResourceModel>;
  private readonly data: ReadonlyMap<string, DataModel>;
  private readonly stopping = new AbortController();
  private readonly ending = new AbortController();
  private readonly types = new SchemaTypes();
  private readonly secrets = new SecretKeeper();
  private context: ProviderContext | undefined;

  readonly handlers: Readonly<Record<ProviderMethod, Handler>> = {
    GetProviderSchema: () => describeProvider(this.definition.schema),
    ValidateProviderConfig: (request) => this.validateSettings(request),
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
    const { schema, type } = this.types.of(this.definition.schema.provider);
    const config = decodeDynamic(type, request["config"]);
    return this.diagnose({}, async () => {
      this.secrets.learn(schema, config);
      this.secrets.learnCredentials(config);
      this.context = await this.definition.connect(Reader.of(config), {
        stop: this.stopping.signal,
        end: this.ending.signal,
      });
      return {};
    });
  }

  private validateSettings(request: Message): Message {
    const { type } = this.types.of(this.definition.schema.provider);
    const config = Reader.of(decodeDynamic(type, request["config"]));
    const problems = this.definition.validate?.(config) ?? [];
    return { diagnostics: this.secrets.encode(problems.map(problemToDiagnostic)) };
  }

  private validateResource(request: Message): Message {
    const { name, schema, type } = this.resource(request);
    const config = Reader.of(decodeDynamic(type, request["config"]));
    const problems = this.resources.get(name)?.validate?.(config) ?? [];
    this.secrets.learn(schema, config.values);
    return { diagnostics: this.secrets.encode(problems.map(problemToDiagnostic)) };
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
      this.secrets.learn(schema, state);
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
      this.secrets.learn(schema, config);
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
      for (const value of [prior, planned, config]) this.secrets.learn(schema, value);
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
    const { type } = this.types.of(this.definition.schema.data_source_schemas[name]);
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
    return { ...reply, diagnostics: this.secrets.encode(problems) };
  }

  private diagnoseSync(fallback: Message, work: () => Message): Message {
    try {
      return work();
    } catch (error) {
      return { ...fallback, diagnostics: this.secrets.encode([toDiagnostic(error)]) };
    }
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
    return { name, ...this.types.of(this.definition.schema.resource_schemas[name]) };
  }
}

function problemToDiagnostic({ path, message, severity }: Problem): Diagnostic {
  return { severity: severity ?? "error", summary: message, path };
}
