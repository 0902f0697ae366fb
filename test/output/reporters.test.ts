import { describe, expect, it } from "vitest";

import { ExitCode } from "../../src/errors/exit-codes.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";
import { createActionsReporter } from "../../src/output/actions-reporter.js";
import { runStep } from "../../src/output/events.js";
import { createHumanReporter } from "../../src/output/human-reporter.js";
import { createJsonReporter } from "../../src/output/json-reporter.js";
import { createPalette } from "../../src/output/palette.js";
import { createPlainReporter } from "../../src/output/plain-reporter.js";
import type { Reporter, Sink } from "../../src/output/reporter.js";

function capture(): { sink: Sink; out: () => string; err: () => string } {
  let out = "";
  let err = "";
  return {
    sink: { out: (text) => (out += text), err: (text) => (err += text) },
    out: () => out,
    err: () => err,
  };
}

const palette = createPalette(false);

const failure = new RunnerctlError({
  code: "config.invalid",
  message: "runnerctl.yaml has 1 problem.",
  exitCode: ExitCode.usage,
  hint: "Mend it and run again.",
  problems: [
    { where: "runnerctl.yaml:3:5", what: "unknown key poolz", fix: "did you mean pools?" },
  ],
});

async function tell(reporter: Reporter): Promise<void> {
  await runStep(reporter.emit, { id: "1", title: "Build image" }, async () => {
    reporter.emit({ name: "image.build.log", level: "info", message: "Step 1/2" });
    reporter.emit({ name: "http", level: "debug", message: "GET /x" });
    reporter.emit({ name: "image.warning", level: "warn", message: "old base" });
  });
}

describe("json", () => {
  it("prints one envelope and no events", async () => {
    const io = capture();
    const reporter = createJsonReporter(io.sink, { verbose: false });
    await tell(reporter);
    reporter.result({ data: { a: 1 }, text: "ignored" });
    expect(JSON.parse(io.out())).toEqual({ schemaVersion: 1, ok: true, result: { a: 1 } });
    expect(io.err()).toBe("");
  });

  it("prints errors as data on stdout", () => {
    const io = capture();
    createJsonReporter(io.sink, { verbose: false }).error(failure);
    expect(JSON.parse(io.out())).toMatchObject({
      ok: false,
      error: { code: "config.invalid", exitCode: 2, problems: [{ where: "runnerctl.yaml:3:5" }] },
    });
  });

  it("streams items as lines of JSON and adds no envelope", () => {
    const io = capture();
    const reporter = createJsonReporter(io.sink, { verbose: false });
    reporter.item({ data: { line: 1 }, text: "one" });
    reporter.item({ data: { line: 2 }, text: "two" });
    reporter.result({ data: null, text: "" });
    expect(io.out()).toBe('{"line":1}\n{"line":2}\n');
  });

  it("writes events to stderr with --verbose", async () => {
    const io = capture();
    await tell(createJsonReporter(io.sink, { verbose: true }));
    expect(
      io
        .err()
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as { name: string }).name),
    ).toEqual(["step.start", "image.build.log", "http", "image.warning", "step.done"]);
  });
});

