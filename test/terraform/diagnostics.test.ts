import { describe, expect, it } from "vitest";
import type { TerraformDiagnostic } from "../../src/errors/catalogue/terraform.js";
import {
  explainFailure,
  findExistingResources,
  isAwaitingPermissions,
  parseLockInfo,
  parseTextDiagnostics,
} from "../../src/terraform/diagnostics.js";

const error = (summary: string, detail = "", address?: string): TerraformDiagnostic => ({
  severity: "error",
  summary,
  detail,
  ...(address === undefined ? {} : { address }),
});

const explain = (...diagnostics: TerraformDiagnostic[]) =>
  explainFailure({
    stack: "platform",
    operation: "apply",
    directory: "/srv/stacks/platform",
    binary: "/usr/bin/terraform",
    diagnostics,
    applied: ["a.b"],
    exit: "exit code 1",
    isAbandoned: (lock) => lock.who === "me@here",
  });

const lockDetail = (who: string) =>
  [
    "Error message: resource temporarily unavailable",
    "Lock Info:",
    "  ID:        a9e50fa3-2acd-302f-0a59-544245ad07de",
    "  Path:      /srv/platform.tfstate",
    "  Operation: OperationTypeApply",
    `  Who:       ${who}`,
    "  Version:   1.11.4",
    "  Created:   2026-11-21 09:13:09.032250543 +0000 UTC",
    "  Info:      ",
    "",
    "Terraform acquires a state lock to protect the state from being written",
  ].join("\n");

describe("explainFailure", () => {
  it("says who holds a lock and how to release it", () => {
    const failure = explain(error("Error acquiring the state lock", lockDetail("ann@build-7")));
    expect(failure).toMatchObject({ code: "terraform.stateLocked", exitCode: 6 });
    expect(failure.message).toContain("ann@build-7 for apply since 2026-11-21 09:13:09");
    expect(failure.hint).toContain(
      "/usr/bin/terraform -chdir=/srv/stacks/platform force-unlock a9e50fa3-2acd-302f-0a59-544245ad07de",
    );
    expect(failure.hint).toContain("Only if you are sure");
  });

  it("says so when the holder is known to be dead", () => {
    const failure = explain(error("Error acquiring the state lock", lockDetail("me@here")));
    expect(failure.hint).toMatch(/is dead. Release it: /);
    expect(failure.details["abandoned"]).toBe(true);
  });

  it("names the missing permission, where and for whom", () => {
    const failure = explain(
      error(
        "creating Registry",
        `unexpected status 403 (403 Forbidden) with error: AuthorizationFailed: The client 'c' with
object id 'o-1' does not have authorization to perform action
'Microsoft.ContainerRegistry/registries/write' over scope
'/subscriptions/s/resourceGroups/rg-demo' or the scope is invalid.`,
        "azurerm_container_registry.registry",
      ),
    );
    expect(failure).toMatchObject({
      code: "terraform.permissionMissing",
      exitCode: 3,
      details: {
        principal: "o-1",
        action: "Microsoft.ContainerRegistry/registries/write",
        scope: "/subscriptions/s/resourceGroups/rg-demo",
      },
    });
    expect(failure.hint).toContain("Contributor");
  });

  it("asks for more than Contributor where roles are assigned", () => {
    const failure = explain(
      error(
        "authorization",
        "The client 'c' with object id 'o' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/s'",
      ),
    );
    expect(failure.hint).toContain("Role Based Access Control Administrator");
  });

  it.each([
    ["building account: could not acquire access token to parse claims"],
    ["AADSTS7000222: The provided client secret keys for app 'x' are expired."],
    ["unable to build authorizer for Resource Manager API: Please run 'az login'"],
  ])("takes %j for a failed login", (text) => {
    expect(explain(error("unable to configure provider", text))).toMatchObject({
      code: "terraform.loginFailed",
      exitCode: 3,
    });
  });

  it.each([
    [
      "azurerm_container_registry.registry",
      'the name "crdemoabc" used for the Container Registry needs to be globally unique and isn\'t available: AlreadyExists The registry crdemoabc is already in use.',
      "terraform.registryNameTaken",
      "crdemoabc",
    ],
    [
      "azurerm_key_vault.vault",
      "VaultAlreadyExists: The vault name 'kv-demo-abc' is already in use. Vault names are globally unique.",
      "terraform.vaultNameTaken",
      "kv-demo-abc",
    ],
  ])("knows a taken name of %s", (address, text, code, name) => {
    expect(explain(error("creating", text, address))).toMatchObject({
      code,
      exitCode: 2,
      details: { name },
    });
  });

  it("knows a stale plan", () => {
    expect(explain(error("Saved plan is stale"))).toMatchObject({ code: "terraform.planStale" });
  });

  it("passes on everything else word for word, with each error", () => {
    const failure = explain(
      error("creating Workspace", "RequestDisallowedByPolicy: no", "x.y"),
      error("execution halted"),
      { severity: "warning", summary: "Deprecated", detail: "" },
    );
    expect(failure).toMatchObject({
      code: "terraform.applyFailed",
      exitCode: 6,
      problems: [
        { where: "x.y", what: "RequestDisallowedByPolicy: no" },
        { where: "terraform", what: "execution halted" },
      ],
    });
    expect(failure.hint).toContain("1 resource was done and recorded");
  });

  it("tells how it ended when Terraform gave no reason", () => {
    expect(explain().message).toContain("ended with exit code 1 and gave no reason");
  });
});

