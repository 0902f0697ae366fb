import { formatElapsed } from "./elapsed.js";
import { presentErrorAsText } from "./present-error.js";
import type { Palette } from "./palette.js";
import type { Reporter, Sink } from "./reporter.js";

/** No terminal: the result on stdout, timestamped lines on stderr. */
export function createPlainReporter(
  sink: Sink,
  options: { readonly verbose: boolean; readonly palette: Palette; readonly now: () => Date },
): Reporter {
  const started = new Map<unknown, number>();
  const line = (text: string): void => {
    for (const part of text.split("\n")) sink.err(`${options.now().toISOString()} ${part}\n`);
  };
  return {
    emit(event) {
      const step = event.data?.["step"];
      if (event.name === "step.start") {
        started.set(step, options.now().getTime());
        line(`${event.message} …`);
      } else if (event.name === "step.done" || event.name === "step.failed") {
        const elapsed = options.now().getTime() - (started.get(step) ?? options.now().getTime());
        const outcome = event.name === "step.done" ? "done" : "failed";
        line(`${event.message}: ${outcome} (${formatElapsed(elapsed)})`);
      } else if (event.message !== "" && (event.level !== "debug" || options.verbose)) {
        line(event.level === "warn" ? `Warning: ${event.message}` : event.message);
      }
    },
    result(rendered) {
      if (rendered.text !== "") sink.out(`${rendered.text}\n`);
    },
    item(rendered) {
      sink.out(`${rendered.text}\n`);
    },
    error(error) {
      sink.err(presentErrorAsText(error, options.palette));
    },
    suspend: (work) => work(),
    close() {},
  };
}
