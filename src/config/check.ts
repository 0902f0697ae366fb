import type { Problem } from "../errors/runnerctl-error.js";
import { applyDefaults } from "./defaults.js";
import type { ConfigDocument } from "./document.js";
import { createDraft } from "./draft.js";
import { describeIssues } from "./issues.js";
import { runRules } from "./rules.js";
import { configSchema } from "./schema.js";
import type { RunnerctlConfig } from "./types.js";

export interface CheckedConfig {
  /** Undefined when there are errors. */
  readonly config: RunnerctlConfig | undefined;
  readonly errors: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Holds a value against the schema and the rules; both always run. */
export function checkConfigValue(
  value: unknown,
  document: Pick<ConfigDocument, "locate" | "sourceOf">,
  directory: string,
): CheckedConfig {
  const result = configSchema.safeParse(value);
  const issues = result.success ? [] : describeIssues(result.error.issues, value, document);
  const findings = runRules(createDraft(value, directory));
  const of = (severity: "error" | "warning"): Problem[] =>
    findings
      .filter((finding) => finding.severity === severity)
      .map(({ path, at, what, fix }) => ({ where: document.locate(path, at), what, fix }));
  const errors = [...issues, ...of("error")];
  return {
    config:
      result.success && errors.length === 0 ? applyDefaults(result.data, directory) : undefined,
    errors,
    warnings: of("warning"),
  };
}
