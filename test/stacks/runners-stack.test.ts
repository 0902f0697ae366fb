import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ResolvedConfig } from "../../src/config/types.js";
import { defaultPool, makeConfig } from "../support/config.js";
import { synthesize } from "./synthesized.js";

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly cpu: number;
  readonly memory: string;
  readonly env: readonly { name: string; value?: string; secret_name?: string }[];
  readonly volume_mounts: readonly { name: string; path: string }[];
}

interface Job extends Record<string, unknown> {
  readonly template: {
    readonly container: readonly Container[];
    readonly init_container: readonly Container[];
    readonly volume: readonly unknown[];
  };
}

function synthesizeJob(changes: Partial<ResolvedConfig> = {}, pool = "default"): Job {
  const jobs = synthesize(changes).runners.resource["azurerm_container_app_job"] ?? {};
  return jobs[`pool-${pool}`] as unknown as Job;
}

const envOf = (container: Container | undefined) =>
  Object.fromEntries(
    (container?.env ?? []).map(({ name, value, secret_name }) => [
      name,
      secret_name === undefined ? value : { secret: secret_name },
    ]),
  );

const remote = (attribute: string): unknown =>
  expect.stringMatching(
    new RegExp(`^\\$\\{data\\.terraform_remote_state\\.[\\w-]+\\.outputs\\.[\\w-]*${attribute}\\}`),
  );

describe("a pool's job", () => {
  const job = synthesizeJob();

  it("is started by hand unless told otherwise, runs one replica and is never retried", () => {
    expect(job).toMatchObject({
      name: "caj-demo-default",
      manual_trigger_config: { parallelism: 1, replica_completion_count: 1 },
      replica_retry_limit: 0,
      replica_timeout_in_seconds: 21_600,
      workload_profile_name: "Consumption",
      container_app_environment_id: remote("environment_id"),
    });
    expect(job).not.toHaveProperty("event_trigger_config");
    expect(job).not.toHaveProperty("schedule_trigger_config");
  });

  it("pulls by identity and takes its only secret from the vault by another", () => {
    expect(job["registry"]).toEqual([
      { server: remote("login_server"), identity: remote("pull_id") },
    ]);
    expect(job["secret"]).toEqual([
      {
        name: "github-credential",
        identity: remote("vault_id"),
        key_vault_secret_id: expect.stringMatching(/vault_uri\}secrets\/github-pat$/) as unknown,
      },
    ]);
    expect(job["identity"]).toEqual({
      type: "UserAssigned",
      identity_ids: [remote("pull_id"), remote("vault_id")],
    });
  });

  it("shows the credential to the init container alone", () => {
    const [init] = job.template.init_container;
    const [runner] = job.template.container;
    expect(envOf(init)).toEqual({
      GITHUB_API_URL: "https://api.github.com",
      GITHUB_OWNER: "acme",
      GITHUB_SCOPE: "repository",
      GITHUB_REPOSITORY: "app",
      RUNNER_LABELS: "self-hosted,linux,x64,default",
      RUNNER_GROUP: "Default",
      RUNNER_NAME_PREFIX: "caj-demo-default",
      GITHUB_PAT: { secret: "github-credential" },
      JIT_FILE: "/mnt/jit/jitconfig",
    });
    expect(envOf(runner)).toEqual({ JIT_FILE: "/mnt/jit/jitconfig" });
    expect(JSON.stringify(runner)).not.toContain("secret");
  });

  it("hands the configuration over in an empty directory that both containers mount", () => {
    const mounts = [{ name: "jit", path: "/mnt/jit" }];
    const [init] = job.template.init_container;
    const [runner] = job.template.container;
    expect(job.template.volume).toEqual([{ name: "jit", storage_type: "EmptyDir" }]);
    expect(init).toMatchObject({ name: "mint", args: ["mint"], cpu: 0.25, memory: "0.5Gi" });
    expect(runner).toMatchObject({ name: "runner", args: ["run"], cpu: 2, memory: "4Gi" });
    expect([init?.volume_mounts, runner?.volume_mounts]).toEqual([mounts, mounts]);
    expect([init?.image, runner?.image]).toEqual(["${var.runner_image}", "${var.runner_image}"]);
  });

  it("serves the tokens of neither identity to any container", () => {
    const [update] = Object.values(
      synthesize().runners.resource["azapi_update_resource"] ?? {},
    ) as Record<string, unknown>[];
    expect(update).toMatchObject({
      type: "Microsoft.App/jobs@2025-07-01",
      resource_id: "${azurerm_container_app_job.pool-default.id}",
      body: {
        properties: {
          configuration: {
            identitySettings: [
              { identity: remote("pull_id"), lifecycle: "None" },
              { identity: remote("vault_id"), lifecycle: "None" },
            ],
          },
        },
      },
    });
  });
});

