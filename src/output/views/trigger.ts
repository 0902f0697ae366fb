import type { Rendered } from "../rendered.js";

export function renderTrigger(result: {
  readonly pool: string;
  readonly waited: boolean;
  readonly executions: readonly {
    readonly name: string;
    readonly id: string;
    readonly status: string;
  }[];
}): Rendered {
  const { executions } = result;
  const lines = executions.map(({ name, status }) => (result.waited ? `${name}  ${status}` : name));
  if (!result.waited && executions[0] !== undefined) {
    lines.push(`Follow it: runnerctl logs ${executions[0].name} --follow`);
  }
  return {
    data: result,
    text: lines.join("\n"),
    outputs: {
      "execution-names": executions.map(({ name }) => name).join(","),
      "execution-ids": executions.map(({ id }) => id).join(","),
    },
    summary: [
      `### Runners of pool \`${result.pool}\``,
      "",
      "| Execution | Status |",
      "|---|---|",
      ...executions.map(({ name, status }) => `| \`${name}\` | ${status} |`),
    ].join("\n"),
  };
}
