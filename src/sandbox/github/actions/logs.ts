import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { GithubStore } from "../store.js";

/** Job logs: one text file a job and one a step of it, each line with its time, as GitHub hands them out. */
export class JobLogs {
  private readonly folder: string;

  constructor(private readonly store: GithubStore) {
    this.folder = store.state.directory("github", "logs");
  }

  /** `step` is the number that the REST API gives the step. */
  append(jobId: number, lines: readonly string[], step?: number): void {
    const time = this.store.clock.now().toISOString().replace("Z", "0000Z");
    const text = lines
      .flatMap((line) => line.split(/\r?\n/))
      .map((line) => `${time} ${line}\n`)
      .join("");
    if (text === "") return;
    appendFileSync(this.file(jobId), text, { mode: 0o600 });
    if (step !== undefined) appendFileSync(this.file(jobId, step), text, { mode: 0o600 });
  }

  read(jobId: number, step?: number): string | undefined {
    const file = this.file(jobId, step);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  delete(jobId: number, steps: readonly number[]): void {
    for (const step of [undefined, ...steps]) rmSync(this.file(jobId, step), { force: true });
  }

  private file(jobId: number, step?: number): string {
    return join(this.folder, step === undefined ? `${jobId}.txt` : `${jobId}-${step}.txt`);
  }
}
