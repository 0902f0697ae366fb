import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeFolder, removeFolder, runEntrypoint } from "./entrypoint-process.js";

let folder: string;
beforeEach(() => {
  folder = makeFolder();
});
afterEach(() => removeFolder(folder));

function writeProgram(path: string, script: string): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/bash\n${script}\n`);
  chmodSync(path, 0o755);
}

/** A runner home that is in order, and the variables for it; tests then spoil something. */
function image(more: Record<string, string> = {}): Record<string, string> {
  const home = join(folder, "home");
  writeProgram(join(home, "run.sh"), "true");
  writeProgram(join(home, "bin/Runner.Listener"), "mkdir -p _diag; echo 2.999.1");
  writeFileSync(join(home, "release.json"), '{"version":"2.999.1"}');
  writeFileSync(join(folder, "bundle.pem"), "-----BEGIN CERTIFICATE-----\n");
  return {
    RUNNER_HOME: home,
    TMPDIR: folder,
    SYSTEM_CA_BUNDLE: join(folder, "bundle.pem"),
    IMAGE_CA_FOLDER: join(folder, "ca"),
    ...more,
  };
}

const asRoot = process.getuid?.() === 0;

describe("self-test", () => {
  it("refuses to be root, and has no other complaint of a good image", async () => {
    const { code, stderr } = await runEntrypoint("self-test", image());
    const complaints = stderr.split("\n").filter((line) => line.includes('"error"'));
    expect(complaints).toHaveLength(asRoot ? 1 : 0);
    expect(code).toBe(asRoot ? 2 : 0);
    if (asRoot) expect(complaints[0]).toContain("runs as root");
    else expect(stderr).toContain("runner 2.999.1");
  });

  it("names all that is wrong at once", async () => {
    const env = image({
      RUNNERCTL_PRESET: "azure",
      HTTP_PROXY: "not a proxy",
      ACTIONS_RUNNER_HOOK_JOB_STARTED: "/no/such/hook.sh",
      SYSTEM_CA_BUNDLE: join(folder, "absent.pem"),
    });
    writeFileSync(join(folder, "home/release.json"), '{"version":"2.999.2"}');
    const { code, stderr } = await runEntrypoint("self-test", env);
    expect(code).toBe(2);
    for (const text of [
      "says that it is 2.999.1, but 2.999.2 was unpacked",
      "the preset azure promises azd",
      "HTTP_PROXY is malformed",
      "/no/such/hook.sh cannot be read",
      "no CA certificates at",
    ]) {
      expect(stderr).toContain(text);
    }
  });

  it("proves that the image's own certificates are trusted", async () => {
    const env = image();
    mkdirSync(join(folder, "ca"));
    for (const name of ["in", "out"]) {
      execFileSync(
        "openssl",
        [
          ...[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            `/CN=${name}`,
            "-days",
            "2",
          ],
          ...["-keyout", join(folder, "key"), "-out", join(folder, `ca/${name}.crt`)],
        ],
        { stdio: "ignore" },
      );
    }
    writeFileSync(join(folder, "ca/bad.crt"), "no certificate\n");
    execFileSync("cp", [join(folder, "ca/in.crt"), join(folder, "bundle.pem")]);
    const { stderr } = await runEntrypoint("self-test", env);
    expect(stderr).toContain("ca/out.crt is not trusted");
    expect(stderr).toContain("ca/bad.crt is no certificate");
    expect(stderr).not.toContain("ca/in.crt");
  });

  it("finds a runner that does not start, and an unknown preset", async () => {
    const env = image({ RUNNERCTL_PRESET: "everything" });
    writeProgram(join(folder, "home/bin/Runner.Listener"), "exit 127");
    const { stderr } = await runEntrypoint("self-test", env);
    expect(stderr).toContain("does not start");
    expect(stderr).toContain("RUNNERCTL_PRESET is malformed");
  });
});
