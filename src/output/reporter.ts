import type { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "./events.js";
import type { Rendered } from "./rendered.js";

/** Turns events, results and errors into output; one implementation a mode. */
export interface Reporter {
  readonly emit: Emit;
  /** The one result of a command. */
  result(rendered: Rendered): void;
  /** One item of a stream (`logs --follow`): a line of text, or a line of JSON. */
  item(rendered: Rendered): void;
  error(error: RunnerctlError): void;
  /** Gives the terminal over to a prompt and takes it back. */
  suspend<T>(work: () => Promise<T>): Promise<T>;
  /** Clears what is drawn; no output after it. */
  close(): void;
}

/** Where a reporter writes; text arrives redacted. */
export interface Sink {
  out(text: string): void;
  err(text: string): void;
}
