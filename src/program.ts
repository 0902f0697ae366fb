import { Command, CommanderError, InvalidArgumentError, Option } from "commander";

import {
  type CommandDefinition,
  InvalidArgument,
  type OptionDefinition,
} from "./commands/definition.js";
import { commandList, globalOptions } from "./commands/list.js";
import type { Rendered } from "./output/rendered.js";
import type { Runtime } from "./runtime.js";
import type { Shell } from "./shell.js";

export { CommanderError };

export interface ProgramParts {
  readonly runtime: Runtime;
  readonly shell: Shell;
  /** Aborted by the first interrupt. */
  readonly signal: AbortSignal;
  /** Aborted by the second. */
  readonly forceSignal: AbortSignal;
}

/** The command line as commander sees it, made from the list of commands. */
export function createProgram(parts: ProgramParts): Command {
  const root = new Command("runnerctl")
    .description("Ephemeral GitHub Actions runners as Azure Container Apps Jobs.")
    .version(parts.runtime.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .showSuggestionAfterError(true);
  configure(root, parts.shell);
  for (const option of globalOptions) root.addOption(createOption(option));
  root.addHelpText(
    "after",
    "\nExit codes: 0 ok · 1 bug · 2 usage or config · 3 credentials or permission · 4 not found ·\n5 remote API · 6 Terraform · 7 a check failed · 8 timed out · 9 declined · 130 interrupted",
  );
  for (const definition of commandList) addCommand(root, definition, parts);
  return root;
}

function configure(command: Command, shell: Shell): void {
  command.exitOverride().configureOutput({
    writeOut: shell.writeOut,
    // Only help goes here: the error itself is reported once, by main, in the form of the mode.
    writeErr: shell.writeOut,
    outputError: () => {},
  });
}

function addCommand(root: Command, definition: CommandDefinition, parts: ProgramParts): void {
  const words = definition.usage.split(" ");
  const path = words.filter((word) => !/^[[<]/.test(word));
  const argumentWords = words.filter((word) => /^[[<]/.test(word));
  let parent = root;
  for (const group of path.slice(0, -1)) {
    let next = parent.commands.find((command) => command.name() === group);
    if (next === undefined) {
      next = parent.command(group).description(groupDescriptions[group] ?? "");
      configure(next, parts.shell);
    }
    parent = next;
  }
  const command = parent.command(path.at(-1) ?? "").summary(definition.summary);
  configure(command, parts.shell);
  command.description(
    capitalize([`${definition.summary}.`, definition.details].filter(Boolean).join(" ")),
  );
  for (const word of argumentWords) command.argument(word);
  for (const option of definition.options ?? []) command.addOption(createOption(option));
  const examples = definition.examples?.map((line) => `  ${line}`).join("\n");
  command.addHelpText("after", "\nGlobal flags: runnerctl --help");
  if (examples !== undefined) command.addHelpText("after", `\nExamples:\n${examples}`);
  command.action(async (...received: unknown[]) => {
    const args = received.slice(0, argumentWords.length) as (string | undefined)[];
    const options = command.optsWithGlobals<Record<string, unknown>>();
    const [{ createContext }, handler] = await Promise.all([
      import("./context.js"),
      definition.load(),
    ]);
    const context = createContext({
      ...parts,
      options,
      commandLine: `runnerctl ${path.join(" ")}`,
    });
    let rendered: Rendered | undefined;
    try {
      rendered = await handler(context, { args, options });
    } finally {
      await context.close();
    }
    // Last of all, because after a result nothing may fail any more.
    if (rendered !== undefined) parts.shell.reporter.result(rendered);
  });
}

const groupDescriptions: Readonly<Record<string, string>> = {
  images: "list, choose and prune the runner images",
  secret: "manage the secret that registers runners",
  sandbox: "a local Azure and GitHub: no account, no internet",
};

function createOption(definition: OptionDefinition): Option {
  const option = new Option(definition.flags, definition.description);
  const { parse } = definition;
  if (parse !== undefined || definition.repeat === true) {
    option.argParser((text: string, previous: unknown) => {
      const value = parse === undefined ? text : parseArgument(parse, text);
      return definition.repeat === true
        ? [...((previous as unknown[] | undefined) ?? []), value]
        : value;
    });
  }
  if (definition.default !== undefined) {
    const shown = definition.default;
    option.default(
      typeof shown === "string" && parse !== undefined ? parse(shown) : shown,
      String(shown),
    );
  }
  return option;
}

function parseArgument(parse: (text: string) => unknown, text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof InvalidArgument) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
