import type { Rendered } from "../rendered.js";

export function renderSynth(result: {
  readonly outdir: string;
  readonly stacks: readonly { readonly name: string; readonly synthesizedPath: string }[];
}): Rendered {
  return {
    data: result,
    text: result.stacks
      .map(({ name, synthesizedPath }) => `${name}: ${synthesizedPath}`)
      .join("\n"),
  };
}