describe("GitHub", () => {
  it("is reached as an App in an organization", () => {
    const config = makeConfig();
    const init = synthesizeJob({
      github: {
        ...config.github,
        scope: "organization",
        repositories: [],
        runnerGroup: "linux",
        auth: { type: "app", appId: "12", installationId: 34, secret: "github-app-key" },
      },
    }).template.init_container[0];
    const env = envOf(init);
    expect(env).toMatchObject({
      GITHUB_SCOPE: "organization",
      RUNNER_GROUP: "linux",
      GITHUB_APP_ID: "12",
      GITHUB_APP_INSTALLATION_ID: "34",
      GITHUB_APP_PRIVATE_KEY: { secret: "github-credential" },
    });
    expect(env).not.toHaveProperty("GITHUB_PAT");
    expect(env).not.toHaveProperty("GITHUB_REPOSITORY");
  });

  it("may be a server of one's own", () => {
    const config = makeConfig();
    const github = { ...config.github, apiUrl: "https://ghes.example/api/v3" };
    const pools = [
      { ...defaultPool, trigger: { type: "queue", pollingIntervalSeconds: 45 } },
    ] as const;
    const job = synthesizeJob({ github, pools });
    expect(envOf(job.template.init_container[0])["GITHUB_API_URL"]).toBe(
      "https://ghes.example/api/v3",
    );
    expect(JSON.stringify(job["event_trigger_config"])).toContain(
      '"githubApiURL":"https://ghes.example/api/v3"',
    );
  });
});

describe("triggers", () => {
  const queue = { type: "queue", pollingIntervalSeconds: 30 } as const;

  it("scale by the queue of an organization's repositories, as an App", () => {
    const config = makeConfig();
    const job = synthesizeJob({
      github: {
        ...config.github,
        scope: "organization",
        repositories: ["app", "web"],
        auth: { type: "app", appId: "12", installationId: 34, secret: "github-app-key" },
      },
      pools: [{ ...defaultPool, labels: ["a", "b"], trigger: queue, limits: { min: 1, max: 7 } }],
    });
    expect(job).not.toHaveProperty("manual_trigger_config");
    expect(job["event_trigger_config"]).toEqual({
      parallelism: 1,
      replica_completion_count: 1,
      scale: [
        {
          min_executions: 1,
          max_executions: 7,
          polling_interval_in_seconds: 30,
          rules: [
            {
              name: "github-runner",
              custom_rule_type: "github-runner",
              metadata: {
                githubApiURL: "https://api.github.com",
                owner: "acme",
                runnerScope: "org",
                repos: "app,web",
                labels: "a,b",
                noDefaultLabels: "false",
                enableEtags: "false",
                targetWorkflowQueueLength: "1",
                applicationID: "12",
                installationID: "34",
              },
              authentication: [{ secret_name: "github-credential", trigger_parameter: "appKey" }],
            },
          ],
        },
      ],
    });
  });

  it.each([
    ["repository", "repo"],
    ["organization", "org"],
    ["enterprise", "ent"],
  ] as const)("call scope %s %s, and pass a token as such", (scope, runnerScope) => {
    const config = makeConfig();
    const job = synthesizeJob({
      github: { ...config.github, scope },
      pools: [{ ...defaultPool, trigger: queue, noDefaultLabels: true }],
    });
    const text = JSON.stringify(job["event_trigger_config"]);
    expect(text).toContain(`"runnerScope":"${runnerScope}"`);
    expect(text).toContain('"noDefaultLabels":"true"');
    expect(text).toContain('"trigger_parameter":"personalAccessToken"');
    expect(text).not.toContain("applicationID");
    expect(envOf(job.template.init_container[0])["RUNNER_LABELS"]).toBe("default");
  });

  it("run by the clock", () => {
    const job = synthesizeJob({
      pools: [{ ...defaultPool, trigger: { type: "schedule", cron: "0 3 * * *" } }],
    });
    expect(job["schedule_trigger_config"]).toEqual({
      cron_expression: "0 3 * * *",
      parallelism: 1,
      replica_completion_count: 1,
    });
    expect(job).not.toHaveProperty("manual_trigger_config");
  });
});

