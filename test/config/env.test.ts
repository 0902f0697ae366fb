import { describe, expect, it } from "vitest";

import { applyEnvironment, overlay, readEnvironment } from "../../src/config/env.js";
import { parseConfig } from "../../src/config/load.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";

const a = "11111111-1111-1111-1111-111111111111";
const b = "22222222-2222-2222-2222-222222222222";
const c = "33333333-3333-3333-3333-333333333333";

describe("readEnvironment", () => {
  it.each([
    [
      {},
      { subscription: undefined, caFiles: [], isGithubActions: false, noColor: false, ci: false },
    ],
    [{ RUNNERCTL_CONFIG: " ci.yaml " }, { configPath: "ci.yaml" }],
    [{ RUNNERCTL_CONFIG: "" }, { configPath: undefined }],
    [
      { RUNNERCTL_SUBSCRIPTION_ID: a, ARM_SUBSCRIPTION_ID: b },
      { subscription: a, fallbackSubscription: b },
    ],
    [{ ARM_SUBSCRIPTION_ID: b, AZURE_SUBSCRIPTION_ID: c }, { fallbackSubscription: b }],
    [{ AZURE_SUBSCRIPTION_ID: c }, { fallbackSubscription: c }],
    [
      { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "i" },
      { tenant: "t", clientId: "i" },
    ],
    [{ ARM_METADATA_HOSTNAME: "localhost:1" }, { metadataHost: "localhost:1" }],
    [{ ARM_ENVIRONMENT: "usgovernment" }, { cloudName: "usgovernment" }],
    [{ ARM_DISABLE_INSTANCE_DISCOVERY: "true" }, { disableInstanceDiscovery: true }],
    [{ ARM_DISABLE_INSTANCE_DISCOVERY: "false" }, { disableInstanceDiscovery: false }],
    [
      { SSL_CERT_FILE: "/ca", NODE_EXTRA_CA_CERTS: "/ca", REQUESTS_CA_BUNDLE: "/other" },
      { caFiles: ["/ca", "/other"] },
    ],
    [
      { https_proxy: "http://p", NO_PROXY: "x" },
      { httpsProxy: "http://p", noProxy: "x" },
    ],
    [
      { GITHUB_ACTIONS: "true", GITHUB_OUTPUT: "/o" },
      { isGithubActions: true, githubOutput: "/o" },
    ],
    [{ NO_COLOR: "1" }, { noColor: true }],
    [{ NO_COLOR: "" }, { noColor: false }],
    [{ FORCE_COLOR: "0" }, { forceColor: false }],
    [
      { FORCE_COLOR: "1", CI: "true" },
      { forceColor: true, ci: true },
    ],
    [{ TERRAFORM_BINARY_NAME: "tofu" }, { terraformBinary: "tofu" }],
  ])("%j", (variables, expected) => {
    expect(readEnvironment(variables)).toMatchObject(expected);
  });

  it("knows whether a workflow's job may ask for an identity token", () => {
    const request = {
      ACTIONS_ID_TOKEN_REQUEST_URL: "https://x",
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "y",
    };
    expect(readEnvironment(request).workflow.hasIdToken).toBe(true);
    expect(
      readEnvironment({ ...request, ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined }).workflow
        .hasIdToken,
    ).toBe(false);
  });

  it("keeps everything for child processes, frozen, and overlays without changing it", () => {
    const env = readEnvironment({ PATH: "/bin", A: "1", GONE: undefined });
    expect(env.raw).toEqual({ PATH: "/bin", A: "1" });
    expect(Object.isFrozen(env.raw)).toBe(true);
    const over = overlay(env, { A: undefined, NO_COLOR: "1" });
    expect(over.raw).toEqual({ PATH: "/bin", NO_COLOR: "1" });
    expect([over.noColor, env.noColor]).toEqual([true, false]);
  });
});

describe("applyEnvironment", () => {
  const configOf = (subscription?: string) =>
    parseConfig(
      `name: acme\nlocation: westeurope\ngithub: {owner: acme}\n${subscription ? `subscription: ${subscription}\n` : ""}`,
      { file: "f", directory: "/" },
    ).config;

  it.each([
    [undefined, {}, undefined],
    [b, {}, b],
    [undefined, { AZURE_SUBSCRIPTION_ID: c }, c],
    [b, { AZURE_SUBSCRIPTION_ID: c }, b],
    [b, { RUNNERCTL_SUBSCRIPTION_ID: a, ARM_SUBSCRIPTION_ID: c }, a],
  ])("file %s, environment %j: %s", (written, variables, expected) => {
    expect(applyEnvironment(configOf(written), readEnvironment(variables)).subscription).toBe(
      expected,
    );
  });

  it("derives the API's address anew when GitHub is another", () => {
    const env = readEnvironment({ RUNNERCTL_GITHUB_URL: "https://localhost:8443/" });
    expect(applyEnvironment(configOf(), env).github).toMatchObject({
      url: "https://localhost:8443",
      apiUrl: "https://localhost:8443/api/v3",
      owner: "acme",
    });
  });

  it.each([
    [{ RUNNERCTL_GITHUB_URL: "http://x" }, "RUNNERCTL_GITHUB_URL is not an https address."],
    [{ RUNNERCTL_GITHUB_URL: "x" }, "RUNNERCTL_GITHUB_URL is not an https address."],
    [{ ARM_SUBSCRIPTION_ID: "mine" }, "ARM_SUBSCRIPTION_ID is not a subscription ID."],
    [
      { RUNNERCTL_SUBSCRIPTION_ID: "mine", ARM_SUBSCRIPTION_ID: a },
      "RUNNERCTL_SUBSCRIPTION_ID is not a subscription ID.",
    ],
  ])("refuses %j", (variables, message) => {
    let thrown: unknown;
    try {
      applyEnvironment(configOf(), readEnvironment(variables));
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(RunnerctlError);
    expect(thrown).toMatchObject({ code: "config.environmentInvalid", exitCode: 2, message });
  });
});
