import type { Rendered } from "../rendered.js";

export function renderBuildImage(result: {
  readonly built: boolean;
  readonly reference: string;
  readonly digest: string;
  readonly tag: string;
  readonly durationSeconds?: number;
}): Rendered {
  const took = result.durationSeconds === undefined ? "" : ` in ${result.durationSeconds} s`;
  return {
    data: result,
    text: [
      result.built
        ? `Built ${result.tag}${took}`
        : `Nothing to build: the registry has this content as ${result.tag}`,
      result.reference,
    ].join("\n"),
    outputs: {
      image: result.reference,
      digest: result.digest,
      tag: result.tag,
      built: String(result.built),
    },
  };
}
