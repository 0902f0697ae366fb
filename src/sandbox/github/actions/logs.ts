import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { GithubStore } from "../store.js";

/** Job logs: one text file a job, each line with its time, as GitHub hands them out. */
export class JobLogs {
  private readonly folder: string;

  constructor(private readonly store: GithubStore) {
    this.folder = store.state.directory("github", "logs");
  }

  append(jobId: number, lines: readonly string[]): void {
    const time = this.store.clock.now().toISOString().replace("Z", "0000Z");
    const text = lines
      .flatMap((line) => line.split(/\r?\n/))
      .map((line) => `${time} ${line}\n`)
      .join("");
    if (text !== "") appendFileSync(this.file(jobId), text, { mode: 0o600 });
  }

  read(jobId: number): string | undefined {
    const file = this.file(jobId);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  delete(jobId: number): void {
    rmSync(this.file(jobId), { force: true });
  }

  private file(jobId: number): string {
    return join(this.folder, `${jobId}.txt`);
  }
}
