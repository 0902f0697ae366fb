import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { startStubGithub } from "../../entrypoint/stub-github.js";
import {
  makeFakeGithub,
  makeJitConfiguration,
  makeMessage,
  makeStep,
  type FakeGithub,
} from "./fake-github.js";
import { buildListener, makeJob, startFakeSandbox, type FakeSandbox } from "./fake-sandbox.js";

let program: string;
let folder: string;
let sandbox: FakeSandbox;
let github: FakeGithub;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "contract-"));
  program = await buildListener(folder);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => sandbox.close());

describe.each(["namespaces", "process"] as const)(
  "the container contract of a pool (%s)",
  (isolation) => {
    it("RUN-10: mints in the init container, runs in the other, and shows the job no credential", async () => {
      const docker = join(import.meta.dirname, "../../../docker");
      const rootfs = join(folder, "rootfs");
      mkdirSync(join(rootfs, "usr/local/bin"), { recursive: true });
      cpSync(join(docker, "entrypoint.sh"), join(rootfs, "usr/local/bin/entrypoint.sh"));
      cpSync(join(docker, "lib"), join(rootfs, "usr/local/lib/runnerctl"), { recursive: true });
      cpSync(join(docker, "hooks"), join(rootfs, "home/runner/hooks"), { recursive: true });
      const look =
        isolation === "namespaces"
          ? "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'; " +
            "grep -rs . /home/runner /mnt /tmp /run /var /etc --exclude-dir=_work || true"
          : "env; grep -rs . $HOME --exclude-dir=_work || true";
      const search =
        `found=$({ ${look}; } 2>/dev/null | tr -d '\\0')\n` +
        `echo "credential: $(grep -c "$(printf ghp_%s poolcredential)" <<<"$found")"\n` +
        `echo "runner's own: $(grep -c CONTAINER_APP_JOB_NAME= <<<"$found")"\n` +
        'echo "handed over: $(ls -A /mnt/jit 2>/dev/null | wc -l)"';
      github = makeFakeGithub(makeMessage([makeStep(1, search, { shell: "bash {0}" })]));
      sandbox = await startFakeSandbox({
        github,
        isolation,
        listenerProgram: program,
        image: {
          rootfs,
          entrypoint: ["/usr/local/bin/entrypoint.sh"],
          cmd: ["run"],
          workdir: "/home/runner",
          env: {
            RUNNER_HOME: "/home/runner",
            ACTIONS_RUNNER_HOOK_JOB_STARTED: "/home/runner/hooks/job-started.sh",
            ACTIONS_RUNNER_HOOK_JOB_COMPLETED: "/home/runner/hooks/job-completed.sh",
          },
        },
      });
      const api = await startStubGithub({
        "POST /repos/octo/widgets/actions/runners/generate-jitconfig": {
          status: 201,
          body: { encoded_jit_config: makeJitConfiguration(sandbox.context.origin) },
        },
      });
      const image = "localhost:5000/runner@sha256:0";
      const volumeMounts = [{ volumeName: "jit", mountPath: "/mnt/jit" }];
      const env = (variables: Record<string, string>) =>
        Object.entries(variables).map(([name, value]) => ({ name, value }));
      const job = makeJob(
        {
          volumes: [{ name: "jit", storageType: "EmptyDir" }],
          initContainers: [
            {
              name: "mint",
              image,
              args: ["mint"],
              volumeMounts,
              env: [
                ...env({
                  GITHUB_API_URL: api.url,
                  GITHUB_OWNER: "octo",
                  GITHUB_SCOPE: "repository",
                  GITHUB_REPOSITORY: "widgets",
                  RUNNER_LABELS: "self-hosted,linux,x64",
                  RUNNER_NAME_PREFIX: "caj-test",
                  JIT_FILE: "/mnt/jit/jitconfig",
                }),
                { name: "GITHUB_PAT", secretRef: "github-credential" },
              ],
            },
          ],
          containers: [
            {
              name: "runner",
              image,
              args: ["run"],
              volumeMounts,
              env: env({ JIT_FILE: "/mnt/jit/jitconfig" }),
            },
          ],
        },
        { secrets: [{ name: "github-credential", value: "ghp_poolcredential" }] },
      );
      const record = await sandbox.finished(await sandbox.engine.start(job, undefined));
      await api.close();
      expect(sandbox.consoleOf("runner").join("\n")).toContain("completed with result: Succeeded");
      expect(record.properties.status).toBe("Succeeded");
      expect(api.calls[0]?.authorization).toBe("Bearer ghp_poolcredential");
      expect((api.calls[0]?.body as { name: string }).name).toBe(record.name);
      expect(github.conclusion).toBe("success");
      expect(github.log).toContain("credential: 0");
      expect(github.log).toContain("handed over: 0");
      expect(github.log.join("\n")).toMatch(/\nrunner's own: [1-9]/);
      const summary =
        sandbox.consoleOf("runner").find((line) => line.includes('"job-started"')) ?? "{}";
      expect(JSON.parse(summary)).toMatchObject({ execution: record.name, runId: "99" });
    });
  },
);
