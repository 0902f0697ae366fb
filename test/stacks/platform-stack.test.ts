import { describe, expect, it } from "vitest";
import { subscription } from "../support/config.js";
import { synthesize, type StackJson } from "./synthesized.js";

const { platform } = synthesize({ tags: { team: "ci" } });
const only = (type: string) => Object.values(platform.resource[type] ?? {})[0] ?? {};

describe("platform stack", () => {
  it("keeps the registry to Entra identities", () => {
    expect(only("azurerm_container_registry")).toMatchObject({
      sku: "Basic",
      admin_enabled: false,
      anonymous_pull_enabled: false,
    });
  });

  it("gives the vault RBAC, the shortest retention and no purge protection", () => {
    expect(only("azurerm_key_vault")).toMatchObject({
      rbac_authorization_enabled: true,
      soft_delete_retention_days: 7,
      purge_protection_enabled: false,
      tenant_id: "${data.azurerm_client_config.deployer.tenant_id}",
    });
  });

  it("names the Consumption profile and the log destination, lest each plan shows a difference", () => {
    expect(only("azurerm_container_app_environment")).toMatchObject({
      logs_destination: "log-analytics",
      log_analytics_workspace_id: "${azurerm_log_analytics_workspace.environment_logs.id}",
      workload_profile: [{ name: "Consumption", workload_profile_type: "Consumption" }],
    });
    expect(only("azurerm_log_analytics_workspace")).toMatchObject({ retention_in_days: 30 });
  });

  it("gives each identity one role on one resource, and the deployer the vault's secrets", () => {
    const assignments = Object.values(platform.resource["azurerm_role_assignment"] ?? {}).map(
      ({ role_definition_name, scope, principal_id }) => [
        role_definition_name,
        scope,
        principal_id,
      ],
    );
    expect(assignments).toHaveLength(3);
    expect(assignments).toEqual(
      expect.arrayContaining([
        [
          "AcrPull",
          "${azurerm_container_registry.registry.id}",
          "${azurerm_user_assigned_identity.identity_pull.principal_id}",
        ],
        [
          "Key Vault Secrets User",
          "${azurerm_key_vault.vault.id}",
          "${azurerm_user_assigned_identity.identity_vault.principal_id}",
        ],
        [
          "Key Vault Secrets Officer",
          "${azurerm_key_vault.vault.id}",
          "${data.azurerm_client_config.deployer.object_id}",
        ],
      ]),
    );
  });

  it("leaves the vault to whoever deployed first when somebody else deploys", () => {
    expect(platform.resource["azurerm_role_assignment"]?.["deployer-vault-write"]).toMatchObject({
      lifecycle: { ignore_changes: ["principal_id"] },
    });
  });

  it("derives the names of role assignments, different ones for different deployments", () => {
    const names = (json: StackJson) =>
      Object.values(json.resource["azurerm_role_assignment"] ?? {}).map(({ name }) => String(name));
    const other = synthesize({ name: "other" }).platform;
    expect(new Set([...names(platform), ...names(other)]).size).toBe(6);
    expect(names(platform)).toEqual(names(synthesize().platform));
    for (const name of names(platform)) {
      expect(name).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it("tags whatever takes tags with the user's tags and its own", () => {
    const untagged = new Set(["azurerm_role_assignment"]);
    for (const [type, resources] of Object.entries(platform.resource)) {
      if (untagged.has(type)) continue;
      for (const resource of Object.values(resources)) {
        expect(resource["tags"], type).toEqual({
          team: "ci",
          "managed-by": "runnerctl",
          "runnerctl-deployment": "demo",
        });
      }
    }
  });

  it("pins provider and Terraform versions and registers only what it uses", () => {
    expect(platform.terraform["required_providers"]).toEqual({
      azurerm: { source: "azurerm", version: "4.55.0" },
    });
    expect(platform.terraform["required_version"]).toBe(">= 1.5.0");
    expect(platform.provider["azurerm"]).toEqual([
      expect.objectContaining({
        features: [{}],
        subscription_id: subscription,
        resource_provider_registrations: "none",
        storage_use_azuread: true,
      }),
    ]);
  });

  it("has the outputs that others rely on", () => {
    expect(Object.keys(platform.output)).toEqual(
      expect.arrayContaining([
        "resource_group_name",
        "registry_name",
        "registry_login_server",
        "vault_name",
        "vault_uri",
        "environment_id",
        "pull_identity_id",
        "vault_identity_id",
        "workspace_id",
      ]),
    );
  });
});

describe("state", () => {
  it("is a local file for each stack", () => {
    const { platform: stack, runners } = synthesize();
    expect(stack.terraform["backend"]).toEqual({ local: { path: "/srv/state/platform.tfstate" } });
    expect(runners.terraform["backend"]).toEqual({ local: { path: "/srv/state/runners.tfstate" } });
  });

  it("is a blob for each stack with the azurerm backend, reached without account keys", () => {
    const { platform: stack, runners } = synthesize({
      state: {
        backend: "azurerm",
        resourceGroup: "rg-state",
        storageAccount: "acmestate",
        container: "tfstate",
        key: "runnerctl/demo",
        subscription: undefined,
      },
    });
    const backend = {
      resource_group_name: "rg-state",
      storage_account_name: "acmestate",
      container_name: "tfstate",
      use_azuread_auth: true,
    };
    expect(stack.terraform["backend"]).toEqual({
      azurerm: { ...backend, key: "runnerctl/demo/platform.tfstate" },
    });
    const remote = Object.values(runners.data["terraform_remote_state"] ?? {});
    expect(remote).toEqual([
      expect.objectContaining({
        backend: "azurerm",
        config: { ...backend, key: "runnerctl/demo/platform.tfstate" },
      }),
    ]);
  });
});
