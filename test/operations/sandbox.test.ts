import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Clock } from "../../src/domain/clock.js";
import { SecretText } from "../../src/domain/secret-text.js";
import { buildImage, planImage } from "../../src/operations/build-image.js";
import { ensureSecrets } from "../../src/operations/ensure-secrets.js";
import { readLogs } from "../../src/operations/logs.js";
import { setSecret } from "../../src/operations/secret-set.js";
import { readStatus } from "../../src/operations/status.js";
import { systemClock } from "../../src/operations/system-clock.js";
import { triggerPool } from "../../src/operations/trigger.js";
import { dispatchWorkflow } from "../../src/sandbox/dispatch.js";
import { failureOf } from "../azure/failure.js";
import { packageRoot, SandboxDeployment } from "./sandbox-deployment.js";

let deployment: SandboxDeployment;
let token: string;

/** Real time, but no waiting between tries. */
const hasty: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) => systemClock.sleep(Math.min(milliseconds, 50), signal),
};

beforeAll(async () => {
  deployment = await SandboxDeployment.start();
  token = await deployment.githubToken();
});

afterAll(() => deployment.close());

function deps() {
  const registered: string[] = [];
  return {
    registered,
    connection: deployment.connection,
    emit: deployment.connection.emit,
    clock: hasty,
    redact: { register: (value: string) => registered.push(value) },
  };
}

function imageRequest(context?: string) {
  return {
    image: { ...deployment.config.image, context },
    names: deployment.names,
    defaultContext: join(packageRoot, "docker"),
  };
}

async function logLines(request: Partial<Parameters<typeof readLogs>[0]>): Promise<string[]> {
  const lines: string[] = [];
  for await (const line of readLogs({ config: deployment.config, ...request }, deps())) {
    lines.push(line.text);
  }
  return lines;
}

describe("before anything is deployed", () => {
  it("status says so", async () => {
    const status = await readStatus({ config: deployment.config }, deps());
    expect(status.deployed).toBe(false);
    expect(status.pools.map((pool) => pool.deployed)).toEqual([false]);
  });

  it.each([
    ["trigger", () => triggerPool({ config: deployment.config, pool: "default" }, deps())],
    ["logs", () => logLines({})],
    ["build-image", () => buildImage(imageRequest(), deps())],
    ["ensure-secrets", () => ensureSecrets({ config: deployment.config }, deps())],
  ])("%s ends with 4 and says to deploy", async (_verb, work) => {
    const error = await failureOf(work());
    expect(error.exitCode).toBe(4);
    expect(error.hint).toContain("runnerctl deploy");
  });
});

