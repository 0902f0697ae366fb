import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AzureConnection } from "../../src/azure/connection.js";
import { createCredential } from "../../src/azure/credential.js";
import { resolveEndpoints } from "../../src/azure/endpoints.js";
import { createHttpSender } from "../../src/azure/http.js";
import type { PoolConfig, ResolvedConfig } from "../../src/config/types.js";
import { completeLabels } from "../../src/domain/labels.js";
import { deriveResourceNames, type ResourceNames } from "../../src/domain/resource-names.js";
import type { RunnerctlEvent } from "../../src/output/events.js";
import { type RunningSandbox, startSandbox } from "../../src/sandbox/start.js";
import { makeConfig } from "../support/config.js";

export const packageRoot = join(import.meta.dirname, "..", "..");

export const pool: PoolConfig = {
  name: "default",
  labels: ["azure"],
  noDefaultLabels: false,
  cpu: 0.5,
  memoryGi: 1,
  trigger: { type: "manual" },
  limits: { min: 0, max: 10 },
  timeoutSeconds: 120,
  env: {},
};

export interface SeenBySandbox {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** A sandbox, and what the platform and runners stacks make, put there by plain requests. */
export class SandboxDeployment {
  private constructor(
    readonly events: RunnerctlEvent[],
    readonly sandbox: RunningSandbox,
    readonly connection: AzureConnection,
    readonly config: ResolvedConfig,
    readonly names: ResourceNames,
    private readonly ca: string,
  ) {}

  static async start(): Promise<SandboxDeployment> {
    const directory = mkdtempSync(join(tmpdir(), "runnerctl-operations-"));
    const sandbox = await startSandbox({ directory, packageRoot, asyncSeconds: 0 });
    const env = sandbox.environment;
    const ca = readFileSync(env["SSL_CERT_FILE"] ?? "", "utf8");
    const { endpoints, custom } = await resolveEndpoints({
      metadataHost: env["ARM_METADATA_HOSTNAME"],
      ca,
    });
    const subscription = env["ARM_SUBSCRIPTION_ID"] ?? "";
    const events: RunnerctlEvent[] = [];
    const connection: AzureConnection = {
      subscriptionId: subscription,
      credential: createCredential({
        tenantId: env["ARM_TENANT_ID"],
        clientId: env["ARM_CLIENT_ID"],
        clientSecret: env["ARM_CLIENT_SECRET"],
        authorityHost: endpoints.authorityHost,
        disableInstanceDiscovery: custom,
        ca,
      }),
      endpoints,
      ca,
      allowCustomAuthority: custom,
      version: "0.0.0",
      emit: (event) => events.push(event),
    };
    const base = makeConfig();
    const config = makeConfig({
      subscription,
      github: {
        ...base.github,
        url: sandbox.origin,
        apiUrl: `${sandbox.origin}/api/v3`,
        owner: "octo-org",
        repositories: ["hello"],
      },
      image: { ...base.image, timeoutSeconds: 600 },
      state: { backend: "local", path: directory },
      pools: [pool],
    });
    const names = deriveResourceNames(subscription, config.name);
    return new SandboxDeployment(events, sandbox, connection, config, names, ca);
  }

  get group(): string {
    return `/subscriptions/${this.config.subscription}/resourceGroups/${this.names.resourceGroup}`;
  }

