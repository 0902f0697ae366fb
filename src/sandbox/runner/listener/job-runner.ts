import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { GithubConclusion, GithubJobMessage, GithubStep } from "../../ports.js";
import { CommandFiles, parseAssignments, parsePaths } from "./command-files.js";
import { JobLog } from "./job-log.js";
import { Masker } from "./masker.js";
import { runScript } from "./script-process.js";
import type { ServerConnection } from "./server-connection.js";
import { WorkflowCommands } from "./workflow-commands.js";

export interface JobRunnerOptions {
  readonly job: GithubJobMessage;
  readonly server: ServerConnection;
  readonly runnerName: string;
  /** The runner's own environment: steps inherit it, as they do from the real one. */
  readonly environment: Readonly<Record<string, string>>;
  readonly workFolder: string;
  /** Aborts when the run is cancelled or the runner is told to stop. */
  readonly cancelled: AbortSignal;
}

const shells: Record<string, { command: readonly string[]; extension: string }> = {
  bash: {
    command: ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "{0}"],
    extension: "sh",
  },
  sh: { command: ["sh", "-e", "{0}"], extension: "sh" },
  python: { command: ["python3", "{0}"], extension: "py" },
};

/** Runs one job: set-up, the started hook, its steps, the completed hook. */
export class JobRunner {
  private readonly masker = new Masker();
  private readonly log: JobLog;
  private readonly environment: Record<string, string>;
  private readonly temp: string;
  private readonly workspace: string;
  private readonly commandFolder: string;
  private failed = false;
  private timedOut = false;

  constructor(private readonly options: JobRunnerOptions) {
    const { job, workFolder } = options;
    const repository = job.repository.split("/")[1] ?? job.repository;
    this.log = new JobLog(options.server);
    this.temp = join(workFolder, "_temp");
    this.workspace = join(workFolder, repository, repository);
    this.commandFolder = join(this.temp, "_runner_file_commands");
    const events = join(this.temp, "_github_workflow");
    for (const folder of [this.workspace, this.commandFolder, events]) {
      mkdirSync(folder, { recursive: true });
    }
    writeFileSync(join(events, "event.json"), "{}");
    for (const secret of [...job.mask, job.token]) this.masker.add(secret);
    this.environment = {
      ...options.environment,
      ...job.variables,
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_WORKSPACE: this.workspace,
      GITHUB_EVENT_PATH: join(events, "event.json"),
      RUNNER_ARCH: process.arch === "arm64" ? "ARM64" : "X64",
      RUNNER_ENVIRONMENT: "self-hosted",
      RUNNER_NAME: options.runnerName,
      RUNNER_OS: process.platform === "darwin" ? "macOS" : "Linux",
      RUNNER_TEMP: this.temp,
      RUNNER_TOOL_CACHE: join(workFolder, "_tool"),
      RUNNER_WORKSPACE: join(workFolder, repository),
      ...job.env,
    };
  }

  async run(): Promise<GithubConclusion> {
    const { job, server } = this.options;
    const deadline = setTimeout(() => {
      this.timedOut = true;
      this.deadline.abort();
    }, job.timeoutMinutes * 60_000);
    await server.startJob();
    await this.runFrame(0, "Set up job", async () => {
      this.log.write(`Current runner version: '${this.environment["RUNNER_VERSION"] ?? ""}'`);
      this.log.write(`Runner name: '${this.options.runnerName}'`);
      this.log.write(`Complete job name: ${job.jobName}`);
      return await this.runHook("ACTIONS_RUNNER_HOOK_JOB_STARTED");
    });
    for (const step of job.steps) await this.runStep(step);
    if (!(await this.runHook("ACTIONS_RUNNER_HOOK_JOB_COMPLETED"))) this.failed = true;
    clearTimeout(deadline);
    const conclusion = this.isCancelled() ? "cancelled" : this.failed ? "failure" : "success";
    if (this.timedOut) {
      this.log.write(
        `##[error]The job has exceeded the maximum execution time of ${job.timeoutMinutes}m0s`,
      );
    }
    await this.log.flush();
    await server.finishJob(conclusion);
    rmSync(this.temp, { recursive: true, force: true });
    return conclusion;
  }

  private readonly deadline = new AbortController();

  private isCancelled(): boolean {
    return this.options.cancelled.aborted || this.timedOut;
  }

  private async runFrame(
    number: number,
    name: string,
    work: () => Promise<boolean>,
  ): Promise<void> {
    await this.options.server.startStep(number, name);
    const good = await work();
    if (!good) this.failed = true;
    await this.log.flush();
    await this.options.server.finishStep(number, name, good ? "success" : "failure");
  }

  private async runStep(step: GithubStep): Promise<void> {
    const { server } = this.options;
    if (!this.isDue(step)) {
      await server.finishStep(step.number, step.name, "skipped");
      return;
    }
    await server.startStep(step.number, step.name);
    const conclusion = await this.executeStep(step);
    if (conclusion === "failure" && !step.continueOnError) this.failed = true;
    await this.log.flush();
    await server.finishStep(
      step.number,
      step.name,
      conclusion === "failure" && step.continueOnError ? "success" : conclusion,
    );
  }

