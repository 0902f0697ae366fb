import type { ChangeKind, ResourceChange, StackChange } from "../../domain/stack-change.js";
import type { Palette } from "../palette.js";

const signs: Readonly<Record<ChangeKind, string>> = {
  create: "+",
  update: "~",
  replace: "±",
  delete: "-",
  import: "←",
  forget: "·",
};

/** One line a resource, Terraform's signs, then the sums; a stack without changes says so. */
export function renderChanges(changes: readonly StackChange[], palette: Palette): string {
  return changes.map((change) => renderStack(change, palette)).join("\n");
}

export function summarizeChange(change: StackChange): string {
  const parts = [
    [change.create, "to create"],
    [change.update, "to update"],
    [change.replace, "to replace"],
    [change.delete, "to delete"],
  ] as const;
  const named = parts.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`);
  return named.length === 0 ? "no changes" : named.join(", ");
}

function renderStack(change: StackChange, palette: Palette): string {
  const head = `${palette.bold(change.stack)}: ${summarizeChange(change)}`;
  return [head, ...change.changes.map((resource) => `  ${renderResource(resource, palette)}`)].join(
    "\n",
  );
}

function renderResource(resource: ResourceChange, palette: Palette): string {
  const paint = {
    create: palette.green,
    update: palette.yellow,
    replace: palette.red,
    delete: palette.red,
    import: palette.cyan,
    forget: palette.dim,
  }[resource.kind];
  const attributes =
    resource.attributes.length === 0 ? "" : palette.dim(`  (${resource.attributes.join(", ")})`);
  return `${paint(signs[resource.kind])} ${resource.address}${attributes}`;
}
