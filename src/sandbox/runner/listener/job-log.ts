import type { ServerConnection } from "./server-connection.js";

/** Sends a job's log in pieces: soon enough to be followed, seldom enough not to be a burden. */
export class JobLog {
  private pending: string[] = [];
  private sending: Promise<void> = Promise.resolve();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly server: ServerConnection) {}

  write(line: string): void {
    this.pending.push(line);
    this.timer ??= setTimeout(() => void this.flush(), 100);
  }

  /** Resolves when all that was written is at the server. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const lines = this.pending.splice(0);
    if (lines.length > 0) {
      this.sending = this.sending.then(() => this.server.appendLog(lines)).catch(() => {});
    }
    return this.sending;
  }
}
