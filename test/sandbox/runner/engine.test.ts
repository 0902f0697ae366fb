import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  bash,
  identityId,
  jobId,
  makeJob,
  startFakeSandbox,
  type FakeSandbox,
} from "./fake-sandbox.js";

let sandbox: FakeSandbox;
afterEach(() => sandbox.close());

async function runJob(...args: Parameters<typeof makeJob>) {
  return sandbox.finished(await sandbox.engine.start(makeJob(...args), undefined));
}

const emptyDir = {
  volumes: [{ name: "jit", storageType: "EmptyDir" }],
};
const mount = { volumeMounts: [{ volumeName: "jit", mountPath: "/mnt/jit" }] };

describe.each(["namespaces", "process"] as const)("an execution (%s)", (isolation) => {
  it("ENG-1: runs init containers in order, then the containers, and hands over the volume", async () => {
    sandbox = await startFakeSandbox({ isolation });
    const path = isolation === "namespaces" ? "/mnt/jit" : "$MOUNT";
    const env = { env: [{ name: "MOUNT", value: "/mnt/jit" }] };
    const record = await runJob({
      ...emptyDir,
      initContainers: [
        bash("first", `echo one > ${path}/order`, { ...mount, ...env }),
        bash("second", `echo two >> ${path}/order`, { ...mount, ...env }),
      ],
      containers: [bash("main", `cat ${path}/order; rm ${path}/order`, { ...mount, ...env })],
    });
    expect(sandbox.consoleOf("main")).toEqual(["one", "two"]);
    expect(record.properties.status).toBe("Succeeded");
    expect(record.properties.detailedStatus).toMatchObject({ sandboxIsolation: isolation });
    expect(existsSync(join(sandbox.folder, "executions", record.name))).toBe(false);
  });

  it("ENG-2: gives the environment that the platform gives, with secrets resolved", async () => {
    sandbox = await startFakeSandbox({
      isolation,
      image: { env: { FROM_IMAGE: "yes", SHADOWED: "image" } },
    });
    await runJob(
      {
        containers: [
          bash("main", "env", {
            env: [
              { name: "PLAIN", value: "text" },
              { name: "SHADOWED", value: "template" },
              { name: "FROM_VAULT", secretRef: "github" },
              { name: "INLINE", secretRef: "inline" },
            ],
          }),
        ],
      },
      {
        secrets: [
          {
            name: "github",
            keyVaultUrl: "https://localhost:1/secrets/github",
            identity: identityId,
          },
          { name: "inline", value: "inline-value" },
        ],
      },
    );
    const env = Object.fromEntries(
      sandbox.consoleOf("main").map((line) => line.split(/=(.*)/s).slice(0, 2)),
    );
    const [execution] = sandbox.engine.list(jobId);
    expect(env).toMatchObject({
      FROM_IMAGE: "yes",
      PLAIN: "text",
      SHADOWED: "template",
      FROM_VAULT: "value-from-the-vault",
      INLINE: "inline-value",
      CONTAINER_APP_JOB_NAME: "caj-test",
      CONTAINER_APP_JOB_EXECUTION_NAME: execution?.name,
      IDENTITY_ENDPOINT: `${sandbox.context.httpOrigin}/msi/token`,
    });
    expect(env["CONTAINER_APP_REPLICA_NAME"]).toMatch(
      new RegExp(`^${execution?.name}-[0-9a-f]{5}$`),
    );
    expect(execution?.name).toMatch(/^caj-test-[a-z0-9]{7}$/);
  });

  it("ENG-3: sends both streams to the workspace and lets scripts open them by name", async () => {
    sandbox = await startFakeSandbox({ isolation });
    await runJob({
      containers: [bash("main", "echo out >/dev/stdout; echo err >/dev/stderr; printf last")],
    });
    const rows = sandbox.rows.filter(({ table }) => table === "ContainerAppConsoleLogs_CL");
    expect(rows.map(({ columns }) => `${columns["Stream_s"]}:${columns["Log_s"]}`).sort()).toEqual([
      "stderr:err",
      "stdout:last",
      "stdout:out",
    ]);
    expect(rows[0]?.columns).toMatchObject({
      ContainerJobName_s: "caj-test",
      EnvironmentName_s: "cae",
    });
  });

  it("ENG-4: fails when an init container fails, without starting the others", async () => {
    sandbox = await startFakeSandbox({ isolation });
    const record = await runJob({
      initContainers: [bash("mint", "exit 21")],
      containers: [bash("main", "echo ran")],
    });
    expect(record.properties.status).toBe("Failed");
    expect(sandbox.consoleOf("main")).toEqual([]);
    expect(record.properties.detailedStatus).toMatchObject({
      reason: "BackoffLimitExceeded",
      replicas: [{ containers: [{ name: "mint", code: 21, status: "Failed" }] }],
    });
    expect(sandbox.rows.map(({ columns }) => columns["Log_s"])).toContain(
      "Container 'mint' was terminated with exit code '21' and reason 'Error'",
    );
  });

  it("ENG-5: stops with TERM, and with KILL 30 seconds later", async () => {
    sandbox = await startFakeSandbox({ isolation });
    const start = (script: string) =>
      sandbox.engine.start(makeJob({ containers: [bash("main", script)] }), undefined);
    const polite = await start(
      "trap 'echo asked; exit 0' TERM; echo polite; while :; do sleep 0.05; done",
    );
    await sandbox.printed("polite");
    await sandbox.engine.stop(jobId, polite.name);
    expect((await sandbox.finished(polite)).properties.status).toBe("Stopped");
    expect(sandbox.consoleOf("main")).toContain("asked");

    const stubborn = await start(
      "trap 'echo ignored' TERM; echo stubborn; while :; do sleep 0.05; done",
    );
    await sandbox.printed("stubborn");
    await sandbox.engine.stop(jobId);
    await sandbox.printed("ignored");
    sandbox.clock.advance(29_000);
    expect(sandbox.engine.find(jobId, stubborn.name)?.properties.status).toBe("Running");
    sandbox.clock.advance(1_000);
    const ended = await sandbox.finished(stubborn);
    expect(ended.properties.status).toBe("Stopped");
    expect(ended.properties.detailedStatus).toMatchObject({
      replicas: [{ containers: [{ code: 137 }] }],
    });
  });

  it("ENG-6: ends what runs longer than its replicaTimeout as failed", async () => {
    sandbox = await startFakeSandbox({ isolation });
    const record = await sandbox.engine.start(
      makeJob(
        { containers: [bash("main", "trap 'exit 3' TERM; echo up; while :; do sleep 0.05; done")] },
        { replicaTimeout: 60 },
      ),
      undefined,
    );
    await sandbox.printed("up");
    sandbox.clock.advance(60_000);
    const ended = await sandbox.finished(record);
    expect(ended.properties.status).toBe("Failed");
    expect(ended.properties.detailedStatus).toMatchObject({ reason: "DeadlineExceeded" });
    expect(sandbox.reasons()).toContain("DeadlineExceeded");
  });

  it("ENG-7: replaces the template by a start override and drops its mounts", async () => {
    sandbox = await startFakeSandbox({ isolation });
    const job = makeJob({
      ...emptyDir,
      initContainers: [bash("mint", "echo minted", mount)],
      containers: [bash("main", "echo template", mount)],
    });
    const record = await sandbox.engine.start(job, {
      containers: [
        bash("main", "echo override; ls /mnt", { env: [{ name: "A", value: "b" }], ...mount }),
      ],
    });
    await sandbox.finished(record);
    expect(sandbox.consoleOf("mint")).toEqual([]);
    expect(sandbox.consoleOf("main")[0]).toBe("override");
    if (isolation === "namespaces") expect(sandbox.consoleOf("main")).toEqual(["override"]);
    expect(JSON.stringify(record.properties.template)).not.toContain("volumeMounts");
  });

  it("ENG-8: leaves no process behind when the first one ends", async () => {
    sandbox = await startFakeSandbox({ isolation });
    const marker = `marker-${process.pid}-${isolation}`;
    await runJob({
      containers: [bash("main", `(exec -a ${marker} sleep 300) & sleep 0.2; echo done`)],
    });
    const alive = readdirSync("/proc").filter((pid) => {
      try {
        return /^\d+$/.test(pid) && readCommand(pid).includes(marker);
      } catch {
        return false;
      }
    });
    expect(alive).toEqual([]);
  });
});

