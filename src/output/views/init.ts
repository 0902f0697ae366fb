import type { Rendered } from "../rendered.js";

export function renderInit(result: { readonly path: string; readonly created: boolean }): Rendered {
  return {
    data: result,
    text: [
      `${result.created ? "Wrote" : "Replaced"} ${result.path}`,
      "Next: read through it, then run `runnerctl plan` or `runnerctl deploy`.",
    ].join("\n"),
  };
}
