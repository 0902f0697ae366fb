import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CommandDefinition } from "../src/commands/definition.js";
import { commandList, globalOptions } from "../src/commands/list.js";
import { packageRoot, runCli } from "./support/cli.js";

const readme = readFileSync(join(packageRoot, "README.md"), "utf8");

function pathOf({ usage }: CommandDefinition): string[] {
  return usage.split(" ").filter((word) => !/^[[<]/.test(word));
}

/** `-n, --count <n>` → `--count` */
function longOf(flags: string): string {
  return /--[a-z-]+/.exec(flags)?.[0] ?? flags;
}

/** Help breaks its lines where it likes. */
function flatten(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

async function readHelp(argv: readonly string[]): Promise<string> {
  // No home, no PATH, no file: help needs nothing.
  const { code, stdout, stderr } = await runCli(argv, { cwd: "/", env: {} });
  expect([code, stderr]).toEqual([0, ""]);
  return stdout;
}

/** Row of the README's table of commands → flags it names. Words after a `·` belong to the same group. */
function readCommandTable(): Map<string, string[]> {
  const [, section = ""] = /^## Commands\n([\s\S]*?)^#/m.exec(readme) ?? [];
  const rows = [...section.matchAll(/^\| (`runnerctl [^|]+)\|([^|]*)\|$/gm)];
  return new Map(
    rows.flatMap(([, names = "", text = ""]) => {
      const words = [...names.matchAll(/`([^`]+)`/g)].map(([, name = ""]) =>
        name.replace(/ [[<].*$/, ""),
      );
      const group = words[0]?.split(" ").slice(0, -1).join(" ") ?? "";
      const flags = text.match(/--[a-z-]+/g) ?? [];
      return words.map((name, index): [string, string[]] => [
        index === 0 ? name : `${group} ${name}`,
        flags,
      ]);
    }),
  );
}

describe("the README's table of commands", () => {
  const table = readCommandTable();

  it("has every command, and no other", () => {
    expect([...table.keys()].sort()).toEqual(
      commandList.map((definition) => `runnerctl ${pathOf(definition).join(" ")}`).sort(),
    );
  });

  it.each(commandList.map((definition) => [pathOf(definition).join(" "), definition] as const))(
    "%s: names only flags that there are",
    (path, { options = [] }) => {
      const known = [...options, ...globalOptions].map(({ flags }) => longOf(flags));
      for (const flag of table.get(`runnerctl ${path}`) ?? []) expect(known).toContain(flag);
    },
  );

  it("is followed by all flags of every command", () => {
    const [line = ""] = /^Flags of every command:.*$/m.exec(readme) ?? [];
    expect(line.match(/--[a-z-]+/g)?.filter((flag) => flag !== "--help")).toEqual(
      globalOptions.map(({ flags }) => longOf(flags)),
    );
  });

  it("is followed by every exit code", async () => {
    const help = await readHelp(["--help"]);
    const codes = [...help.slice(help.indexOf("Exit codes:")).matchAll(/(\d+) [a-z5T]/g)];
    const documented = [...readme.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => code);
    expect(codes.map(([, code]) => code)).toEqual(documented);
  });
});

describe("--help", () => {
  it("of the program lists every command and every flag of all", async () => {
    const help = flatten(await readHelp(["--help"]));
    for (const definition of commandList) expect(help).toContain(` ${pathOf(definition)[0]} `);
    for (const { flags, description } of globalOptions) {
      expect(help).toContain(`${flags} ${description}`);
    }
  });

  it.each(commandList.map((definition) => [pathOf(definition).join(" "), definition] as const))(
    "%s: says what it does and lists each of its flags",
    async (path, { usage, summary, options = [], examples = [] }) => {
      const help = await readHelp([...path.split(" "), "--help"]);
      const flat = flatten(help);
      expect(help).toMatch(new RegExp(`^Usage: runnerctl ${path} `));
      expect(flat.toLowerCase()).toContain(summary.toLowerCase());
      for (const argument of usage.split(" ").filter((word) => /^[[<]/.test(word))) {
        expect(help.split("\n")[0]).toContain(argument);
      }
      for (const { flags, description } of options) {
        expect(flat).toContain(`${flags} ${description}`);
      }
      for (const example of examples) expect(help).toContain(`  ${example}\n`);
      const shown = [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag);
      expect(shown).toEqual([...options.map(({ flags }) => longOf(flags)), "--help"]);
    },
  );

  it.each(commandList.map((definition) => [pathOf(definition).join(" "), definition] as const))(
    "%s: its examples are command lines that it takes",
    (path, { options = [], examples = [] }) => {
      const known = [...options, ...globalOptions].map(({ flags }) => longOf(flags));
      for (const example of examples) {
        expect(example).toContain(`runnerctl ${path}`);
        for (const flag of example.match(/--[a-z-]+/g) ?? []) expect(known).toContain(flag);
      }
    },
  );

  it("is also what `help` prints", async () => {
    expect(await readHelp(["help", "trigger"])).toBe(await readHelp(["trigger", "--help"]));
    expect(await readHelp(["help"])).toBe(await readHelp(["--help"]));
  });
});

describe("--version", () => {
  it("prints the package's", async () => {
    const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
      version: string;
    };
    expect(await readHelp(["--version"])).toBe(`${version}\n`);
  });
});
