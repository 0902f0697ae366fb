import { execFileSync, spawnSync, type ChildProcessWithoutNullStreams } from "node:child_process";
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

const hooks = join(entrypoint, "../hooks");

function makeCertificate(into: string): string {
  const file = join(into, "extra.crt");
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=extra", "-days", "2"],
      ...["-keyout", join(into, "extra.key"), "-out", file],
    ],
    { stdio: "ignore" },
  );
  return file;
}

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
    expect(stdout).toMatch(/run home\njob\.\w+\n$/);
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

  describe("with a listener of its own", () => {
    /** A runner home whose Runner.Listener is the given script; run.sh would be wrong to start. */
    function listenerHome(script: string): string {
      const home = runnerHome("echo run.sh started");
      mkdirSync(join(home, "bin"), { recursive: true });
      writeFileSync(join(home, "bin/Runner.Listener"), `#!/bin/bash\n${script}\n`);
      chmodSync(join(home, "bin/Runner.Listener"), 0o755);
      writeFileSync(join(folder, "jitconfig"), jit);
      return home;
    }

    it("puts the configuration beside it and into no environment or argument", async () => {
      const home = listenerHome(
        'echo "args=[$*]"; env | grep -c JITCONFIG; cat .runner; echo; cat .credentials; echo; ' +
          "stat -c %a .runner .credentials; " +
          "for pid in $$ $PPID; do tr '\\0' '\\n' </proc/$pid/environ; tr '\\0' ' ' </proc/$pid/cmdline; done " +
          `| grep -c '${jit.slice(0, 24)}'; exit 0`,
      );
      const { code, stdout } = await runEntrypoint("run", variables(home));
      expect(stdout).toBe(
        'args=[run]\n0\n{"AgentId":"23","disableUpdate":true}\n{}\n600\n600\n0\n',
      );
      expect(code).toBe(0);
    });

    it.each([1, 5, 7, 42])("ends with its exit code %i, which run.sh hides", async (exit) => {
      const home = listenerHome(`exit ${exit}`);
      const { code, stderr } = await runEntrypoint("run", variables(home));
      expect(code).toBe(exit);
      expect(stderr).toContain(`exit code ${exit}`);
    });

    it("starts it again when it could not reach GitHub, and only so often", async () => {
      const counted = 'echo x >>count; n=$(wc -l <count); echo "start $n";';
      const env = { RUNNER_RETRY_SECONDS: "0" };
      const twice = listenerHome(`${counted} ((n == 3)) || exit 2`);
      expect((await runEntrypoint("run", variables(twice, env))).code).toBe(0);
      const never = listenerHome(`${counted} exit 2`);
      const { code, stdout } = await runEntrypoint("run", variables(never, env));
      expect(code).toBe(2);
      expect(stdout.trim().split("\n").at(-1)).toBe("start 8");
    });

    it.each(["SIGTERM", "SIGINT"] as const)("gives it one INT for %s", async (signal) => {
      const home = listenerHome(
        "count=0\ntrap 'count=$((count + 1)); echo \"stop $count\"' INT\ntrap 'echo TERM' TERM\n" +
          "echo ready\nwhile ((count == 0)); do sleep 0.05; done\nsleep 0.3\nexit 2",
      );
      const { child, outcome } = startEntrypoint("run", variables(home));
      await untilReady(child, outcome);
      child.kill(signal);
      child.kill(signal);
      const { code, stdout } = await outcome;
      expect(stdout).toBe("ready\nstop 1\n");
      expect(code).toBe(2);
    });

    it("summarizes the job in one line", async () => {
      const event = join(folder, "event.json");
      const since = new Date(Date.now() - 90_000).toISOString();
      writeFileSync(event, JSON.stringify({ pull_request: { updated_at: since } }));
      const home = listenerHome(
        `export GITHUB_REPOSITORY=octo/widgets GITHUB_WORKFLOW='Build "all"' GITHUB_EVENT_NAME=pull_request ` +
          `GITHUB_JOB=build GITHUB_RUN_ID=77 GITHUB_RUN_ATTEMPT=1 GITHUB_EVENT_PATH=${event} RUNNER_NAME=r1\n` +
          'echo "2026-01-01 00:00:00Z: Running job: build"\n' +
          `bash -e ${join(hooks, "job-started.sh")}\nbash -e ${join(hooks, "job-completed.sh")}\n` +
          'echo "2026-01-01 00:00:05Z: Job build completed with result: Failed"',
      );
      const env = { CONTAINER_APP_JOB_EXECUTION_NAME: "caj-1" };
      const { stdout, stderr } = await runEntrypoint("run", variables(home, env));
      expect(stdout).toContain("Job build completed with result: Failed");
      const lines = `${stdout}${stderr}`
        .split("\n")
        .filter((line) => line.includes('"event"'))
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines.map((line) => line["event"]).sort()).toEqual([
        "job-completed",
        "job-started",
        "job-summary",
      ]);
      const summary = lines.find((line) => line["event"] === "job-summary");
      expect(summary).toMatchObject({
        workflow: 'Build "all"',
        repository: "octo/widgets",
        trigger: "pull_request",
        job: "build",
        runId: "77",
        execution: "caj-1",
        runner: "r1",
        conclusion: "failure",
        exitCode: 0,
      });
      expect(summary?.["queueSeconds"]).toBeGreaterThanOrEqual(89);
      expect(summary?.["queueSeconds"]).toBeLessThan(150);
      expect(summary?.["durationSeconds"]).toBeGreaterThanOrEqual(0);
    });

    it("is not led astray by what a job writes into its facts", async () => {
      const home = listenerHome(
        `printf '{"workflow":{"a":1},"startedAt":"x","queueSeconds":"y","extra":"no"}' >"$RUNNERCTL_JOB_FOLDER/job.json"`,
      );
      const { code, stderr } = await runEntrypoint("run", variables(home));
      expect(code).toBe(0);
      const summary = stderr.split("\n").find((line) => line.includes("job-summary")) ?? "{}";
      expect(JSON.parse(summary)).toMatchObject({ workflow: null, durationSeconds: null });
      expect(summary).not.toContain("extra");
    });

    it("spreads proxies over both spellings and trusts further certificates", async () => {
      const certificate = makeCertificate(folder);
      const home = listenerHome(
        'echo "$http_proxy|$HTTPS_PROXY|$no_proxy"; for file in "$SSL_CERT_FILE" "$NODE_EXTRA_CA_CERTS" ' +
          '"$CURL_CA_BUNDLE" "$GIT_SSL_CAINFO" "$REQUESTS_CA_BUNDLE"; do grep -c BEGIN "$file"; done; env | grep -c ^EXTRA_CA',
      );
      writeFileSync(join(folder, "system.pem"), readFileSync(certificate));
      const { code, stdout } = await runEntrypoint(
        "run",
        variables(home, {
          HTTP_PROXY: "http://user:pw@proxy.test:3128",
          https_proxy: "http://proxy.test:3128",
          NO_PROXY: "localhost,.test",
          EXTRA_CA_FILE: certificate,
          SYSTEM_CA_BUNDLE: join(folder, "system.pem"),
        }),
      );
      expect(stdout).toBe(
        "http://user:pw@proxy.test:3128|http://proxy.test:3128|localhost,.test\n2\n2\n2\n2\n2\n0\n",
      );
      expect(code).toBe(1); // grep found nothing
    });

    it("names every fault of the network's variables and shows no password", async () => {
      const home = listenerHome("echo started");
      const { code, stdout, stderr } = await runEntrypoint(
        "run",
        variables(home, {
          HTTPS_PROXY: "ftp://user:hidden@proxy.test/path",
          http_proxy: "http://a:3128",
          HTTP_PROXY: "http://b:3128",
          EXTRA_CA: "no certificate",
        }),
      );
      expect(code).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toContain("HTTPS_PROXY is malformed");
      expect(stderr).toContain("http_proxy and HTTP_PROXY differ");
      expect(stderr).toContain("EXTRA_CA (or the file EXTRA_CA_FILE) is malformed");
      expect(stderr).not.toContain("hidden");
    });
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
