import type { Rendered } from "../rendered.js";

export function renderBuildImage(result: {
  readonly built: boolean;
  readonly reference: string;
  readonly digest: string;
  readonly tag: string;
  readonly tags: readonly string[];
  readonly runId?: string;
  readonly durationSeconds?: number;
}): Rendered {
  const took = result.durationSeconds === undefined ? "" : ` in ${result.durationSeconds} s`;
  return {
    data: result,
    text: [
      result.built
        ? `Built ${result.tags.join(", ")}${took}`
        : `Nothing to build: the registry has this content as ${result.tag}`,
      result.reference,
    ].join("\n"),
    outputs: {
      image: result.reference,
      digest: result.digest,
      tag: result.tag,
      built: String(result.built),
      "run-id": result.runId ?? "",
    },
    summary: result.built
      ? `Built \`${result.reference}\` (${result.tags.map((tag) => `\`${tag}\``).join(", ")})${took}`
      : `Nothing to build: \`${result.reference}\` is in the registry as \`${result.tag}\``,
  };
}

export function renderStartedBuild(result: {
  readonly registry: string;
  readonly tag: string;
  readonly runId: string;
}): Rendered {
  const { registry, runId, tag } = result;
  return {
    data: result,
    text: [
      `Build ${runId} goes on in ${registry}; its image will be ${tag}`,
      `Its log: az acr task logs --registry ${registry} --run-id ${runId}`,
    ].join("\n"),
    outputs: { tag, built: "false", "run-id": runId },
    summary: `Build \`${runId}\` goes on in \`${registry}\`; its image will be \`${tag}\``,
  };
}
