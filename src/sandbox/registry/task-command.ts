import { mkdirSync } from "node:fs";
import { join, posix } from "node:path";
import type { Clock, EnginePort } from "../ports.js";
import { BuildError } from "./dockerfile-parser.js";
import { defaultPath, readEnv, type ImageConfig } from "./image-config.js";
import { parseImageReference } from "./image-reference.js";
import type { RunLog } from "./run-log.js";
import { splitCommand, type CommandPlan, type TaskStep } from "./task-step.js";

export interface CommandDeps {
  readonly engine: EnginePort;
  readonly clock: Clock;
  readonly log: RunLog;
  readonly signal: AbortSignal;
  readonly workDirectory: string;
  /** Shared by all steps of the run. */
  readonly workspace: string;
  readonly home: string;
  /** Undefined for an image of another registry. */
  readonly findImage: (
    reference: string,
  ) => { readonly rootfs: string; readonly config: ImageConfig } | undefined;
}

let serial = 0;

/**
 * Runs the container of a `cmd` step: an image of this registry with its own files, one of another
 * registry with the programs of the machine that runs the sandbox.
 * https://learn.microsoft.com/azure/container-registry/container-registry-tasks-reference-yaml#cmd
 */
export async function runCommand(
  step: TaskStep,
  plan: CommandPlan,
  deps: CommandDeps,
): Promise<void> {
  const { log } = deps;
  const [reference = "", ...args] = splitCommand(plan.command);
  if (reference.startsWith("-")) {
    throw new BuildError(`the sandbox takes no options of docker run in a cmd step: ${reference}`);
  }
  const image = deps.findImage(reference);
  const argv = chooseArguments(plan, reference, args, image?.config);
  await log.note(`Launching container with name: ${step.id}`);
  if (image === undefined) {
    await log.print(
      `[sandbox] ${reference} is of another registry: this machine's programs stand in for it`,
    );
    if (argv.length === 0) {
      await log.print("[sandbox] what it does by itself is not known here, and not done");
      return;
    }
  }
  const code = await launch(step, plan, argv, image, deps);
  if (code !== 0) throw new BuildError(`${reference}: exit status ${code}`);
  await log.note(`Successfully executed container: ${step.id}`);
}

async function launch(
  step: TaskStep,
  plan: CommandPlan,
  argv: readonly string[],
  image: { readonly rootfs: string; readonly config: ImageConfig } | undefined,
  deps: CommandDeps,
): Promise<number> {
  serial += 1;
  const folder = join(deps.workDirectory, `container-${serial}`);
  mkdirSync(folder, { recursive: true });
  const output = new LineOutput(deps.log);
  const user = plan.user ?? image?.config.User ?? "";
  const late = new AbortController();
  const timer = new AbortController();
  void deps.clock
    .sleep(step.timeoutSeconds * 1000, AbortSignal.any([timer.signal, deps.signal]))
    .then(
      () => late.abort(),
      () => {},
    );
  try {
    const { code } = await deps.engine.runContainer({
      folder,
      name: step.id,
      rootfs: image?.rootfs,
      argv,
      env: {
        PATH: defaultPath,
        ...(image === undefined ? {} : readEnv(image.config)),
        HOME: "/acb/home",
        ...plan.env,
      },
      workdir: plan.ownWorkingDirectory
        ? (image?.config.WorkingDir ?? "") || "/"
        : posix.join("/workspace", plan.workingDirectory),
      asRoot: ["", "0", "root"].includes(user.split(":")[0] ?? ""),
      mounts: [
        { source: deps.workspace, target: "/workspace", readOnly: false },
        { source: deps.home, target: "/acb/home", readOnly: false },
      ],
      signal: AbortSignal.any([deps.signal, late.signal]),
      onOutput: (text) => output.write(text),
    });
    await output.end();
    deps.signal.throwIfAborted();
    if (late.signal.aborted) {
      throw new BuildError(`step ${step.id} took longer than ${step.timeoutSeconds} seconds`);
    }
    return code;
  } finally {
    timer.abort();
  }
}

/** As `docker run` does it: the entry point, and the image's own arguments unless others are given. */
function chooseArguments(
  plan: CommandPlan,
  reference: string,
  args: readonly string[],
  config: ImageConfig | undefined,
): readonly string[] {
  if (plan.entryPoint !== undefined) return [...splitCommand(plan.entryPoint), ...args];
  if (config !== undefined) {
    const argv = [...config.Entrypoint, ...(args.length > 0 ? args : config.Cmd)];
    if (argv.length === 0)
      throw new BuildError(`docker: Error response from daemon: no command specified`);
    return argv;
  }
  // The shell's image starts a shell for what looks like one's options.
  const program = parseImageReference(reference)?.repository.split("/").at(-1);
  return program === "bash" && args[0]?.startsWith("-") === true ? ["bash", ...args] : args;
}

/** Whole lines of a container's output, in the log one after another. */
class LineOutput {
  private rest = "";
  private written: Promise<void> = Promise.resolve();

  constructor(private readonly log: RunLog) {}

  write(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.print(line);
  }

  async end(): Promise<void> {
    if (this.rest !== "") this.print(this.rest);
    await this.written;
  }

  private print(line: string): void {
    this.written = this.written.then(() => this.log.print(line.replace(/\r$/, ""))).catch(() => {});
  }
}
