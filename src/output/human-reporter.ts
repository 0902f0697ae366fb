import { formatElapsed } from "./elapsed.js";
import { presentErrorAsText } from "./present-error.js";
import type { Palette } from "./palette.js";
import type { Reporter, Sink } from "./reporter.js";

interface OpenStep {
  readonly title: string;
  readonly since: number;
}

const frames = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

/**
 * A terminal: one live line for the innermost open step, with its elapsed time; everything else
 * scrolls above it. The result alone goes to stdout.
 */
export function createHumanReporter(
  sink: Sink,
  options: {
    readonly verbose: boolean;
    readonly palette: Palette;
    readonly now: () => number;
    readonly columns: () => number;
  },
): Reporter {
  const { palette } = options;
  const open = new Map<unknown, OpenStep>();
  let timer: NodeJS.Timeout | undefined;
  let drawn = false;
  let frame = 0;
  let lastLine = "";

  function erase(): void {
    if (drawn) sink.err("\r\u001b[2K");
    drawn = false;
  }

  function draw(): void {
    const current = [...open.values()].at(-1);
    if (current === undefined) return;
    erase();
    frame = (frame + 1) % frames.length;
    const elapsed = formatElapsed(options.now() - current.since);
    const detail = lastLine === "" ? "" : ` · ${lastLine}`;
    const room = Math.max(20, options.columns() - elapsed.length - 6);
    const text = `${current.title}${detail}`.slice(0, room);
    sink.err(`${palette.cyan(frames[frame] ?? "")} ${text} ${palette.dim(elapsed)}`);
    drawn = true;
  }

  function print(text: string): void {
    erase();
    sink.err(`${text}\n`);
    if (timer !== undefined) draw();
  }

  function run(): void {
    if (timer === undefined && open.size > 0) {
      timer = setInterval(draw, 120);
      timer.unref();
      draw();
    }
  }

  function halt(): void {
    if (timer !== undefined) clearInterval(timer);
    timer = undefined;
    erase();
  }

  function finishStep(step: unknown, title: string, sign: string): void {
    const since = open.get(step)?.since ?? options.now();
    open.delete(step);
    lastLine = "";
    print(`${sign} ${title} ${palette.dim(formatElapsed(options.now() - since))}`);
    if (open.size === 0) halt();
  }

  return {
    emit(event) {
      const step = event.data?.["step"];
      if (event.name === "step.start") {
        open.set(step, { title: event.message, since: options.now() });
        lastLine = "";
        run();
      } else if (event.name === "step.done") finishStep(step, event.message, palette.green("✓"));
      else if (event.name === "step.failed") finishStep(step, event.message, palette.red("✗"));
      else if (event.message === "") return;
      else if (event.data?.["transient"] === true) lastLine = event.message;
      else if (event.level === "warn") print(`${palette.yellow("Warning:")} ${event.message}`);
      else if (event.level !== "debug" || options.verbose) print(`  ${event.message}`);
    },
    result(rendered) {
      halt();
      if (rendered.text !== "") sink.out(`${rendered.text}\n`);
    },
    item(rendered) {
      erase();
      sink.out(`${rendered.text}\n`);
    },
    error(error) {
      halt();
      sink.err(presentErrorAsText(error, palette));
    },
    async suspend(work) {
      halt();
      try {
        return await work();
      } finally {
        run();
      }
    },
    close: halt,
  };
}
