import { presentErrorAsData } from "./present-error.js";
import type { Reporter, Sink } from "./reporter.js";

const schemaVersion = 1;

/**
 * `--json`: exactly one object on stdout, `{schemaVersion, ok, result}` or `{schemaVersion, ok,
 * error}`; streams are one object a line before it. Events go to stderr with `--verbose`.
 */
export function createJsonReporter(sink: Sink, options: { readonly verbose: boolean }): Reporter {
  let streamed = false;
  const write = (value: unknown): void => sink.out(`${JSON.stringify(value)}\n`);
  return {
    emit(event) {
      if (options.verbose) sink.err(`${JSON.stringify(event)}\n`);
    },
    result(rendered) {
      if (!streamed) write({ schemaVersion, ok: true, result: rendered.data });
    },
    item(rendered) {
      streamed = true;
      write(rendered.data);
    },
    error(error) {
      write({ schemaVersion, ok: false, error: presentErrorAsData(error) });
    },
    suspend: (work) => work(),
    close() {},
  };
}
