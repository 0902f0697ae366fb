import { presentErrorAsText } from "./present-error.js";
import type { Palette } from "./palette.js";
import type { Rendered } from "./rendered.js";
import type { Reporter, Sink } from "./reporter.js";

/** Appends to the files that Actions names in the step's environment. */
export interface ActionsFiles {
  appendOutput(name: string, value: string): void;
  appendSummary(markdown: string): void;
}

/**
 * GitHub Actions: workflow commands on stdout, outputs and summary as files.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export function createActionsReporter(
  sink: Sink,
  files: ActionsFiles,
  options: { readonly verbose: boolean; readonly palette: Palette },
): Reporter {
  let openGroups = 0;
  return {
    emit(event) {
      const message = escapeData(event.message);
      if (event.name === "step.start") {
        // Groups do not nest: only the outermost step opens one.
        if (openGroups === 0) sink.out(`::group::${message}\n`);
        else sink.out(`${disarm(event.message)}\n`);
        openGroups += 1;
      } else if (event.name === "step.done" || event.name === "step.failed") {
        openGroups -= 1;
        if (openGroups === 0) sink.out("::endgroup::\n");
      } else if (event.message === "") {
        return;
      } else if (event.level === "warn") sink.out(`::warning::${message}\n`);
      else if (event.level === "debug") {
        if (options.verbose) sink.err(`${disarm(event.message)}\n`);
      } else sink.out(`${disarm(event.message)}\n`);
    },
    result(rendered) {
      if (rendered.text !== "") sink.out(`${disarm(rendered.text)}\n`);
      writeFiles(rendered, files);
    },
    item(rendered) {
      sink.out(`${disarm(rendered.text)}\n`);
    },
    error(error) {
      if (openGroups > 0) sink.out("::endgroup::\n");
      sink.out(`::error title=${escapeProperty(error.code)}::${escapeData(error.message)}\n`);
      sink.out(disarm(presentErrorAsText(error, options.palette)));
    },
    suspend: (work) => work(),
    close() {},
  };
}

function writeFiles(rendered: Rendered, files: ActionsFiles): void {
  for (const [name, value] of Object.entries(rendered.outputs ?? {}))
    files.appendOutput(name, value);
  if (rendered.summary !== undefined) files.appendSummary(rendered.summary);
}

/**
 * Logs of builds and of runners hold what strangers wrote. A line of theirs that looks like a
 * workflow command, in either of the two spellings that the runner knows, must not be one here.
 */
function disarm(text: string): string {
  return text.replaceAll(/^(\s*)::/gm, "$1: :").replaceAll("##[", "## [");
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
