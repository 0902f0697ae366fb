import type { Attributes } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asText, asTexts, compact, type Json } from "../http/json.js";

export function triggersToWire(values: Reader): Json {
  const base = values.block("base_image_trigger");
  return compact({
    timerTriggers: values.blocks("timer_trigger").map((timer) => ({
      name: timer.text("name"),
      schedule: timer.text("schedule"),
      status: status(timer),
    })),
    sourceTriggers: values.blocks("source_trigger").map(sourceToWire),
    baseImageTrigger:
      base === undefined
        ? undefined
        : compact({
            name: base.text("name"),
            baseImageTriggerType: base.text("type"),
            status: status(base),
            updateTriggerEndpoint: base.text("update_trigger_endpoint"),
            updateTriggerPayloadType: base.text("update_trigger_payload_type"),
          }),
  });
}

export function triggersFromWire(trigger: Json): Attributes {
  const base = asJson(trigger["baseImageTrigger"]);
  return {
    timer_trigger: asItems(trigger["timerTriggers"]).map((timer) => ({
      name: asText(timer["name"]) ?? null,
      schedule: asText(timer["schedule"]) ?? null,
      enabled: asText(timer["status"]) !== "Disabled",
    })),
    base_image_trigger:
      base["name"] === undefined
        ? []
        : [
            {
              name: asText(base["name"]) ?? null,
              type: asText(base["baseImageTriggerType"]) ?? null,
              enabled: asText(base["status"]) !== "Disabled",
              update_trigger_payload_type: asText(base["updateTriggerPayloadType"]) ?? null,
            },
          ],
    source_trigger: asItems(trigger["sourceTriggers"]).map((source) => {
      const repository = asJson(source["sourceRepository"]);
      return {
        name: asText(source["name"]) ?? null,
        enabled: asText(source["status"]) !== "Disabled",
        events: asTexts(source["sourceTriggerEvents"]),
        repository_url: asText(repository["repositoryUrl"]) ?? null,
        source_type: asText(repository["sourceControlType"]) ?? null,
        branch: asText(repository["branch"]) ?? null,
      };
    }),
  };
}

function sourceToWire(source: Reader): Json {
  const auth = source.block("authentication");
  return {
    name: source.text("name"),
    status: status(source),
    sourceTriggerEvents: source.texts("events"),
    sourceRepository: compact({
      repositoryUrl: source.text("repository_url"),
      sourceControlType: source.text("source_type"),
      branch: source.text("branch"),
      sourceControlAuthProperties:
        auth === undefined
          ? undefined
          : compact({
              token: auth.text("token"),
              tokenType: auth.text("token_type"),
              refreshToken: auth.text("refresh_token"),
              scope: auth.text("scope"),
              expiresIn: auth.number("expire_in_seconds"),
            }),
    }),
  };
}

function status(trigger: Reader): "Enabled" | "Disabled" {
  return trigger.flag("enabled") === false ? "Disabled" : "Enabled";
}
