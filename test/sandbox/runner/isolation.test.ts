import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { bash, caPem, makeJob, startFakeSandbox, type FakeSandbox } from "./fake-sandbox.js";

let sandbox: FakeSandbox;
afterEach(() => sandbox.close());

async function ask(script: string): Promise<string[]> {
  const job = makeJob({ containers: [bash("main", script)] });
  await sandbox.finished(await sandbox.engine.start(job, undefined));
  return sandbox.consoleOf("main");
}

// The engine picks namespaces by itself where they can be had; elsewhere there is nothing to test.
describe.runIf(process.platform === "linux")("a container in namespaces", () => {
  it("ENG-20: cannot see the machine's files or the sandbox's state", async () => {
    sandbox = await startFakeSandbox({ isolation: "namespaces" });
    const outside = mkdtempSync(join(tmpdir(), "outside-"));
    writeFileSync(join(outside, "secret"), "x");
    try {
      const paths = [
        sandbox.folder,
        outside,
        import.meta.dirname,
        `${homedir()}/.`,
        "/var/lib",
        "/boot",
        "/sys",
      ];
      const lines = await ask(
        [
          ...paths
            .filter((path) => path !== "/root/.")
            .map((path) => `[ -e '${path}' ] && echo 'sees ${path}'`),
          "ls -A /root /tmp /mnt /run /srv /var/tmp; ls /home",
        ].join("\n"),
      );
      expect(lines.filter((line) => line.startsWith("sees"))).toEqual([]);
      expect(lines.filter((line) => line !== "" && !line.endsWith(":"))).toEqual(["runner"]);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it("ENG-21: sees its own processes only, as its first", async () => {
    sandbox = await startFakeSandbox({ isolation: "namespaces" });
    const lines = await ask(
      `echo $$; ls /proc | grep -E '^[0-9]+$' | wc -l; kill -0 ${process.pid} || echo "no such"`,
    );
    expect(lines[0]).toBe("1");
    expect(Number(lines[1])).toBeLessThanOrEqual(4);
    expect(lines.join("\n")).toContain("no such");
  });

  it("ENG-22: does not see the environment of the containers before and beside it", async () => {
    sandbox = await startFakeSandbox({ isolation: "namespaces" });
    const env = [{ name: "SECRET", value: "the-credential" }];
    const job = makeJob({
      initContainers: [bash("mint", "true", { env })],
      containers: [
        bash(
          "main",
          "sleep 0.3; cat /proc/*/environ | tr '\\0' '\\n' | grep -c the-credential; grep -r the-credential /home /tmp /mnt /opt/sandbox/ca.pem /etc 2>/dev/null | wc -l",
        ),
        bash("beside", "sleep 1", { env }),
      ],
    });
    await sandbox.finished(await sandbox.engine.start(job, undefined));
    expect(sandbox.consoleOf("main")).toEqual(["0", "0"]);
  });

  it("ENG-23: is an ordinary user without capabilities on a read-only system", async () => {
    sandbox = await startFakeSandbox({ isolation: "namespaces" });
    const lines = await ask(
      [
        "id -u; id -g; id -un; echo $HOME",
        "grep CapEff /proc/self/status",
        "grep NoNewPrivs /proc/self/status",
        "touch /usr/x /etc/x 2>/dev/null || echo read-only",
        "mount -t tmpfs none /mnt 2>/dev/null || echo 'no mount'",
        "touch /home/runner/x /tmp/x && echo writable",
        "ls -l /dev/null | cut -c1; echo x >/dev/null && echo devices",
      ].join("\n"),
    );
    expect(lines).toEqual([
      ...["1001", "1001", "runner", "/home/runner"],
      "CapEff:\t0000000000000000",
      "NoNewPrivs:\t1",
      ...["read-only", "no mount", "writable", "c", "devices"],
    ]);
  });

  it("ENG-24: is root of nothing when its image runs as root", async () => {
    sandbox = await startFakeSandbox({ isolation: "namespaces", image: { user: "" } });
    const lines = await ask(
      "id -u; touch /usr/x 2>/dev/null || echo read-only; mount -t tmpfs none /mnt 2>/dev/null || echo 'no mount'",
    );
    expect(lines).toEqual(["0", "read-only", "no mount"]);
  });

  it("ENG-25: trusts the sandbox's CA by the system's bundle and by Node", async () => {
    sandbox = await startFakeSandbox({ isolation: "namespaces" });
    const body = caPem.split("\n")[1] ?? "";
    expect(
      await ask(
        `grep -c '${body}' /etc/ssl/certs/ca-certificates.crt; grep -c '${body}' "$NODE_EXTRA_CA_CERTS"`,
      ),
    ).toEqual(["1", "1"]);
  });
});

describe("without namespaces", () => {
  it("ENG-26: says so on the execution and in its log", async () => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    await ask("true");
    expect(sandbox.reasons()).toContain("ReducedIsolation");
  });
});
