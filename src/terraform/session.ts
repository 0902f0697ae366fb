import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import {
  terraformInterrupted,
  terraformStillRunning,
  type TerraformDiagnostic,
} from "../errors/catalogue/terraform.js";
import type { RunnerctlError } from "../errors/runnerctl-error.js";
import type { Emit } from "../output/events.js";
import type { TerraformBinary } from "./binary.js";
import { explainFailure, isLocked, parseTextDiagnostics } from "./diagnostics.js";
import { buildTerraformEnvironment, type Environment } from "./environment.js";
import type { JsonStream } from "./json-stream.js";
import { captureProcess, followProcess, type ProcessResult } from "./process.js";
import type { TerraformStackRef } from "./runner.js";
import {
  findRunning,
  forgetRunning,
  isOwnLock,
  readRecord,
  recordRunning,
} from "./running-record.js";

export interface TerraformRunnerOptions {
  readonly binary: TerraformBinary;
  readonly env: Environment;
  /** Folder for saved plans and the output of running operations. */
  readonly workDirectory: string;
  readonly emit: Emit;
  readonly signal?: AbortSignal;
  /** A second Ctrl-C: Terraform gives up at once. */
  readonly forceSignal?: AbortSignal;
  /** How long to wait for a Terraform that a killed run left behind. Default: ten minutes. */
  readonly waitForOtherRunMilliseconds?: number;
}

/**
 * Runs single Terraform commands: with the right environment, one at a time for a stack, ended
 * gently when interrupted, and with what went wrong explained.
 */
export class TerraformSession {
  readonly #options: TerraformRunnerOptions;
  /** Stacks whose last run on this machine was killed. */
  readonly #killedBefore = new Set<string>();

  constructor(options: TerraformRunnerOptions) {
    this.#options = options;
    mkdirSync(options.workDirectory, { recursive: true, mode: 0o700 });
  }

  /** A file of the stack's own in the work folder. */
  path(stack: TerraformStackRef, suffix: string): string {
    return join(this.#options.workDirectory, `${stack.name}.${suffix}`);
  }

  async follow(
    stack: TerraformStackRef,
    operation: string,
    stream: JsonStream,
    variables: Readonly<Record<string, string>> | undefined,
    args: readonly string[],
  ): Promise<ProcessResult> {
    const record = this.#recordFile(stack);
    await this.#waitForOtherRun(stack, record);
    this.#throwIfInterrupted(stack, operation);
    // Still there, and its process is not: that run was killed.
    const killed = readRecord(record);
    if (killed !== undefined) this.#killedBefore.add(stack.name);
    const tellInterrupt = () =>
      this.#emit(
        "terraform.interrupting",
        `Interrupted: Terraform ends what it has begun and records it (Ctrl-C again to give up at once)`,
        stack,
        "warn",
      );
    this.#options.signal?.addEventListener("abort", tellInterrupt, { once: true });
    const result = await followProcess({
      file: this.#options.binary.path,
      args,
      cwd: stack.directory,
      env: buildTerraformEnvironment(this.#options.env, variables),
      signal: this.#options.signal,
      forceSignal: this.#options.forceSignal,
      outputFile: this.path(stack, `${operation}.jsonl`),
      onStart: (pid) => recordRunning(record, { pid, operation }),
      onLine: (line) => stream.readLine(line),
      onErrorLine: (line) => stream.readErrorLine(line),
    }).finally(() => this.#options.signal?.removeEventListener("abort", tellInterrupt));
    if (killed !== undefined && isLocked(stream.summary.diagnostics)) recordRunning(record, killed);
    else forgetRunning(record);
    return result;
  }

  async capture(
    stack: TerraformStackRef,
    args: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ): Promise<ProcessResult & { stdout: string; stderr: string }> {
    this.#throwIfInterrupted(stack, args[0] ?? "");
    const result = await captureProcess({
      file: this.#options.binary.path,
      args,
      cwd: stack.directory,
      env: buildTerraformEnvironment(this.#options.env, variables),
      signal: this.#options.signal,
      forceSignal: this.#options.forceSignal,
    });
    for (const line of result.stderr.split("\n").filter((text) => text.trim() !== "")) {
      this.#options.emit({
        name: "terraform.stderr",
        level: "debug",
        message: line,
        data: { stack: stack.name },
      });
    }
    return result;
  }

  /** A killed run leaves Terraform working alone; it must end before its state can be read. */
  async #waitForOtherRun(stack: TerraformStackRef, record: string): Promise<void> {
    const limit = this.#options.waitForOtherRunMilliseconds ?? 600_000;
    const end = Date.now() + limit;
    for (let first = true; ; first = false) {
      const running = findRunning(record);
      if (running === undefined) return;
      if (first) {
        this.#emit(
          "terraform.waiting",
          `Waiting for the Terraform ${running.operation} of an earlier run (process ${running.pid})`,
          stack,
        );
      }
      if (Date.now() >= end) throw terraformStillRunning({ stack: stack.name, ...running });
      this.#throwIfInterrupted(stack, "plan");
      await delay(200);
    }
  }

  explain(
    stack: TerraformStackRef,
    operation: string,
    stream: JsonStream,
    result: ProcessResult,
  ): RunnerctlError {
    const { diagnostics, applied, inFlight, failed } = stream.summary;
    if (this.isInterrupted()) {
      const unfinished = [...inFlight, ...failed];
      return terraformInterrupted({
        stack: stack.name,
        operation,
        done: applied,
        inFlight: unfinished,
      });
    }
    return this.#classify(stack, operation, diagnostics, applied, result);
  }

  explainText(
    stack: TerraformStackRef,
    operation: string,
    stderr: string,
    result: ProcessResult,
  ): RunnerctlError {
    if (this.isInterrupted()) {
      return terraformInterrupted({ stack: stack.name, operation, done: [], inFlight: [] });
    }
    return this.#classify(stack, operation, parseTextDiagnostics(stderr), [], result);
  }

  #classify(
    stack: TerraformStackRef,
    operation: string,
    diagnostics: readonly TerraformDiagnostic[],
    applied: readonly string[],
    { code, endedBy }: ProcessResult,
  ): RunnerctlError {
    return explainFailure({
      stack: stack.name,
      operation,
      directory: stack.directory,
      binary: this.#options.binary.path,
      diagnostics,
      applied,
      exit: code === null ? `signal ${endedBy ?? "unknown"}` : `exit code ${code}`,
      isAbandoned: (lock) => this.#killedBefore.has(stack.name) && isOwnLock(lock),
    });
  }

  #throwIfInterrupted(stack: TerraformStackRef, operation: string): void {
    if (this.isInterrupted()) {
      throw terraformInterrupted({ stack: stack.name, operation, done: [], inFlight: [] });
    }
  }

  isInterrupted(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #recordFile(stack: TerraformStackRef): string {
    return this.path(stack, "running.json");
  }

  #emit(
    name: string,
    message: string,
    stack: TerraformStackRef,
    level: "info" | "warn" = "info",
  ): void {
    this.#options.emit({ name, level, message, data: { stack: stack.name } });
  }
}
