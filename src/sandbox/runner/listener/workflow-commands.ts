import type { Masker } from "./masker.js";

/** What a step's output may change outside itself. */
export interface CommandEffects {
  readonly masker: Masker;
  setOutput(name: string, value: string): void;
}

const commandForm = /^\s*::([a-zA-Z-]+)(?:\s+([^:]*(?::(?!:)[^:]*)*))?::(.*)$/;

/**
 * Reads a step's output line by line for workflow commands.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export class WorkflowCommands {
  private stopToken: string | undefined;

  constructor(private readonly effects: CommandEffects) {}

  /** The line as the log shows it; undefined when it is not shown. */
  read(line: string): string | undefined {
    const [, name = "", properties = "", data = ""] = commandForm.exec(line) ?? [];
    if (this.stopToken !== undefined) {
      if (name === this.stopToken) this.stopToken = undefined;
      return this.effects.masker.mask(line);
    }
    switch (name.toLowerCase()) {
      case "add-mask":
        this.effects.masker.add(unescapeData(data));
        return "::add-mask::***";
      case "set-output":
        this.effects.setOutput(readProperty(properties, "name"), unescapeData(data));
        return undefined;
      case "stop-commands":
        this.stopToken = data.trim();
        return this.effects.masker.mask(line);
      case "debug":
        return undefined;
      case "group":
      case "endgroup":
      case "error":
      case "warning":
      case "notice":
        return this.effects.masker.mask(`##[${name.toLowerCase()}]${unescapeData(data)}`);
      default:
        return this.effects.masker.mask(line);
    }
  }
}

function readProperty(properties: string, key: string): string {
  for (const part of properties.split(",")) {
    const [name = "", ...value] = part.trim().split("=");
    if (name === key)
      return unescapeData(value.join("=")).replaceAll("%3A", ":").replaceAll("%2C", ",");
  }
  return "";
}

function unescapeData(text: string): string {
  return text.replaceAll("%0D", "\r").replaceAll("%0A", "\n").replaceAll("%25", "%");
}