describe("the runners stack", () => {
  it("has a job for each pool, with the pool's own environment in order", () => {
    const pools = [
      { ...defaultPool, name: "one", env: { B: "2", A: "1" } },
      { ...defaultPool, name: "two-big", cpu: 4, memoryGi: 8 },
    ];
    const { runners } = synthesize({ pools });
    expect(runners.output["job_names"]?.value).toEqual({
      one: "${azurerm_container_app_job.pool-one.name}",
      "two-big": "${azurerm_container_app_job.pool-two-big.name}",
    });
    const one = synthesizeJob({ pools }, "one").template.container[0];
    expect(one?.env.map(({ name }) => name)).toEqual(["JIT_FILE", "A", "B"]);
    expect(synthesizeJob({ pools }, "two-big").template.container[0]).toMatchObject({
      cpu: 4,
      memory: "8Gi",
    });
  });

  it.each([
    [`cr.azurecr.io/runner@sha256:${"a".repeat(64)}`, true],
    ["cr.azurecr.io/runner:current", true],
    ["localhost:5000/team/runner:current", true],
    ["cr.azurecr.io/runner:latest", false],
    ["cr.azurecr.io/runner", false],
    ["cr.azurecr.io/runner@sha256:abc", false],
    [`cr.azurecr.io/runner:current@sha256:${"a".repeat(64)}`, true],
    [":current", false],
  ])("takes the image by digest or by the tag current: %s", (image, taken) => {
    const { runners } = synthesize();
    const [{ condition }] = runners.variable["runner_image"]?.["validation"] as [
      { condition: string },
    ];
    const pattern = /regex\("(.*)", var\.runner_image\)/.exec(condition)?.[1] ?? "";
    expect(new RegExp(pattern.replaceAll("[:space:]", "\\s")).test(image)).toBe(taken);
    expect(runners.output["runner_image"]?.value).toBe("${var.runner_image}");
  });

  it("pins both providers", () => {
    expect(synthesize().runners.terraform["required_providers"]).toEqual({
      azapi: { source: "azure/azapi", version: "2.12.0" },
      azurerm: { source: "azurerm", version: "4.55.0" },
    });
  });
});

describe("synthesis", () => {
  function readTree(directory: string): Record<string, string> {
    return Object.fromEntries(
      readdirSync(directory, { recursive: true, encoding: "utf8" })
        .filter((name) => statSync(join(directory, name)).isFile())
        .map((name) => [name, readFileSync(join(directory, name), "utf8")]),
    );
  }

  it("writes the same bytes anywhere and any time, and no path but the state's", () => {
    const first = synthesize();
    const second = synthesize();
    synthesize({}, first.outdir);
    const tree = readTree(first.outdir);
    expect(tree).toEqual(readTree(second.outdir));
    expect(Object.keys(tree)).toContain(join("stacks", "runners", "cdk.tf.json"));
    const text = Object.values(tree).join("\n").replaceAll("/srv/state", "");
    expect(text).not.toContain(first.outdir);
    expect(text).not.toContain(process.cwd());
  });
});
