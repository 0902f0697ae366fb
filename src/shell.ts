import { appendFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import type { Writable } from "node:stream";

import { createActionsReporter, type ActionsFiles } from "./output/actions-reporter.js";
import { createHumanReporter } from "./output/human-reporter.js";
import { createJsonReporter } from "./output/json-reporter.js";
import { chooseColor, chooseOutputMode, type OutputMode } from "./output/mode.js";
import { createPalette, type Palette } from "./output/palette.js";
import { createPlainReporter } from "./output/plain-reporter.js";
import { createRedactor, type Redactor } from "./output/redact.js";
import type { Reporter, Sink } from "./output/reporter.js";
import type { Runtime } from "./runtime.js";

/** How this run talks to the outside: chosen before the command line is parsed, so that a wrong one is reported in the right form too. */
export interface Shell {
  readonly mode: OutputMode;
  readonly reporter: Reporter;
  readonly redactor: Redactor;
  readonly palette: Palette;
  readonly verbose: boolean;
  readonly debug: boolean;
  writeError(text: string): void;
  /** Help texts: stdout as it is. */
  writeOut(text: string): void;
  flush(): Promise<void>;
}

export function createShell(argv: readonly string[], runtime: Runtime): Shell {
  const words = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const has = (...flags: string[]): boolean => words.some((word) => flags.includes(word));
  const mode = chooseOutputMode({
    json: has("--json"),
    githubActions: runtime.env["GITHUB_ACTIONS"] === "true",
    stderrIsTty: runtime.stderr.isTTY === true,
  });
  const forceColor = runtime.env["FORCE_COLOR"];
  const palette = createPalette(
    chooseColor({
      mode,
      noColorFlag: has("--no-color"),
      noColor: (runtime.env["NO_COLOR"] ?? "") !== "",
      forceColor: forceColor !== undefined && forceColor !== "" && forceColor !== "0",
    }),
  );
  const redactor = createRedactor();
  const sink: Sink = {
    out: (text) => runtime.stdout.write(redactor.apply(text)),
    err: (text) => runtime.stderr.write(redactor.apply(text)),
  };
  const debug = has("--debug");
  const verbose = debug || has("--verbose", "-v");
  if (mode === "actions") {
    // The workflow command itself is the one place where the plain value must be written.
    // Of a secret of many lines each line is registered too; a command takes only one.
    redactor.onRegister((secret) => {
      if (!secret.includes("\n")) {
        runtime.stdout.write(`::add-mask::${secret.replaceAll("%", "%25")}\n`);
      }
    });
  }
  const reporter = createReporter(mode, { sink, palette, verbose, runtime });
  return {
    mode,
    reporter,
    redactor,
    palette,
    verbose,
    debug,
    writeError: sink.err,
    writeOut: sink.out,
    flush: async () => {
      await Promise.all([drain(runtime.stdout), drain(runtime.stderr)]);
    },
  };
}

function createReporter(
  mode: OutputMode,
  parts: { sink: Sink; palette: Palette; verbose: boolean; runtime: Runtime },
): Reporter {
  const { sink, palette, verbose, runtime } = parts;
  switch (mode) {
    case "json":
      return createJsonReporter(sink, { verbose });
    case "actions":
      return createActionsReporter(sink, createActionsFiles(runtime), { verbose, palette });
    case "human":
      return createHumanReporter(sink, {
        verbose,
        palette,
        now: Date.now,
        columns: () => runtime.stderr.columns ?? 80,
      });
    case "plain":
      return createPlainReporter(sink, { verbose, palette, now: () => new Date() });
  }
}

function createActionsFiles(runtime: Runtime): ActionsFiles {
  return {
    appendOutput(name, value) {
      const file = runtime.env["GITHUB_OUTPUT"];
      if (file === undefined || file === "") return;
      const delimiter = `runnerctl-${randomUUID()}`;
      appendFileSync(file, `${name}<<${delimiter}\n${value}\n${delimiter}\n`);
    },
    appendSummary(markdown) {
      const file = runtime.env["GITHUB_STEP_SUMMARY"];
      if (file !== undefined && file !== "") appendFileSync(file, `${markdown}\n`);
    },
  };
}

/** A pipe takes what it can at once; leaving before the rest is written would cut the result. */
function drain(stream: Writable): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return Promise.resolve();
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