describe("with a platform", () => {
  beforeAll(() => deployment.deployPlatform());

  it("secret set names the role that is missing, after having waited for it", async () => {
    const { registered, ...rest } = deps();
    const error = await failureOf(
      setSecret({ config: deployment.config, value: new SecretText(`${token}\n`) }, { ...rest }),
    );
    expect(error).toMatchObject({ code: "azure.forbidden", exitCode: 3 });
    expect(error.hint).toContain("Key Vault Secrets Officer");
    expect(registered).toEqual([token]);
  });

  it("secret set refuses a token that GitHub does not know", async () => {
    await deployment.allowSecrets();
    const error = await failureOf(
      setSecret(
        { config: deployment.config, value: new SecretText(`ghp_${"x".repeat(36)}`) },
        deps(),
      ),
    );
    expect(error).toMatchObject({ code: "github.unauthorized", exitCode: 3 });
    expect(error.message).not.toContain("xxxx");
  });

  it("ensure-secrets misses the secret, takes it from the given source, then finds it", async () => {
    const request = { config: deployment.config };
    expect(await failureOf(ensureSecrets(request, deps()))).toMatchObject({
      code: "credentials.secretMissing",
      exitCode: 3,
    });
    const provide = () => Promise.resolve(new SecretText(token));
    expect(await ensureSecrets(request, { ...deps(), provide })).toMatchObject({ stored: true });
    expect(await ensureSecrets(request, deps())).toMatchObject({ stored: false });
  });

  it("secret set verifies with GitHub and stores", async () => {
    const result = await setSecret(
      { config: deployment.config, value: new SecretText(token) },
      deps(),
    );
    expect(result).toMatchObject({ kind: "pat", secret: "github-pat", verified: true });
    expect(JSON.stringify([result, deployment.events])).not.toContain(token);
  });

  it("secret set takes no key for a token, and no token for a key", async () => {
    const value = new SecretText("-----BEGIN RSA PRIVATE KEY-----\nx\n-----END");
    expect(await failureOf(setSecret({ config: deployment.config, value }, deps()))).toMatchObject({
      code: "credentials.secretUnfit",
      exitCode: 2,
    });
    const github = {
      ...deployment.config.github,
      auth: { type: "app", appId: "1", installationId: 1, secret: "k" } as const,
    };
    const error = await failureOf(
      setSecret({ config: { ...deployment.config, github }, value: new SecretText(token) }, deps()),
    );
    expect(error.code).toBe("credentials.secretUnfit");
    expect(error.message).not.toContain(token);
  });

  it("a failing build names its step and shows the log's end", async () => {
    const context = mkdtempSync(join(tmpdir(), "runnerctl-bad-image-"));
    try {
      writeFileSync(join(context, "Dockerfile"), "FROM ubuntu:24.04\nCOPY missing.txt /x\n");
      const error = await failureOf(buildImage(imageRequest(context), deps()));
      expect(error).toMatchObject({ code: "image.buildFailed", exitCode: 5 });
      expect(error.problems.length).toBeGreaterThan(0);
      expect(error.problems.length).toBeLessThanOrEqual(20);
      expect(error.message).toContain("COPY missing.txt");
    } finally {
      rmSync(context, { recursive: true });
    }
  });

  it("an interrupted build is cancelled in Azure", async () => {
    const abort = new AbortController();
    const context = mkdtempSync(join(tmpdir(), "runnerctl-slow-image-"));
    try {
      mkdirSync(join(context, "x"));
      writeFileSync(join(context, "Dockerfile"), "FROM ubuntu:24.04\nCOPY x /x\n");
      const emit = (event: { name: string }): void => {
        if (event.name === "image.build.scheduled") abort.abort();
      };
      const error = await failureOf(
        buildImage(imageRequest(context), { ...deps(), emit, signal: abort.signal }),
      );
      expect(error).toMatchObject({ code: "interrupted", exitCode: 130 });
      expect(error.message).toMatch(/was cancelled in Azure|had already ended/);
      const requests = await deployment.requests();
      expect(requests.some((request) => request.path.endsWith("/cancel"))).toBe(true);
    } finally {
      rmSync(context, { recursive: true });
    }
  });

  it("builds the image once", async () => {
    const plan = await planImage(imageRequest(), deps());
    expect(plan.existingDigest).toBeUndefined();
    const built = await buildImage(imageRequest(), deps());
    expect(built).toMatchObject({ built: true, tag: plan.tag, tags: [plan.tag, "current"] });
    expect(built.reference).toMatch(/^localhost:\d+\/runner@sha256:[0-9a-f]{64}$/);
    const log = deployment.events.filter((event) => event.name === "image.build.log");
    expect(log.length).toBeGreaterThan(3);

    await deployment.control("DELETE", "requests");
    const again = await buildImage(imageRequest(), deps());
    expect(again).toMatchObject({ built: false, digest: built.digest });
    const requests = await deployment.requests();
    expect(requests.filter((request) => request.path.endsWith("scheduleRun"))).toEqual([]);

    await deployment.deployPool(built.reference);
  });
});

describe("with a pool", () => {
  it("an execution that finds a queued job runs it, and trigger --wait ends well", async () => {
    const folder = mkdtempSync(join(tmpdir(), "runnerctl-workflow-"));
    try {
      const workflow = join(folder, "hello.yml");
      writeFileSync(
        workflow,
        "on: workflow_dispatch\njobs:\n  a:\n    runs-on: [self-hosted, azure]\n    steps: [{ run: 'echo from-the-job' }]\n",
      );
      await dispatchWorkflow({
        directory: deployment.sandbox.directory,
        cwd: folder,
        repository: "octo-org/hello",
        workflow,
        inputs: {},
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    const result = await triggerPool(
      { config: deployment.config, pool: "default", wait: true, timeoutSeconds: 60 },
      { ...deps(), clock: systemClock },
    );
    expect(result.executions).toMatchObject([{ pool: "default", status: "Succeeded" }]);
    expect(result.executions[0]?.endedAt).toBeDefined();
    const lines = await logLines({ execution: result.executions[0]?.name ?? "" });
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(token);
  });

  it("a job that waits for no workflow times out, and is shown as running", async () => {
    const error = await failureOf(
      triggerPool(
        { config: deployment.config, pool: "default", wait: true, timeoutSeconds: 4 },
        { ...deps(), clock: systemClock },
      ),
    );
    expect(error).toMatchObject({ code: "execution.timedOut", exitCode: 8 });
    const status = await readStatus({ config: deployment.config }, deps());
    expect(status).toMatchObject({ deployed: true, image: { tag: "current" }, unreadable: [] });
    expect(status.pools[0]).toMatchObject({
      deployed: true,
      running: 1,
      imageIsCurrent: true,
      labels: ["self-hosted", "linux", "x64", "azure"],
    });
  });

  it("the log of an execution comes back, by pool and by execution", async () => {
    const status = await readStatus({ config: deployment.config }, deps());
    const execution = status.pools[0]?.executions[0]?.name ?? "";
    const lines = await logLines({ execution });
    expect(lines.length).toBeGreaterThan(0);
    expect(await logLines({ pool: "default", tail: 1 })).toEqual([lines.at(-1)]);
    expect(await logLines({ pool: "default", container: "mint" })).not.toEqual([]);
    expect(JSON.stringify(lines)).not.toContain(token);
  });
});
