import type { Attributes } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asNumber, asText, compact, type Json } from "../http/json.js";

/** The blocks of which a job has one. */
export const triggerBlocks = [
  "manual_trigger_config",
  "event_trigger_config",
  "schedule_trigger_config",
] as const;

/** The trigger as part of the configuration; the others' fields are undefined, which removes them. */
export function triggerToWire(values: Reader): Record<string, unknown> {
  const manual = values.block("manual_trigger_config");
  const event = values.block("event_trigger_config");
  const schedule = values.block("schedule_trigger_config");
  return {
    triggerType: event !== undefined ? "Event" : schedule !== undefined ? "Schedule" : "Manual",
    manualTriggerConfig: manual === undefined ? undefined : counts(manual),
    scheduleTriggerConfig:
      schedule === undefined
        ? undefined
        : { cronExpression: schedule.text("cron_expression"), ...counts(schedule) },
    eventTriggerConfig:
      event === undefined ? undefined : { ...counts(event), scale: scaleToWire(event) },
  };
}

function counts(trigger: Reader): Json {
  return {
    parallelism: trigger.number("parallelism") ?? 1,
    replicaCompletionCount: trigger.number("replica_completion_count") ?? 1,
  };
}

function scaleToWire(event: Reader): Json | undefined {
  const scale = event.block("scale");
  if (scale === undefined) return undefined;
  return {
    maxExecutions: scale.number("max_executions"),
    minExecutions: scale.number("min_executions"),
    pollingInterval: scale.number("polling_interval_in_seconds"),
    rules: scale.blocks("rules").map((rule) => ({
      name: rule.text("name"),
      type: rule.text("custom_rule_type"),
      metadata: rule.map("metadata") ?? {},
      auth: rule.blocks("authentication").map((auth) => ({
        secretRef: auth.text("secret_name"),
        triggerParameter: auth.text("trigger_parameter"),
      })),
    })),
  };
}

export function triggerFromWire(configuration: Json): Attributes {
  const read = (name: string): Json | undefined =>
    configuration[name] === undefined || configuration[name] === null
      ? undefined
      : asJson(configuration[name]);
  const manual = read("manualTriggerConfig");
  const schedule = read("scheduleTriggerConfig");
  const event = read("eventTriggerConfig");
  return {
    manual_trigger_config: manual === undefined ? [] : [countsFromWire(manual)],
    schedule_trigger_config:
      schedule === undefined
        ? []
        : [
            {
              ...countsFromWire(schedule),
              cron_expression: asText(schedule["cronExpression"]) ?? null,
            },
          ],
    event_trigger_config:
      event === undefined ? [] : [{ ...countsFromWire(event), scale: scaleFromWire(event) }],
  };
}

function countsFromWire(trigger: Json): Attributes {
  return {
    parallelism: asNumber(trigger["parallelism"]) ?? null,
    replica_completion_count: asNumber(trigger["replicaCompletionCount"]) ?? null,
  };
}

function scaleFromWire(event: Json): Attributes[] {
  if (event["scale"] === undefined || event["scale"] === null) return [];
  const scale = asJson(event["scale"]);
  return [
    {
      max_executions: asNumber(scale["maxExecutions"]) ?? null,
      min_executions: asNumber(scale["minExecutions"]) ?? null,
      polling_interval_in_seconds: asNumber(scale["pollingInterval"]) ?? null,
      rules: asItems(scale["rules"]).map((rule) => ({
        name: asText(rule["name"]) ?? null,
        custom_rule_type: asText(rule["type"]) ?? null,
        metadata: compact({ ...asJson(rule["metadata"]) }) as Record<string, string>,
        authentication: asItems(rule["auth"]).map((auth) => ({
          secret_name: asText(auth["secretRef"]) ?? null,
          trigger_parameter: asText(auth["triggerParameter"]) ?? null,
        })),
      })),
    },
  ];
}
