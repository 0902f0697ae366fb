import { spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  entrypoint,
  makeFolder,
  removeFolder,
  runEntrypoint,
  startEntrypoint,
} from "./entrypoint-process.js";

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64");
const jit = encode({
  ".runner": encode({ AgentId: "23", DisableUpdate: "False" }),
  ".credentials": "e30=",
});

let folder: string;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => removeFolder(folder));

/** A runner home whose run.sh is the given script. */
function runnerHome(script: string): string {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "run.sh"), `#!/bin/bash\n${script}\n`);
  chmodSync(join(home, "run.sh"), 0o755);
  return home;
}

function variables(home: string, more: Record<string, string> = {}): Record<string, string> {
  return { RUNNER_HOME: home, JIT_FILE: join(folder, "jitconfig"), TMPDIR: folder, ...more };
}

/** Or until it has ended: the expectations then say what is wrong. */
function untilReady(
  child: ChildProcessWithoutNullStreams,
  outcome: Promise<unknown>,
): Promise<unknown> {
  const ready = new Promise<void>((resolve) => {
    child.stdout.on("data", (text: string) => text.includes("ready") && resolve());
  });
  return Promise.race([ready, outcome]);
}

describe("run", () => {
  it("removes the configuration before the runner starts and turns self-update off", async () => {
    const home = runnerHome(
      'test -e "$JIT_FILE" && echo "still there"; echo "args=[$*] config=$ACTIONS_RUNNER_INPUT_JITCONFIG ' +
        'trap=$RUNNER_MANUALLY_TRAP_SIG deprecated=$ACTIONS_RUNNER_RETURN_VERSION_DEPRECATED_EXIT_CODE"; pwd',
    );
    writeFileSync(join(folder, "jitconfig"), jit);
    const { code, stdout } = await runEntrypoint("run", variables(home));
    expect(code).toBe(0);
    expect(stdout).not.toContain("still there");
    expect(stdout).toContain("args=[] ");
    expect(stdout).toContain("trap=1 deprecated=1");
    expect(stdout).toContain(home);
    const config = JSON.parse(
      Buffer.from(/config=(\S+)/.exec(stdout)?.[1] ?? "", "base64").toString(),
    ) as Record<string, string>;
    expect(config[".credentials"]).toBe("e30=");
    expect(JSON.parse(Buffer.from(config[".runner"] ?? "", "base64").toString())).toEqual({
      AgentId: "23",
      disableUpdate: true,
    });
  });

  it("hands on a configuration that it cannot read as it came", async () => {
    const home = runnerHome('echo "config=$ACTIONS_RUNNER_INPUT_JITCONFIG"');
    writeFileSync(join(folder, "jitconfig"), "opaque");
    expect((await runEntrypoint("run", variables(home))).stdout).toContain("config=opaque\n");
  });

  it("waits for the configuration, and only so long", async () => {
    const home = runnerHome("echo started");
    const missing = await runEntrypoint("run", variables(home, { JIT_WAIT_SECONDS: "1" }));
    expect(missing.code).toBe(30);
    expect(missing.stdout).toBe("");
    expect(missing.stderr).toContain("mint container");
    const late = startEntrypoint("run", variables(home));
    await once(late.child, "spawn");
    writeFileSync(join(folder, "jitconfig"), jit);
    expect((await late.outcome).stdout).toContain("started");
  });

  it("leaves a configuration from a start override in no process's environment", async () => {
    const home = runnerHome(
      'echo "config=$ACTIONS_RUNNER_INPUT_JITCONFIG"; env | grep -c RUNNER_JIT_CONFIG; ' +
        "tr '\\0' '\\n' </proc/$PPID/environ | grep -E 'JIT_CONFIG|spent' || echo parent clean; " +
        "tr '\\0' ' ' </proc/$PPID/cmdline; ls -A \"$TMPDIR\"",
    );
    const { code, stdout } = await runEntrypoint("run", {
      RUNNER_HOME: home,
      TMPDIR: folder,
      RUNNER_JIT_CONFIG: "spent",
    });
    expect(code).toBe(0);
    expect(stdout).toContain("config=spent\n0\nparent clean\n");
    expect(stdout).not.toMatch(/cmdline.*spent/);
    expect(stdout).toMatch(/run home\n$/);
  });

  it("refuses to run beside a credential", async () => {
    const home = runnerHome("echo started");
    writeFileSync(join(folder, "jitconfig"), jit);
    const { code, stdout, stderr } = await runEntrypoint(
      "run",
      variables(home, { GITHUB_PAT: "ghp_x", GITHUB_APP_PRIVATE_KEY_FILE: "/key" }),
    );
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain("GITHUB_PAT is set");
    expect(stderr).toContain("GITHUB_APP_PRIVATE_KEY_FILE is set");
    expect(stderr).not.toContain("ghp_x");
  });

  it.each([0, 1, 7])("ends with the runner's exit code %i", async (exit) => {
    const home = runnerHome(`exit ${exit}`);
    writeFileSync(join(folder, "jitconfig"), jit);
    expect((await runEntrypoint("run", variables(home))).code).toBe(exit);
  });

  it.each(["SIGTERM", "SIGINT"] as const)(
    "passes %s on once and waits for the runner",
    async (signal) => {
      // run.sh sends INT to its child's group, so INT must not reach it as ignored.
      const home = runnerHome(
        "count=0\ntrap 'count=$((count + 1)); echo \"stop $count\"' TERM\ntrap 'echo INT taken' INT\n" +
          "kill -INT $$\necho ready\nwhile ((count == 0)); do sleep 0.05; done\nsleep 0.3\necho finished\nexit 9",
      );
      writeFileSync(join(folder, "jitconfig"), jit);
      const { child, outcome } = startEntrypoint("run", variables(home));
      await untilReady(child, outcome);
      child.kill(signal);
      child.kill(signal);
      const { code, stdout } = await outcome;
      expect(stdout).toContain("INT taken\nready\nstop 1\n");
      expect(stdout).not.toContain("stop 2");
      expect(stdout).toContain("finished");
      expect(code).toBe(9);
    },
  );

  it("kills a runner that does not stop in time", async () => {
    const home = runnerHome("trap '' TERM\necho ready\nwhile :; do sleep 0.05; done");
    writeFileSync(join(folder, "jitconfig"), jit);
    const { child, outcome } = startEntrypoint(
      "run",
      variables(home, { RUNNER_STOP_SECONDS: "1" }),
    );
    await untilReady(child, outcome);
    child.kill("SIGTERM");
    expect((await outcome).code).toBe(137);
  });

  it("can be sourced without doing anything", async () => {
    const home = runnerHome("true");
    expect(existsSync(home)).toBe(true);
    const sourced = spawnSync("bash", ["-c", `. "${entrypoint}"; type -t main mint run`], {
      encoding: "utf8",
    });
    expect(sourced.stdout).toBe("function\nfunction\nfunction\n");
    expect(readFileSync(entrypoint, "utf8").split("\n").length).toBeLessThanOrEqual(150);
  });

  it("names the modes when asked for another", async () => {
    const { code, stderr } = await runEntrypoint("dance", {});
    expect(code).toBe(2);
    expect(stderr).toContain("mint, run or self-test");
  });
});