  private isDue(step: GithubStep): boolean {
    switch (step.condition) {
      case "always":
        return true;
      case "never":
        return false;
      case "cancelled":
        return this.isCancelled();
      case "failure":
        return this.failed && !this.isCancelled();
      case "success":
        return !this.failed && !this.isCancelled();
    }
  }

  private async executeStep(step: GithubStep): Promise<GithubConclusion> {
    const files = new CommandFiles(this.commandFolder);
    const shell = shells[step.shell] ?? { command: step.shell.split(/\s+/), extension: "sh" };
    const script = join(this.temp, `${randomUUID()}.${shell.extension}`);
    writeFileSync(script, `${step.run}\n`);
    chmodSync(script, 0o700);
    this.printStepHeader(step, shell.command);
    const commands = new WorkflowCommands({ masker: this.masker, setOutput: () => {} });
    const limit = new AbortController();
    const timer =
      step.timeoutMinutes === undefined
        ? undefined
        : setTimeout(() => limit.abort(), step.timeoutMinutes * 60_000);
    // A step that is due although the run is cancelled must be let run.
    const cancelled = this.isCancelled() ? [] : [this.options.cancelled, this.deadline.signal];
    const code = await runScript({
      command: shell.command.map((word) => word.replace("{0}", script)),
      cwd: this.resolveFolder(step.workingDirectory),
      env: {
        ...this.environment,
        GITHUB_ACTION: step.id ?? "__run",
        ...files.variables,
        ...step.env,
      },
      temp: this.temp,
      signal: AbortSignal.any([...cancelled, limit.signal]),
      onLine: (line) => {
        const shown = commands.read(line);
        if (shown !== undefined) for (const each of shown.split("\n")) this.log.write(each);
      },
    });
    clearTimeout(timer);
    rmSync(script, { force: true });
    const applied = this.applyCommandFiles(files);
    files.remove();
    if (limit.signal.aborted) {
      this.log.write(
        `##[error]The action '${step.name}' has timed out after ${step.timeoutMinutes} minutes.`,
      );
      return "failure";
    }
    if (cancelled.some((signal) => signal.aborted)) {
      this.log.write("##[error]The operation was canceled.");
      return "cancelled";
    }
    if (code !== 0) this.log.write(`##[error]Process completed with exit code ${code}.`);
    return code === 0 && applied ? "success" : "failure";
  }

  private printStepHeader(step: GithubStep, command: readonly string[]): void {
    const lines = step.run.trimEnd().split("\n");
    this.write(`##[group]Run ${lines[0] ?? ""}`);
    for (const line of lines) this.write(line);
    this.write(`shell: ${command.join(" ")}`);
    const env = Object.entries({ ...this.options.job.env, ...step.env });
    if (env.length > 0) this.write("env:");
    for (const [name, value] of env) this.write(`  ${name}: ${value}`);
    this.write("##[endgroup]");
  }

  private write(line: string): void {
    this.log.write(this.masker.mask(line));
  }

  private resolveFolder(folder: string | undefined): string {
    if (folder === undefined || folder === "") return this.workspace;
    return isAbsolute(folder) ? folder : join(this.workspace, folder);
  }

  /** What the step set is there for the steps after it. False when a file is malformed. */
  private applyCommandFiles(files: CommandFiles): boolean {
    try {
      for (const [name, value] of parseAssignments(files.read("GITHUB_ENV"))) {
        if (name === "NODE_OPTIONS") throw new Error("Can't store NODE_OPTIONS output parameter");
        if (!/^(GITHUB|RUNNER)_/.test(name)) this.environment[name] = value;
      }
      parseAssignments(files.read("GITHUB_OUTPUT"));
      const paths = parsePaths(files.read("GITHUB_PATH"));
      if (paths.length > 0) {
        this.environment["PATH"] = [...paths.reverse(), this.environment["PATH"] ?? ""].join(":");
      }
      return true;
    } catch (error) {
      this.log.write(`##[error]Unable to process file command: ${(error as Error).message}`);
      return false;
    }
  }

  /** Hooks are the image's; a failing one fails the job. */
  private async runHook(variable: string): Promise<boolean> {
    const hook = this.options.environment[variable];
    if (hook === undefined || hook === "") return true;
    this.write(
      `A job ${variable.endsWith("STARTED") ? "started" : "completed"} hook has been configured: ${hook}`,
    );
    const code = await runScript({
      command: ["bash", "-e", hook],
      cwd: this.workspace,
      env: this.environment,
      temp: this.temp,
      signal: new AbortController().signal,
      onLine: (line) => {
        // Hooks speak to the operator too: their lines are in the container's log.
        process.stdout.write(`${this.masker.mask(line)}\n`);
        this.write(line);
      },
    });
    if (code !== 0) this.log.write(`##[error]The hook ${hook} ended with exit code ${code}.`);
    return code === 0;
  }
}