describe("the engine", () => {
  it("ENG-9: refuses at start what it cannot pull or resolve, and starts nothing", async () => {
    sandbox = await startFakeSandbox({});
    const start = (...args: Parameters<typeof makeJob>) =>
      sandbox.engine.start(makeJob(...args), undefined);
    await expect(
      start({ containers: [{ name: "main", image: "localhost:5000/missing" }] }),
    ).rejects.toMatchObject({
      status: 400,
      code: "InvalidParameterValueInContainerTemplate",
    });
    await expect(
      start(
        { containers: [bash("main", "true")] },
        {
          secrets: [
            { name: "gone", keyVaultUrl: "https://localhost:1/secrets/gone", identity: identityId },
          ],
        },
      ),
    ).rejects.toMatchObject({ code: "SecretNotFound" });
    await expect(
      start({ containers: [bash("main", "true", { env: [{ name: "X", secretRef: "nobody" }] })] }),
    ).rejects.toMatchObject({ status: 400, code: "ContainerAppSecretRefNotFound" });
    expect(sandbox.engine.list(jobId)).toEqual([]);
    expect(sandbox.pulls[0]).toEqual({ image: "localhost:5000/missing", identity: identityId });
  });

  it("ENG-10: tries again as often as the retry limit says, in a new replica", async () => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    const record = await runJob(
      { containers: [bash("main", "echo $CONTAINER_APP_REPLICA_NAME; exit 1")] },
      { replicaRetryLimit: 2 },
    );
    expect(record.properties.status).toBe("Failed");
    expect(new Set(sandbox.consoleOf("main")).size).toBe(3);
  });

  it("ENG-11: runs as many replicas as are asked for", async () => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    const record = await runJob(
      { containers: [bash("main", "echo $CONTAINER_APP_REPLICA_NAME")] },
      { manualTriggerConfig: { parallelism: 2, replicaCompletionCount: 3 } },
    );
    expect(record.properties.status).toBe("Succeeded");
    expect(new Set(sandbox.consoleOf("main")).size).toBe(3);
  });

  it("ENG-12: fails what ran when the sandbox ended, and keeps the last hundred that finished", async () => {
    sandbox = await startFakeSandbox({ isolation: "process" });
    const records = sandbox.context.state.collection<Record<string, unknown>>("executions");
    for (let index = 0; index < 101; index += 1) {
      const name = `caj-test-old${String(index).padStart(4, "0")}`;
      records.set(`${jobId}/executions/${name}`.toLowerCase(), {
        name,
        properties: { status: "Succeeded", startTime: "", endTime: "2026", template: {} },
      });
    }
    records.set(`${jobId}/executions/caj-test-orphan1`.toLowerCase(), {
      name: "caj-test-orphan1",
      properties: { status: "Running", startTime: "", template: {} },
    });
    const engine = sandbox.restart();
    expect(engine.find(jobId, "caj-test-orphan1")?.properties.status).toBe("Failed");
    await runJob({ containers: [bash("main", "true")] });
    expect(engine.list(jobId)).toHaveLength(100);
    expect(engine.find(jobId, "caj-test-old0000")).toBeUndefined();
    expect(engine.find(jobId.toUpperCase(), "CAJ-TEST-OLD0100")).toBeDefined();
  });

  it("ENG-12: fails what runs while the sandbox closes, and ends its processes", async () => {
    sandbox = await startFakeSandbox({});
    const record = await sandbox.engine.start(
      makeJob({ containers: [bash("main", "trap '' TERM; echo up; sleep 300")] }),
      undefined,
    );
    await sandbox.printed("up");
    await sandbox.close();
    expect(sandbox.engine.find(jobId, record.name)?.properties).toMatchObject({
      status: "Failed",
      detailedStatus: { reason: "SandboxClosed" },
    });
    sandbox = await startFakeSandbox({});
  });

  it("ENG-13: ends and forgets everything of a job that is deleted", async () => {
    sandbox = await startFakeSandbox({});
    await sandbox.engine.start(
      makeJob({ containers: [bash("main", "echo up; sleep 300")] }),
      undefined,
    );
    await sandbox.printed("up");
    await sandbox.engine.forget(jobId);
    expect(sandbox.engine.list(jobId)).toEqual([]);
  });

  it("ENG-14: uses the image's entry point, arguments, folder and files", async () => {
    const files = join(import.meta.dirname, `rootfs-${process.pid}`);
    mkdirSync(join(files, "usr/local/bin"), { recursive: true });
    mkdirSync(join(files, "home/runner/work"), { recursive: true });
    writeFileSync(
      join(files, "usr/local/bin/hello.sh"),
      '#!/bin/bash\necho "$PWD $*"; id -un; which ls >/dev/null && echo tools\n',
      { mode: 0o755 },
    );
    try {
      sandbox = await startFakeSandbox({
        isolation: "namespaces",
        image: {
          rootfs: files,
          entrypoint: ["/usr/local/bin/hello.sh"],
          cmd: ["default"],
          workdir: "/home/runner/work",
        },
      });
      const image = "localhost:5000/runner:1";
      await runJob({
        containers: [
          { name: "plain", image },
          { name: "args", image, args: ["given"] },
        ],
      });
      expect(sandbox.consoleOf("plain")).toEqual(["/home/runner/work default", "runner", "tools"]);
      expect(sandbox.consoleOf("args")[0]).toBe("/home/runner/work given");
    } finally {
      rmSync(files, { recursive: true });
    }
  });
});

function readCommand(pid: string): string {
  return readFileSync(`/proc/${pid}/cmdline`, "utf8");
}
