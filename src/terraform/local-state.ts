import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes a local state file and its backup when they hold nothing any more. */
export function removeEmptyState(directory: string): void {
  const path = findLocalState(directory);
  if (path === undefined || !existsSync(path)) return;
  const state = JSON.parse(readFileSync(path, "utf8")) as { resources?: unknown[] };
  if ((state.resources ?? []).length > 0) return;
  rmSync(path, { force: true });
  rmSync(`${path}.backup`, { force: true });
}

function findLocalState(directory: string): string | undefined {
  const { terraform } = JSON.parse(readFileSync(join(directory, "cdk.tf.json"), "utf8")) as {
    terraform?: { backend?: { local?: { path?: string } } };
  };
  return terraform?.backend?.local?.path;
}
