/* The resources of a whole deployment, as Terraform JSON. */

type Blocks = Record<string, unknown>;

const providers = {
  azurerm: { source: "hashicorp/azurerm", version: "4.55.0" },
  azapi: { source: "azure/azapi", version: "2.12.0" },
  github: { source: "integrations/github", version: "6.9.0" },
};

export function configure(
  used: readonly (keyof typeof providers)[],
  parts: { resource?: Blocks; data?: Blocks; output?: Blocks; provider?: Blocks },
): Blocks {
  const { provider, ...rest } = parts;
  return {
    terraform: {
      required_providers: Object.fromEntries(used.map((name) => [name, providers[name]])),
    },
    provider: {
      ...(used.includes("azurerm")
        ? { azurerm: { features: {}, resource_provider_registrations: "none" } }
        : {}),
      ...(used.includes("azapi") ? { azapi: {} } : {}),
      ...(used.includes("github") ? { github: { owner: "octo" } } : {}),
      ...provider,
    },
    ...rest,
  };
}

const place = {
  location: "${azurerm_resource_group.this.location}",
  resource_group_name: "${azurerm_resource_group.this.name}",
};

export const resourceGroupOnly = {
  azurerm_resource_group: { this: { name: "rg-demo", location: "West Europe", tags: { a: "b" } } },
};

/** Resource group, registry, identities, roles, vault, workspace, environment and a build task. */
export const platformResources = {
  ...resourceGroupOnly,
  azurerm_log_analytics_workspace: {
    this: { name: "log-demo", ...place, sku: "PerGB2018", retention_in_days: 30 },
  },
  azurerm_container_registry: {
    this: { name: "crdemoabc", ...place, sku: "Basic", admin_enabled: false },
  },
  azurerm_container_registry_task: {
    rebuild: {
      name: "rebuild",
      container_registry_id: "${azurerm_container_registry.this.id}",
      platform: { os: "Linux", architecture: "amd64" },
      encoded_step: { task_content: "version: v1.1.0\nsteps:\n  - cmd: true\n" },
      timer_trigger: [{ name: "weekly", schedule: "0 4 * * 1" }],
      base_image_trigger: { name: "base", type: "Runtime" },
    },
  },
  azurerm_user_assigned_identity: {
    pull: { name: "id-demo-pull", ...place },
    vault: { name: "id-demo-vault", ...place },
  },
  azurerm_federated_identity_credential: {
    main: {
      name: "main-branch",
      resource_group_name: place.resource_group_name,
      parent_id: "${azurerm_user_assigned_identity.pull.id}",
      issuer: "https://token.actions.githubusercontent.com",
      audience: ["api://AzureADTokenExchange"],
      subject: "repo:octo/hello:ref:refs/heads/main",
    },
  },
  azurerm_role_definition: {
    starter: {
      name: "start jobs",
      scope: "${azurerm_resource_group.this.id}",
      permissions: { actions: ["Microsoft.App/jobs/start/action"] },
    },
  },
  azurerm_role_assignment: {
    pull: {
      scope: "${azurerm_container_registry.this.id}",
      role_definition_name: "AcrPull",
      principal_id: "${azurerm_user_assigned_identity.pull.principal_id}",
      principal_type: "ServicePrincipal",
    },
    vault: {
      scope: "${azurerm_key_vault.this.id}",
      role_definition_name: "Key Vault Secrets User",
      principal_id: "${azurerm_user_assigned_identity.vault.principal_id}",
    },
    starter: {
      scope: "${azurerm_resource_group.this.id}",
      role_definition_id: "${azurerm_role_definition.starter.role_definition_resource_id}",
      principal_id: "${data.azurerm_client_config.me.object_id}",
    },
  },
  azurerm_key_vault: {
    this: {
      name: "kv-demo-abc",
      ...place,
      tenant_id: "${data.azurerm_client_config.me.tenant_id}",
      sku_name: "standard",
      rbac_authorization_enabled: true,
      soft_delete_retention_days: 7,
    },
  },
  azurerm_container_app_environment: {
    this: {
      name: "cae-demo",
      ...place,
      logs_destination: "log-analytics",
      log_analytics_workspace_id: "${azurerm_log_analytics_workspace.this.id}",
      workload_profile: [{ name: "Consumption", workload_profile_type: "Consumption" }],
    },
  },
};

/** One job with everything that a pool has, and its identity settings. */
export function runnerResources(timeout = 3600): Blocks {
  const mount = { name: "jit", path: "/mnt/jit" };
  const image = "${azurerm_container_registry.this.login_server}/runner@sha256:" + "a".repeat(64);
  return {
    azurerm_container_app_job: {
      pool: {
        name: "caj-demo-default",
        ...place,
        container_app_environment_id: "${azurerm_container_app_environment.this.id}",
        workload_profile_name: "Consumption",
        replica_timeout_in_seconds: timeout,
        replica_retry_limit: 0,
        identity: {
          type: "UserAssigned",
          identity_ids: [
            "${azurerm_user_assigned_identity.pull.id}",
            "${azurerm_user_assigned_identity.vault.id}",
          ],
        },
        registry: {
          server: "${azurerm_container_registry.this.login_server}",
          identity: "${azurerm_user_assigned_identity.pull.id}",
        },
        secret: {
          name: "github-credential",
          identity: "${azurerm_user_assigned_identity.vault.id}",
          key_vault_secret_id: "${azurerm_key_vault.this.vault_uri}secrets/github",
        },
        event_trigger_config: {
          scale: {
            max_executions: 10,
            rules: {
              name: "github-runner",
              custom_rule_type: "github-runner",
              metadata: { owner: "octo", runnerScope: "repo", repos: "hello" },
              authentication: {
                secret_name: "github-credential",
                trigger_parameter: "personalAccessToken",
              },
            },
          },
        },
        template: {
          volume: { name: "jit" },
          init_container: {
            name: "mint",
            image,
            args: ["mint"],
            cpu: 0.25,
            memory: "0.5Gi",
            env: [
              { name: "GITHUB_OWNER", value: "octo" },
              { name: "GITHUB_PAT", secret_name: "github-credential" },
            ],
            volume_mounts: mount,
          },
          container: {
            name: "runner",
            image,
            args: ["run"],
            cpu: 1.75,
            memory: "3.5Gi",
            env: [{ name: "JIT_FILE", value: "/mnt/jit/jitconfig" }],
            volume_mounts: mount,
          },
        },
      },
    },
    azapi_update_resource: {
      pool: {
        type: "Microsoft.App/jobs@2025-07-01",
        resource_id: "${azurerm_container_app_job.pool.id}",
        body: {
          properties: {
            configuration: {
              identitySettings: [
                { identity: "${azurerm_user_assigned_identity.pull.id}", lifecycle: "None" },
                { identity: "${azurerm_user_assigned_identity.vault.id}", lifecycle: "None" },
              ],
            },
          },
        },
        response_export_values: ["properties.configuration.identitySettings"],
      },
    },
  };
}
