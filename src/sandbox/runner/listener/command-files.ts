import { randomUUID } from "node:crypto";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const kinds = {
  GITHUB_ENV: "set_env",
  GITHUB_OUTPUT: "set_output",
  GITHUB_PATH: "add_path",
  GITHUB_STATE: "save_state",
  GITHUB_STEP_SUMMARY: "step_summary",
} as const;

export type CommandFileVariable = keyof typeof kinds;

/** The files by which a step tells its runner something; fresh ones for each step. */
export class CommandFiles {
  readonly variables: Readonly<Record<CommandFileVariable, string>>;

  constructor(folder: string) {
    const suffix = randomUUID();
    this.variables = Object.fromEntries(
      Object.entries(kinds).map(([name, kind]) => {
        const file = join(folder, `${kind}_${suffix}`);
        writeFileSync(file, "");
        return [name, file];
      }),
    ) as Record<CommandFileVariable, string>;
  }

  read(name: CommandFileVariable): string {
    try {
      return readFileSync(this.variables[name], "utf8");
    } catch {
      return ""; // The step removed it.
    }
  }

  remove(): void {
    for (const file of Object.values(this.variables)) rmSync(file, { force: true });
  }
}

/** `name=value` lines, and `name<<delimiter` … `delimiter` for values of many lines. */
export function parseAssignments(text: string): [string, string][] {
  const assignments: [string, string][] = [];
  const lines = text.split(/\r?\n/);
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const equals = line.indexOf("=");
    const heredoc = line.indexOf("<<");
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      assignments.push([line.slice(0, equals), line.slice(equals + 1)]);
    } else if (heredoc >= 0) {
      const delimiter = line.slice(heredoc + 2);
      const value: string[] = [];
      for (index += 1; lines[index] !== delimiter; index += 1) {
        if (index >= lines.length) throw new Error(`Matching delimiter not found '${delimiter}'`);
        value.push(lines[index] ?? "");
      }
      assignments.push([line.slice(0, heredoc), value.join("\n")]);
    } else {
      throw new Error(`Invalid format '${line}'`);
    }
  }
  return assignments;
}

export function parsePaths(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line !== "");
}
