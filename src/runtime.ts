import type { Readable, Writable } from "node:stream";

/** Everything of the process that a command may touch; tests give their own. */
export interface Runtime {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The folder of this package: holds package.json, docker/, dist/. */
  readonly packageRoot: string;
  readonly version: string;
  /** Subscribes to interrupts (INT, TERM); returns the unsubscription. */
  onInterrupt(listener: () => void): () => void;
}
