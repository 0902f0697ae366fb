import type { StackChange } from "../../domain/stack-change.js";
import type { Palette } from "../palette.js";
import type { Rendered } from "../rendered.js";
import { renderChanges } from "./changes.js";

interface PlanView {
  readonly hasChanges: boolean;
  readonly stacks: readonly (
    | {
        readonly stack: string;
        readonly status: "planned";
        readonly change: StackChange;
        readonly imageToBuild?: boolean;
      }
    | { readonly stack: string; readonly status: "after-platform" }
  )[];
}

export function renderPlan(result: PlanView, palette: Palette): Rendered {
  const blocks = result.stacks.map((stack) => {
    if (stack.status === "after-platform") {
      return `${palette.bold(stack.stack)}: planned once the platform stands`;
    }
    const image = stack.imageToBuild === true ? "\n  + the runner image (to build)" : "";
    return `${renderChanges([stack.change], palette)}${image}`;
  });
  const end = result.hasChanges
    ? "Run `runnerctl deploy` to make these changes."
    : "No changes: everything is as runnerctl.yaml says.";
  return {
    data: result,
    text: [...blocks, "", end].join("\n"),
    outputs: { "has-changes": String(result.hasChanges) },
  };
}
