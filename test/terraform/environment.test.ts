import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { buildTerraformEnvironment } from "../../src/terraform/environment.js";

const here = fileURLToPath(import.meta.url);

describe("buildTerraformEnvironment", () => {
  it("passes on what Terraform and its providers need, and nothing else", () => {
    const env = buildTerraformEnvironment({
      PATH: "/bin",
      HOME: "/home/x",
      https_proxy: "http://proxy",
      ARM_CLIENT_ID: "a",
      AZURE_CONFIG_DIR: "/azure",
      GITHUB_TOKEN: "t",
      TF_LOG: "debug",
      SSL_CERT_FILE: "/ca.pem",
      DATABASE_PASSWORD: "p",
      NODE_OPTIONS: "--inspect",
      EMPTY: undefined,
    });
    expect(Object.keys(env).sort()).toEqual(
      [
        "ARM_CLIENT_ID",
        "AZURE_CONFIG_DIR",
        "CHECKPOINT_DISABLE",
        "GITHUB_TOKEN",
        "HOME",
        "NO_COLOR",
        "PATH",
        "SSL_CERT_FILE",
        "TF_INPUT",
        "TF_IN_AUTOMATION",
        "TF_LOG",
        "https_proxy",
      ].sort(),
    );
    expect(env).toMatchObject({ TF_IN_AUTOMATION: "1", CHECKPOINT_DISABLE: "1", TF_INPUT: "0" });
  });

  it.each(["TF_CLI_ARGS", "TF_CLI_ARGS_plan", "TF_WORKSPACE", "TF_DATA_DIR"])(
    "drops %s, which would change what a call means",
    (name) => {
      expect(buildTerraformEnvironment({ [name]: "x" })).not.toHaveProperty(name);
    },
  );

  it("drops a CLI configuration that is not there and keeps one that is", () => {
    const read = (file: string) =>
      buildTerraformEnvironment({ TF_CLI_CONFIG_FILE: file })["TF_CLI_CONFIG_FILE"];
    expect(read("/nowhere/terraform.rc")).toBeUndefined();
    expect(read(here)).toBe(here);
  });

  it("passes variables, over ones of the same name", () => {
    const env = buildTerraformEnvironment({ TF_VAR_runner_image: "old" }, { runner_image: "new" });
    expect(env["TF_VAR_runner_image"]).toBe("new");
  });

  const application = { AZURE_TENANT_ID: "t", AZURE_CLIENT_ID: "c" };

  it.each([
    [
      "a client secret",
      { ...application, AZURE_CLIENT_SECRET: "s" },
      { ARM_TENANT_ID: "t", ARM_CLIENT_ID: "c", ARM_CLIENT_SECRET: "s" },
    ],
    [
      "a federated token",
      { ...application, AZURE_FEDERATED_TOKEN_FILE: "/token" },
      {
        ARM_TENANT_ID: "t",
        ARM_CLIENT_ID: "c",
        ARM_USE_OIDC: "true",
        ARM_OIDC_TOKEN_FILE_PATH: "/token",
      },
    ],
    ["an id with nothing to prove it by", application, {}],
    [
      "a way that the providers are told of already",
      { ...application, AZURE_CLIENT_SECRET: "s", ARM_CLIENT_SECRET: "own", ARM_CLIENT_ID: "own" },
      { ARM_CLIENT_ID: "own", ARM_CLIENT_SECRET: "own" },
    ],
  ])("lets the providers act as the SDKs do: %s", (_name, env, expected) => {
    const arm = Object.entries(buildTerraformEnvironment(env)).filter(([name]) =>
      name.startsWith("ARM_"),
    );
    expect(Object.fromEntries(arm)).toEqual(expected);
  });
});
