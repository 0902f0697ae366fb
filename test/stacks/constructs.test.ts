import { AzurermProvider } from "@cdktf/provider-azurerm/lib/provider/index.js";
import { App, TerraformStack, Testing } from "cdktf";
import type { Construct } from "constructs";
import { describe, expect, it } from "vitest";
import {
  AzapiProvider,
  IdentityLifecycle,
  RunnerPoolJob,
  RunnerRegistry,
  RunnerVault,
  type RunnerPoolJobProps,
} from "../../src/stacks/constructs.js";

const place = { resourceGroupName: "rg-x", location: "westeurope" };

const poolProps: RunnerPoolJobProps = {
  ...place,
  name: "runners",
  environmentId: "/env",
  image: "cr.example/runner@sha256:0",
  registry: { loginServer: "cr.example", identityId: "/pull" },
  credential: { secretUrl: "https://kv.example/secrets/pat", identityId: "/vault" },
  github: {
    apiUrl: "https://api.github.com",
    owner: "acme",
    scope: "organization",
    auth: { type: "pat" },
  },
  labels: ["linux-small"],
};

/** What CDKTF says when it synthesizes an app of the user's own with this in it. */
function synthProblem(build: (scope: Construct) => void): string {
  const app = new App({ outdir: Testing.app().outdir, stackTraces: false });
  const stack = new TerraformStack(app, "mine");
  new AzurermProvider(stack, "azurerm", { features: [{}] });
  new AzapiProvider(stack, "azapi");
  build(stack);
  try {
    Testing.synth(stack, true);
    return "";
  } catch (error) {
    return String(error);
  }
}

describe("constructs in an app of one's own", () => {
  it("synthesize with nothing but what is required", () => {
    expect(synthProblem((scope) => new RunnerPoolJob(scope, "pool", poolProps))).toBe("");
  });

  it.each<[string, (scope: Construct) => void, RegExp]>([
    [
      "a registry name that Azure refuses",
      (scope) => new RunnerRegistry(scope, "images", { ...place, name: "my-registry" }),
      /\[mine\/images\] name: "my-registry" must be/,
    ],
    [
      "a retention out of range",
      (scope) =>
        new RunnerVault(scope, "secrets", {
          ...place,
          name: "kv-x",
          tenantId: "t",
          softDeleteRetentionDays: 3,
        }),
      /\[mine\/secrets\] softDeleteRetentionDays: 3/,
    ],
    [
      "a memory that does not go with the vCPU",
      (scope) => new RunnerPoolJob(scope, "pool", { ...poolProps, cpu: 1, memoryGi: 3 }),
      /\[mine\/pool\] memoryGi: 3 must be 2/,
    ],
    [
      "repository scope without its repository",
      (scope) =>
        new RunnerPoolJob(scope, "pool", {
          ...poolProps,
          github: { ...poolProps.github, scope: "repository" },
        }),
      /\[mine\/pool\] github.repositories/,
    ],
    [
      "an identity named twice",
      (scope) =>
        new IdentityLifecycle(scope, "identities", {
          jobId: "/job",
          settings: [
            { identityId: "/a", phase: "None" },
            { identityId: "/a", phase: "Init" },
          ],
        }),
      /\[mine\/identities\] settings: an identity is named twice/,
    ],
  ])("report %s on the construct path", (_what, build, problem) => {
    expect(synthProblem(build)).toMatch(problem);
  });

  it("report all problems at once", () => {
    const text = synthProblem((scope) => {
      new RunnerRegistry(scope, "images", { ...place, name: "-" });
      new RunnerPoolJob(scope, "pool", { ...poolProps, cpu: 0.3, name: "Wrong" });
    });
    expect(text).toMatch(/mine\/images/);
    expect(text).toMatch(/name: "Wrong"/);
    expect(text).toMatch(/cpu: 0.3/);
  });

  it("leave the identities' lifecycle alone when asked to", () => {
    const app = new App({ outdir: Testing.app().outdir });
    const stack = new TerraformStack(app, "mine");
    const job = new RunnerPoolJob(stack, "pool", { ...poolProps, manageIdentityLifecycle: false });
    expect(job.lifecycle).toBeUndefined();
    expect(Testing.synth(stack)).not.toContain("azapi_update_resource");
  });
});
