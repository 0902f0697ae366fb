import type { StackChange } from "../../domain/stack-change.js";
import type { Rendered } from "../rendered.js";
import { summarizeChange } from "./changes.js";

interface DeployView {
  readonly changed: boolean;
  readonly stacks: readonly {
    readonly stack: string;
    readonly change: StackChange;
    readonly applied: readonly string[];
    readonly adopted: readonly string[];
  }[];
  readonly image?: { readonly reference: string; readonly built: boolean };
}

export function renderDeploy(result: DeployView, pools: readonly string[]): Rendered {
  const lines = result.stacks.map(({ stack, change, adopted }) => {
    const also = adopted.length === 0 ? "" : ` (${adopted.length} adopted from an interrupted run)`;
    return `${stack}: ${summarizeChange(change).replaceAll("to create", "created").replaceAll("to update", "updated").replaceAll("to replace", "replaced").replaceAll("to delete", "deleted")}${also}`;
  });
  if (result.image !== undefined) {
    lines.push(`image: ${result.image.built ? "built" : "unchanged"} ${result.image.reference}`);
  }
  const [first] = pools;
  lines.push(
    result.changed
      ? `Deployed.${first === undefined ? "" : ` Start a runner: runnerctl trigger ${first} --wait`}`
      : "No changes: everything is as runnerctl.yaml says.",
  );
  return {
    data: result,
    text: lines.join("\n"),
    outputs: {
      changed: String(result.changed),
      ...(result.image === undefined ? {} : { image: result.image.reference }),
    },
  };
}