describe("parseLockInfo", () => {
  it("reads every field", () => {
    expect(parseLockInfo(`Error acquiring the state lock\n${lockDetail("a@b")}`)).toEqual({
      id: "a9e50fa3-2acd-302f-0a59-544245ad07de",
      path: "/srv/platform.tfstate",
      operation: "apply",
      who: "a@b",
      version: "1.11.4",
      created: "2026-11-21 09:13:09.032250543 +0000 UTC",
    });
  });

  it("is not misled by an ID elsewhere", () => {
    expect(parseLockInfo("Resource\n  ID: x")).toBeUndefined();
  });
});

const id = "/subscriptions/s/resourceGroups/rg-demo/providers/Microsoft.KeyVault/vaults/kv";

describe("findExistingResources", () => {
  it("reads the id and the address of what is there already", () => {
    const found = findExistingResources([
      error(
        `a resource with the ID "${id}" already exists - to be managed via Terraform this resource needs to be imported into the State.`,
        "",
        "azurerm_key_vault.vault",
      ),
      error("something else", "", "x.y"),
    ]);
    expect(found).toEqual([{ address: "azurerm_key_vault.vault", id }]);
  });
});

describe("isAwaitingPermissions", () => {
  const pull = error(
    "creating Job",
    "InvalidParameterValueInContainerTemplate: unable to pull image using Managed identity /x",
    "azurerm_container_app_job.pool-default",
  );

  it("is so when every error is of a job that may not use its identity", () => {
    expect(isAwaitingPermissions([pull, { severity: "warning", summary: "w", detail: "" }])).toBe(
      true,
    );
  });

  it("is not so when the image does not exist", () => {
    const missing = { ...pull, detail: `${pull.detail}: MANIFEST_UNKNOWN` };
    expect(isAwaitingPermissions([missing])).toBe(false);
  });

  it("is not so when another error is among them, or none", () => {
    expect(isAwaitingPermissions([pull, error("quota")])).toBe(false);
    expect(isAwaitingPermissions([])).toBe(false);
  });
});

describe("parseTextDiagnostics", () => {
  it("reads the boxes of commands without JSON", () => {
    const text =
      "╷\n│ Error: Failed to install provider\n│ \n│ no such host\n╵\n╷\n│ Warning: old\n╵\n";
    expect(parseTextDiagnostics(text)).toEqual([
      { severity: "error", summary: "Failed to install provider", detail: "no such host" },
      { severity: "warning", summary: "old", detail: "" },
    ]);
  });
});
