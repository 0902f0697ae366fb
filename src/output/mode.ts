export type OutputMode = "json" | "actions" | "human" | "plain";

/** Chosen once: `--json`, then GitHub Actions, then a terminal, then plain lines. */
export function chooseOutputMode(facts: {
  readonly json: boolean;
  readonly githubActions: boolean;
  readonly stderrIsTty: boolean;
}): OutputMode {
  if (facts.json) return "json";
  if (facts.githubActions) return "actions";
  return facts.stderrIsTty ? "human" : "plain";
}

/** https://no-color.org and https://force-color.org: presence counts, FORCE_COLOR wins. */
export function chooseColor(facts: {
  readonly mode: OutputMode;
  readonly noColorFlag: boolean;
  readonly noColor: boolean;
  readonly forceColor: boolean;
}): boolean {
  if (facts.noColorFlag) return false;
  if (facts.forceColor) return true;
  return facts.mode === "human" && !facts.noColor;
}
