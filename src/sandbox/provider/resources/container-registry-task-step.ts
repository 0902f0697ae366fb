import type { Attributes } from "../engine/model.js";
import type { Reader } from "../engine/reader.js";
import { asItems, asJson, asText, asTexts, compact, type Json } from "../http/json.js";

/** The blocks of which a task has one. */
export const taskSteps = ["docker_step", "encoded_step", "file_step"] as const;

export function stepToWire(values: Reader): Json | undefined {
  const docker = values.block("docker_step");
  if (docker !== undefined) {
    return compact({
      type: "Docker",
      dockerFilePath: docker.text("dockerfile_path"),
      contextPath: docker.text("context_path"),
      contextAccessToken: docker.text("context_access_token"),
      imageNames: docker.texts("image_names"),
      isPushEnabled: docker.flag("push_enabled"),
      noCache: docker.flag("cache_enabled") === false,
      target: docker.text("target"),
      arguments: argumentsOf(docker.map("arguments"), docker.map("secret_arguments")),
    });
  }
  const encoded = values.block("encoded_step");
  if (encoded !== undefined) {
    return compact({
      type: "EncodedTask",
      encodedTaskContent: encodeOnce(encoded.text("task_content")),
      encodedValuesContent: encodeOnce(encoded.text("value_content")),
      contextPath: encoded.text("context_path"),
      contextAccessToken: encoded.text("context_access_token"),
      values: argumentsOf(encoded.map("values"), encoded.map("secret_values")),
    });
  }
  const file = values.block("file_step");
  if (file === undefined) return undefined;
  return compact({
    type: "FileTask",
    taskFilePath: file.text("task_file_path"),
    valuesFilePath: file.text("value_file_path"),
    contextPath: file.text("context_path"),
    contextAccessToken: file.text("context_access_token"),
    values: argumentsOf(file.map("values"), file.map("secret_values")),
  });
}

/** Tokens and secret arguments are never given back: undefined keeps them. */
export function stepFromWire(step: Json, state: Reader): Attributes {
  const type = asText(step["type"]);
  const context = asText(step["contextPath"]) ?? null;
  const none = { docker_step: [], encoded_step: [], file_step: [] };
  if (type === "Docker") {
    return {
      ...none,
      docker_step: [
        {
          dockerfile_path: asText(step["dockerFilePath"]) ?? null,
          context_path: context,
          image_names: asTexts(step["imageNames"]),
          push_enabled: step["isPushEnabled"] !== false,
          cache_enabled: step["noCache"] !== true,
          target: asText(step["target"]) ?? null,
          arguments: plainArguments(step["arguments"]),
        },
      ],
    };
  }
  if (type === "EncodedTask") {
    const before = state.block("encoded_step");
    const content = (field: string, name: string): string | null =>
      decodeLike(asText(asJson(step)[field]), before?.text(name));
    return {
      ...none,
      encoded_step: [
        {
          task_content: content("encodedTaskContent", "task_content"),
          value_content: content("encodedValuesContent", "value_content"),
          context_path: context,
          values: plainArguments(step["values"]),
        },
      ],
    };
  }
  if (type !== "FileTask") return none;
  return {
    ...none,
    file_step: [
      {
        task_file_path: asText(step["taskFilePath"]) ?? null,
        value_file_path: asText(step["valuesFilePath"]) ?? null,
        context_path: context,
        values: plainArguments(step["values"]),
      },
    ],
  };
}

/** The content may be given plain or encoded; the wire has it encoded. */
function encodeOnce(text: string | undefined): string | undefined {
  if (text === undefined || isBase64(text)) return text;
  return Buffer.from(text).toString("base64");
}

function decodeLike(wire: string | undefined, before: string | undefined): string | null {
  if (wire === undefined) return null;
  if (before === wire) return wire;
  return Buffer.from(wire, "base64").toString("utf8");
}

function isBase64(text: string): boolean {
  return text !== "" && Buffer.from(text, "base64").toString("base64") === text;
}

/** Name, value and secrecy of a build's arguments. */
function argumentsOf(
  plain: Record<string, string> | undefined,
  secret: Record<string, string> | undefined,
): Json[] {
  const list = (values: Record<string, string> | undefined, isSecret: boolean): Json[] =>
    Object.entries(values ?? {}).map(([name, value]) => ({ name, value, isSecret }));
  return [...list(plain, false), ...list(secret, true)];
}

function plainArguments(value: unknown): Record<string, string> {
  return Object.fromEntries(
    asItems(value)
      .filter((argument) => argument["isSecret"] !== true)
      .map((argument) => [asText(argument["name"]) ?? "", asText(argument["value"]) ?? ""]),
  );
}