describe("actions", () => {
  function create({ verbose } = { verbose: false }): {
    io: ReturnType<typeof capture>;
    reporter: Reporter;
    files: string[];
  } {
    const io = capture();
    const files: string[] = [];
    const reporter = createActionsReporter(
      io.sink,
      {
        appendOutput: (name, value) => files.push(`${name}=${value}`),
        appendSummary: (markdown) => files.push(markdown),
      },
      { verbose, palette },
    );
    return { io, reporter, files };
  }

  it("groups a step, warns by workflow command, keeps debug away", async () => {
    const { io, reporter } = create();
    await tell(reporter);
    expect(io.out()).toBe("::group::Build image\nStep 1/2\n::warning::old base\n::endgroup::\n");
  });

  it("opens one group for nested steps, since groups do not nest", async () => {
    const { io, reporter } = create();
    await runStep(reporter.emit, { id: "1", title: "Outer" }, () => tell(reporter));
    expect(io.out().match(/::group::/g)).toHaveLength(1);
    expect(io.out().match(/::endgroup::/g)).toHaveLength(1);
  });

  it("writes outputs and summary as files", () => {
    const { reporter, files } = create();
    reporter.result({ data: {}, text: "done", outputs: { digest: "sha256:1" }, summary: "# Done" });
    expect(files).toEqual(["digest=sha256:1", "# Done"]);
  });

  it("escapes what would end a workflow command", () => {
    const { io, reporter } = create();
    reporter.emit({ name: "x", level: "warn", message: "100%\n::error::no" });
    expect(io.out()).toBe("::warning::100%25%0A::error::no\n");
  });

  it.each(["::add-mask::x", "  ::stop-commands::x", "a\r::error::x", "a ##[error]x"])(
    "takes no command from a stranger's line: %j",
    (line) => {
      const { io, reporter } = create({ verbose: true });
      reporter.emit({ name: "image.build.log", level: "info", message: line });
      reporter.emit({ name: "terraform.raw", level: "debug", message: line });
      reporter.item({ data: {}, text: line });
      reporter.result({ data: {}, text: line });
      const all = io.out() + io.err();
      expect(all).not.toMatch(/^\s*::|##\[/m);
      expect(all.match(/x/g)).toHaveLength(4);
    },
  );

  it("annotates an error and explains it", () => {
    const { io, reporter } = create();
    reporter.error(failure);
    expect(io.out()).toContain("::error title=config.invalid::runnerctl.yaml has 1 problem.");
    expect(io.out()).toContain("runnerctl.yaml:3:5  unknown key poolz");
  });
});

describe("plain", () => {
  it("prints timestamped lines on stderr, the result alone on stdout", async () => {
    const io = capture();
    let now = Date.UTC(2026, 0, 1);
    const reporter = createPlainReporter(io.sink, {
      verbose: false,
      palette,
      now: () => new Date((now += 500)),
    });
    await tell(reporter);
    reporter.result({ data: {}, text: "built" });
    expect(io.out()).toBe("built\n");
    expect(io.err()).toMatch(/^2026-01-01T00:00:\d\d\.\d{3}Z Build image …\n/);
    expect(io.err()).toMatch(/Build image: done \(\d\.\d s\)\n$/);
    expect(io.err()).toContain("Warning: old base");
    expect(io.err()).not.toContain("GET /x");
  });

  it("shows an error with its place, fix and next step", () => {
    const io = capture();
    createPlainReporter(io.sink, { verbose: false, palette, now: () => new Date() }).error(failure);
    expect(io.err()).toBe(
      "Error: runnerctl.yaml has 1 problem.\n" +
        "  runnerctl.yaml:3:5  unknown key poolz\n" +
        "      → did you mean pools?\n" +
        "Next:  Mend it and run again.\n",
    );
  });
});

describe("human", () => {
  it("draws the open step at once and leaves a finished line", async () => {
    const io = capture();
    let now = 0;
    const reporter = createHumanReporter(io.sink, {
      verbose: false,
      palette,
      now: () => (now += 1000),
      columns: () => 80,
    });
    await tell(reporter);
    reporter.result({ data: {}, text: "built" });
    reporter.close();
    expect(io.out()).toBe("built\n");
    const finalLines = io
      .err()
      .split("\n")
      .map((line) => line.slice(line.lastIndexOf("\u001b[2K") + 1).replace("[2K", ""));
    expect(finalLines).toContain("  Step 1/2");
    expect(finalLines).toContain("Warning: old base");
    expect(io.err()).toMatch(/✓ Build image \d+(\.\d)? s\n/);
  });

  it("never draws a line wider than the terminal", () => {
    const io = capture();
    const reporter = createHumanReporter(io.sink, {
      verbose: false,
      palette,
      now: () => 0,
      columns: () => 30,
    });
    reporter.emit({
      name: "step.start",
      level: "info",
      message: "x".repeat(200),
      data: { step: "1" },
    });
    reporter.close();
    const widest = Math.max(
      ...io
        .err()
        .split(/\r\u001b\[2K|\n/)
        .map((line) => line.length),
    );
    expect(widest).toBeLessThanOrEqual(30);
  });
});
