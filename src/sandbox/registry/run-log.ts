import type { Clock } from "../ports.js";
import type { BlobStore } from "./blob-store.js";

/** How much of the sandbox's time a whole log may take to appear. */
const budgetMs = 900;
const lineMs = 8;

export type RunOutcome = "successful" | "failed" | "canceled" | "timedout" | "internalerror";

/**
 * The log of a run: an append blob that grows by lines, ended by its metadata. Lines end with
 * CRLF and the metadata key is `Complete`: `az` relies on both.
 * https://github.com/Azure/azure-cli/blob/dev/src/azure-cli/azure/cli/command_modules/acr/_stream_utils.py
 */
export class RunLog {
  private spentMs = 0;

  constructor(
    private readonly store: BlobStore,
    private readonly clock: Clock,
    private readonly container: string,
    private readonly blob: string,
    private readonly signal: AbortSignal,
  ) {
    store.put(container, blob, Buffer.alloc(0), {
      type: "AppendBlob",
      contentType: "text/plain; charset=utf-8",
    });
  }

  /** One line as a step prints it. */
  async print(line: string): Promise<void> {
    this.signal.throwIfAborted();
    this.write(line);
    if (this.spentMs >= budgetMs) return;
    this.spentMs += lineMs;
    await this.clock.sleep(lineMs, this.signal);
  }

  /** One line of the agent itself, with its time. */
  async note(line: string): Promise<void> {
    const stamp = this.clock.now().toISOString().slice(0, 19).replace(/-/g, "/").replace("T", " ");
    await this.print(`${stamp} ${line}`);
  }

  /** The last lines, written at once even when the run is being canceled. */
  finish(outcome: RunOutcome, lines: readonly string[]): void {
    for (const line of lines) this.write(line);
    this.store.setMetadata(this.container, this.blob, { Complete: outcome });
  }

  private write(line: string): void {
    const text = line
      .split("\n")
      .map((part) => `${part}\r\n`)
      .join("");
    this.store.append(this.container, this.blob, Buffer.from(text));
  }
}
