import type { Rendered } from "../rendered.js";

export function renderDestroy(result: {
  readonly status: "destroyed" | "nothing";
  readonly resourceGroup: string;
  readonly stacks: readonly { readonly stack: string; readonly destroyed: readonly string[] }[];
}): Rendered {
  const count = result.stacks.reduce((sum, { destroyed }) => sum + destroyed.length, 0);
  return {
    data: result,
    text:
      result.status === "nothing"
        ? `Nothing to destroy: ${result.resourceGroup} holds nothing of this deployment.`
        : `Destroyed ${count} resources; ${result.stacks.map(({ stack }) => stack).join(" and ")} gone.`,
  };
}
