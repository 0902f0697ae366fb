import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startSandbox, type RunningSandbox } from "../../../src/sandbox/start.js";
import { buildListener } from "./fake-sandbox.js";

/*
 * A pool's job in a whole sandbox: resources by Resource Manager, the image by an ACR task from
 * `docker/`, the credential from the vault, the runner registered at the sandbox's GitHub.
 */

const docker = join(import.meta.dirname, "../../../docker");
let folder: string;
let sandbox: RunningSandbox;
let armToken: string;
let tokenClaims: { oid: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "whole-"));
  await buildListener(join(folder, "dist"), "sandbox-listener.js");
  sandbox = await startSandbox({
    directory: join(folder, "sandbox"),
    packageRoot: folder,
    asyncSeconds: 0,
  });
  armToken = await getToken("https://management.azure.com/.default");
  tokenClaims = JSON.parse(
    Buffer.from(armToken.split(".")[1] ?? "", "base64url").toString(),
  ) as typeof tokenClaims;
});
afterAll(async () => {
  await sandbox?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly status: number;
  readonly body: any; // eslint-disable-line @typescript-eslint/no-explicit-any
}

function call(
  method: string,
  url: string,
  body?: string | Buffer | object,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const data =
    body === undefined || typeof body === "string" || Buffer.isBuffer(body)
      ? body
      : JSON.stringify(body);
  const ca = readFileSync(sandbox.environment["SSL_CERT_FILE"] ?? "");
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(
      url,
      {
        method,
        ca,
        headers: {
          "Content-Type": "application/json",
          "Content-Length": Buffer.byteLength(data ?? ""),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          let parsed: unknown = text;
          try {
            parsed = JSON.parse(text);
          } catch {
            // Not JSON: blobs and empty answers.
          }
          resolve({ status: response.statusCode ?? 0, body: parsed });
        });
      },
    );
    sent.on("error", reject);
    sent.end(data);
  });
}

async function getToken(scope: string): Promise<string> {
  const { environment, origin } = sandbox;
  const answer = await call(
    "POST",
    `${origin}/${environment["ARM_TENANT_ID"]}/oauth2/v2.0/token`,
    new URLSearchParams({
      grant_type: "client_credentials",
      client_id: environment["ARM_CLIENT_ID"] ?? "",
      client_secret: environment["ARM_CLIENT_SECRET"] ?? "",
      scope,
    }).toString(),
    { "Content-Type": "application/x-www-form-urlencoded" },
  );
  return (answer.body as { access_token: string }).access_token;
}

async function arm(
  method: string,
  path: string,
  version: string,
  body?: object,
): Promise<Answer["body"]> {
  const answer = await call(method, `${sandbox.origin}${path}?api-version=${version}`, body, {
    Authorization: `Bearer ${armToken}`,
  });
  if (answer.status >= 300)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body as Answer["body"];
}

async function waitFor<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await probe();
    if (found !== undefined) return found;
    await delay(100);
  }
}