  async arm(method: "PUT" | "GET" | "POST", path: string, version: string, body?: unknown) {
    const token = await this.connection.credential.getToken(
      `${this.connection.endpoints.resourceManagerAudience}/.default`,
    );
    const response = await createHttpSender({ ca: this.ca })({
      method,
      url: `${this.sandbox.origin}${path}?api-version=${version}`,
      headers: {
        authorization: `Bearer ${token?.token ?? ""}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.text}`);
    return JSON.parse(response.text) as {
      id: string;
      properties: Record<string, string>;
      primarySharedKey?: string;
    };
  }

  async control(method: "GET" | "POST" | "PUT" | "DELETE" | "PATCH", path: string, body?: unknown) {
    const response = await createHttpSender({ ca: this.ca })({
      method,
      url: `${this.sandbox.origin}/_sandbox/${path}`,
      headers: {
        authorization: `Bearer ${this.sandbox.controlToken}`,
        "content-type": "application/json",
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status >= 300) throw new Error(`${method} ${path}: ${response.text}`);
    return response.text === "" ? undefined : (JSON.parse(response.text) as unknown);
  }

  async requests(): Promise<readonly SeenBySandbox[]> {
    return ((await this.control("GET", "requests")) as { value: SeenBySandbox[] }).value;
  }

  /** The token that the sandbox's GitHub was seeded with. */
  async githubToken(): Promise<string> {
    const { patFile } = (await this.control("GET", "github")) as { patFile: string };
    return readFileSync(patFile, "utf8").trim();
  }

  /** What the platform stack makes, as far as operations read it. */
  async deployPlatform(): Promise<void> {
    const { names, group } = this;
    const location = this.config.location;
    await this.arm("PUT", group, "2023-07-01", { location });
    const registry = `${group}/providers/Microsoft.ContainerRegistry/registries/${names.registry}`;
    await this.arm("PUT", registry, "2025-04-01", {
      location,
      sku: { name: "Basic" },
      properties: { adminUserEnabled: false },
    });
    const vault = `${group}/providers/Microsoft.KeyVault/vaults/${names.keyVault}`;
    await this.arm("PUT", vault, "2023-02-01", {
      location,
      properties: {
        tenantId: this.sandbox.environment["ARM_TENANT_ID"],
        sku: { family: "A", name: "standard" },
        enableRbacAuthorization: true,
        accessPolicies: [],
      },
    });
    const workspace = `${group}/providers/Microsoft.OperationalInsights/workspaces/${names.logWorkspace}`;
    await this.arm("PUT", workspace, "2022-10-01", {
      location,
      properties: { sku: { name: "PerGB2018" }, retentionInDays: 30 },
    });
    const { properties } = await this.arm("GET", workspace, "2022-10-01");
    const keys = await this.arm("POST", `${workspace}/sharedKeys`, "2020-08-01");
    await this.arm(
      "PUT",
      `${group}/providers/Microsoft.App/managedEnvironments/${names.environment}`,
      "2025-07-01",
      {
        location,
        properties: {
          workloadProfiles: [{ name: "Consumption", workloadProfileType: "Consumption" }],
          appLogsConfiguration: {
            destination: "log-analytics",
            logAnalyticsConfiguration: {
              customerId: properties["customerId"],
              sharedKey: keys.primarySharedKey,
            },
          },
        },
      },
    );
    for (const [name, scope, role] of [
      [names.pullIdentity, registry, "7f951dda-4ed3-4680-a7ca-43fe172d538d"],
      [names.vaultIdentity, vault, "4633458b-17de-408a-b874-0445c86b69e6"],
    ] as const) {
      const id = `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
      const identity = await this.arm("PUT", id, "2024-11-30", { location });
      await this.assign(scope, role, identity.properties["principalId"] ?? "");
    }
  }

  /** Owner has no data actions: without this nobody writes a secret. */
  async allowSecrets(): Promise<void> {
    const token = await this.connection.credential.getToken(
      `${this.connection.endpoints.resourceManagerAudience}/.default`,
    );
    const claims = JSON.parse(
      Buffer.from(token?.token.split(".")[1] ?? "", "base64url").toString(),
    ) as { oid: string };
    const vault = `${this.group}/providers/Microsoft.KeyVault/vaults/${this.names.keyVault}`;
    await this.assign(vault, "b86a8fe4-44ce-4948-aee5-eccb2c155cd7", claims.oid);
  }

  private async assign(scope: string, role: string, principalId: string): Promise<void> {
    await this.arm(
      "PUT",
      `${scope}/providers/Microsoft.Authorization/roleAssignments/${crypto.randomUUID()}`,
      "2022-04-01",
      {
        properties: {
          principalId,
          principalType: "ServicePrincipal",
          roleDefinitionId: `/subscriptions/${this.config.subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
        },
      },
    );
  }

  /** The pool's job, by the contract between image and job. */
  async deployPool(image: string): Promise<void> {
    const { names, group, config } = this;
    const identity = (name: string): string =>
      `${group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${name}`;
    const pull = identity(names.pullIdentity);
    const vaultIdentity = identity(names.vaultIdentity);
    const vault = await this.arm(
      "GET",
      `${group}/providers/Microsoft.KeyVault/vaults/${names.keyVault}`,
      "2023-02-01",
    );
    const job = names.job(pool.name);
    const mount = [{ volumeName: "jit", mountPath: "/mnt/jit" }];
    const env = Object.entries({
      GITHUB_API_URL: config.github.apiUrl,
      GITHUB_OWNER: config.github.owner,
      GITHUB_SCOPE: config.github.scope,
      GITHUB_REPOSITORY: config.github.repositories[0] ?? "",
      RUNNER_LABELS: completeLabels(pool).join(","),
      RUNNER_GROUP: config.github.runnerGroup,
      RUNNER_NAME_PREFIX: job,
      JIT_FILE: "/mnt/jit/jitconfig",
    }).map(([name, value]) => ({ name, value }));
    await this.arm("PUT", `${group}/providers/Microsoft.App/jobs/${job}`, "2025-07-01", {
      location: config.location,
      identity: {
        type: "UserAssigned",
        userAssignedIdentities: { [pull]: {}, [vaultIdentity]: {} },
      },
      properties: {
        environmentId: `${group}/providers/Microsoft.App/managedEnvironments/${names.environment}`,
        workloadProfileName: "Consumption",
        configuration: {
          triggerType: "Manual",
          replicaTimeout: pool.timeoutSeconds,
          replicaRetryLimit: 0,
          manualTriggerConfig: { parallelism: 1, replicaCompletionCount: 1 },
          registries: [{ server: image.split("/")[0], identity: pull }],
          secrets: [
            {
              name: "github-credential",
              keyVaultUrl: `${vault.properties["vaultUri"]}secrets/${config.github.auth.secret}`,
              identity: vaultIdentity,
            },
          ],
          identitySettings: [pull, vaultIdentity].map((id) => ({
            identity: id,
            lifecycle: "None",
          })),
        },
        template: {
          containers: [
            {
              name: "runner",
              image,
              args: ["run"],
              env: [{ name: "JIT_FILE", value: "/mnt/jit/jitconfig" }],
              resources: { cpu: pool.cpu, memory: `${pool.memoryGi}Gi` },
              volumeMounts: mount,
            },
          ],
          initContainers: [
            {
              name: "mint",
              image,
              args: ["mint"],
              env: [...env, { name: "GITHUB_PAT", secretRef: "github-credential" }],
              resources: { cpu: 0.25, memory: "0.5Gi" },
              volumeMounts: mount,
            },
          ],
          volumes: [{ name: "jit", storageType: "EmptyDir" }],
        },
      },
    });
  }

  async close(): Promise<void> {
    await this.sandbox.close();
    rmSync(this.sandbox.directory, { recursive: true, force: true });
  }
}