describe("a whole sandbox", () => {
  it("RUN-10: runs a queued workflow job on a pool's job", async () => {
    const subscription = `/subscriptions/${sandbox.environment["ARM_SUBSCRIPTION_ID"]}`;
    const group = `${subscription}/resourceGroups/rg-test`;
    const location = "westeurope";
    const put = (path: string, version: string, body: object) => arm("PUT", path, version, body);
    await put(group, "2023-07-01", { location });
    const registryId = `${group}/providers/Microsoft.ContainerRegistry/registries/crwholetest`;
    const registry = await put(registryId, "2025-04-01", {
      location,
      sku: { name: "Basic" },
      properties: {},
    });
    const identity = async (name: string) => {
      const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
      const made = await put(id, "2024-11-30", { location });
      return { id, principalId: made.properties.principalId as string };
    };
    const pull = await identity("id-pull");
    const vaultReader = await identity("id-vault");
    const vaultId = `${group}/providers/Microsoft.KeyVault/vaults/kv-whole-test`;
    const vault = await put(vaultId, "2023-02-01", {
      location,
      properties: {
        tenantId: sandbox.environment["ARM_TENANT_ID"],
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
        accessPolicies: [],
      },
    });
    const assign = async (scope: string, role: string, principalId: string) => {
      const answer = await call(
        "GET",
        `${sandbox.origin}${scope}/providers/Microsoft.Authorization/roleDefinitions?api-version=2022-04-01&$filter=${encodeURIComponent(`roleName eq '${role}'`)}`,
        undefined,
        { Authorization: `Bearer ${armToken}` },
      );
      await put(
        `${scope}/providers/Microsoft.Authorization/roleAssignments/${randomUUID()}`,
        "2022-04-01",
        { properties: { roleDefinitionId: answer.body.value[0].id, principalId } },
      );
    };
    await assign(registryId, "AcrPull", pull.principalId);
    await assign(vaultId, "Key Vault Secrets User", vaultReader.principalId);
    await assign(vaultId, "Key Vault Secrets Officer", tokenClaims.oid);

    const pat = readFileSync(
      (await control("GET", "/_sandbox/github")).patFile as string,
      "utf8",
    ).trim();
    const vaultUri = vault.properties.vaultUri as string;
    const stored = await call(
      "PUT",
      `${vaultUri}secrets/github?api-version=7.4`,
      { value: pat },
      { Authorization: `Bearer ${await getToken("https://vault.azure.net/.default")}` },
    );
    expect(stored.status).toBe(200);

    const workspaceId = `${group}/providers/Microsoft.OperationalInsights/workspaces/log-test`;
    const workspace = await put(workspaceId, "2022-10-01", { location, properties: {} });
    const keys = await arm("POST", `${workspaceId}/sharedKeys`, "2020-08-01");
    const environmentId = `${group}/providers/Microsoft.App/managedEnvironments/cae-test`;
    await put(environmentId, "2025-07-01", {
      location,
      properties: {
        workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
        appLogsConfiguration: {
          destination: "log-analytics",
          logAnalyticsConfiguration: {
            customerId: workspace.properties.customerId,
            sharedKey: keys.primarySharedKey,
          },
        },
      },
    });

    await waitFor(async () =>
      (await arm("GET", environmentId, "2025-07-01")).properties.provisioningState === "Succeeded"
        ? true
        : undefined,
    );
    const image = `${registry.properties.loginServer}/${await buildImage(registryId)}`;
    const jobId = `${group}/providers/Microsoft.App/jobs/caj-whole`;
    const mounts = { volumeMounts: [{ volumeName: "jit", mountPath: "/mnt/jit" }] };
    const env = (variables: Record<string, string>) =>
      Object.entries(variables).map(([name, value]) => ({ name, value }));
    await put(jobId, "2025-07-01", {
      location,
      identity: {
        type: "UserAssigned",
        userAssignedIdentities: { [pull.id]: {}, [vaultReader.id]: {} },
      },
      properties: {
        environmentId,
        workloadProfileName: "Consumption",
        configuration: {
          triggerType: "Manual",
          replicaTimeout: 600,
          replicaRetryLimit: 0,
          manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 },
          registries: [{ server: registry.properties.loginServer, identity: pull.id }],
          secrets: [
            {
              name: "github-credential",
              keyVaultUrl: `${vaultUri}secrets/github`,
              identity: vaultReader.id,
            },
          ],
          identitySettings: [
            { identity: pull.id, lifecycle: "None" },
            { identity: vaultReader.id, lifecycle: "None" },
          ],
        },
        template: {
          volumes: [{ name: "jit", storageType: "EmptyDir" }],
          initContainers: [
            {
              name: "mint",
              image,
              args: ["mint"],
              resources: { cpu: 0.25, memory: "0.5Gi" },
              ...mounts,
              env: [
                ...env({
                  GITHUB_API_URL: `${sandbox.origin}/api/v3`,
                  GITHUB_OWNER: "octo-org",
                  GITHUB_SCOPE: "organization",
                  RUNNER_GROUP: "Default",
                  RUNNER_LABELS: "self-hosted,linux,x64,azure",
                  RUNNER_NAME_PREFIX: "caj-whole",
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
              resources: { cpu: 0.5, memory: "1Gi" },
              ...mounts,
              env: env({ JIT_FILE: "/mnt/jit/jitconfig" }),
            },
          ],
        },
      },
    });

    const github = (method: string, path: string, body?: object) =>
      call(method, `${sandbox.origin}/api/v3${path}`, body, {
        Authorization: `Bearer ${pat}`,
        "User-Agent": "test",
      });
    const dispatched = await github(
      "POST",
      "/repos/octo-org/hello/actions/workflows/hello.yml/dispatches",
      {
        ref: "main",
        inputs: { who: "sandbox" },
      },
    );
    expect(dispatched.status).toBeLessThan(300);

    const started = await arm("POST", `${jobId}/start`, "2025-07-01");
    const execution = await waitFor(async () => {
      const found = await arm("GET", `${jobId}/executions/${started.name}`, "2025-07-01");
      return found.properties.status === "Running" ? undefined : found;
    });
    expect(execution.properties.status).toBe("Succeeded");
    const runs = await github("GET", "/repos/octo-org/hello/actions/runs");
    expect(runs.body.workflow_runs[0]).toMatchObject({
      status: "completed",
      conclusion: "success",
    });
    const runners = await github("GET", "/orgs/octo-org/actions/runners");
    expect(runners.body.total_count).toBe(0);
    // Rows can be queried a little after they were written.
    const logToken = await getToken("https://api.loganalytics.io/.default");
    await waitFor(async () => {
      const query = await call(
        "POST",
        `${sandbox.origin}/v1/workspaces/${workspace.properties.customerId}/query`,
        { query: "ContainerAppConsoleLogs_CL | project Log_s" },
        { Authorization: `Bearer ${logToken}` },
      );
      const text = JSON.stringify(query.body);
      return text.includes("Job hello completed with result: Succeeded") ? text : undefined;
    });
  });
});

async function control(method: string, path: string): Promise<Answer["body"]> {
  const answer = await call(method, `${sandbox.origin}${path}`, undefined, {
    Authorization: `Bearer ${sandbox.controlToken}`,
  });
  return answer.body as Answer["body"];
}

/** An ACR quick build of `docker/`; answers `repository@digest`. */
async function buildImage(registryId: string): Promise<string> {
  const version = "2019-06-01-preview";
  const upload = await arm("POST", `${registryId}/listBuildSourceUploadUrl`, version, {});
  const archive = execFileSync("tar", ["-czf", "-", "-C", docker, "."], { maxBuffer: 1 << 26 });
  const put = await call("PUT", upload.uploadUrl as string, archive, {
    "x-ms-blob-type": "BlockBlob",
    "Content-Type": "application/octet-stream",
  });
  expect(put.status).toBe(201);
  const run = await arm("POST", `${registryId}/scheduleRun`, version, {
    type: "DockerBuildRequest",
    imageNames: ["runner:test"],
    isPushEnabled: true,
    dockerFilePath: "Dockerfile",
    platform: { os: "Linux", architecture: "amd64" },
    sourceLocation: upload.relativePath,
  });
  const runId = (run.properties.runId ?? run.name) as string;
  const ended = await waitFor(async () => {
    const found = await arm("GET", `${registryId}/runs/${runId}`, version);
    return ["Queued", "Started", "Running"].includes(found.properties.status as string)
      ? undefined
      : found;
  });
  expect(ended.properties.status).toBe("Succeeded");
  return `runner@${ended.properties.outputImages[0].digest}`;
}
