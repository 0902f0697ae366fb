import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { configure, resourceGroupOnly } from "./configuration.js";
import { startFakeArm, type Call, type FakeArm, type Reply } from "./fake-arm.js";
import { openBench, type Bench } from "./terraform-cli.js";

const place = {
  location: "${azurerm_resource_group.this.location}",
  resource_group_name: "${azurerm_resource_group.this.name}",
};

function network(extra: Record<string, unknown> = {}): unknown {
  return configure(["azurerm"], {
    resource: {
      ...resourceGroupOnly,
      azurerm_virtual_network: { this: { name: "vnet", ...place, address_space: ["10.0.0.0/16"] } },
      azurerm_subnet: {
        jobs: {
          name: "jobs",
          resource_group_name: place.resource_group_name,
          virtual_network_name: "${azurerm_virtual_network.this.name}",
          address_prefixes: ["10.0.0.0/27"],
          delegation: {
            name: "environments",
            service_delegation: {
              name: "Microsoft.App/environments",
              actions: ["Microsoft.Network/virtualNetworks/subnets/join/action"],
            },
          },
          ...extra,
        },
      },
      azurerm_network_security_group: { this: { name: "nsg", ...place } },
      azurerm_network_security_rule: {
        deny: {
          name: "deny-metadata",
          resource_group_name: place.resource_group_name,
          network_security_group_name: "${azurerm_network_security_group.this.name}",
          priority: 100,
          direction: "Outbound",
          access: "Deny",
          protocol: "*",
          source_port_range: "*",
          destination_port_ranges: ["80", "443"],
          source_address_prefix: "*",
          destination_address_prefix: "169.254.169.254/32",
        },
      },
      azurerm_public_ip: { out: { name: "pip", ...place, allocation_method: "Static" } },
      azurerm_nat_gateway: { out: { name: "nat", ...place } },
      azurerm_nat_gateway_public_ip_association: {
        out: {
          nat_gateway_id: "${azurerm_nat_gateway.out.id}",
          public_ip_address_id: "${azurerm_public_ip.out.id}",
        },
      },
      azurerm_subnet_nat_gateway_association: {
        jobs: {
          subnet_id: "${azurerm_subnet.jobs.id}",
          nat_gateway_id: "${azurerm_nat_gateway.out.id}",
        },
      },
      azurerm_subnet_network_security_group_association: {
        jobs: {
          subnet_id: "${azurerm_subnet.jobs.id}",
          network_security_group_id: "${azurerm_network_security_group.this.id}",
        },
      },
      azurerm_log_analytics_workspace: { this: { name: "log-demo", ...place } },
      azurerm_monitor_diagnostic_setting: {
        this: {
          name: "audit",
          target_resource_id: "${azurerm_virtual_network.this.id}",
          log_analytics_workspace_id: "${azurerm_log_analytics_workspace.this.id}",
          enabled_log: [{ category_group: "allLogs" }],
          enabled_metric: [{ category: "AllMetrics" }],
        },
      },
      azurerm_monitor_scheduled_query_rules_alert_v2: {
        crashed: {
          name: "crashed-runners",
          ...place,
          scopes: ["${azurerm_log_analytics_workspace.this.id}"],
          severity: 2,
          evaluation_frequency: "PT5M",
          window_duration: "PT5M",
          criteria: {
            query: "ContainerAppConsoleLogs_CL",
            operator: "GreaterThan",
            threshold: 0.1,
            time_aggregation_method: "Count",
            failing_periods: {
              minimum_failing_periods_to_trigger_alert: 1,
              number_of_evaluation_periods: 1,
            },
          },
        },
      },
    },
  });
}

/** As much of GitHub as the resources use: a store by path. */
function fakeGitHub(store: Map<string, Record<string, unknown>>) {
  return ({ method, path, body }: Call): Reply | undefined => {
    if (!path.startsWith("/api/v3/")) return undefined;
    const key = path.slice("/api/v3/".length);
    const group = key.endsWith("/runner-groups");
    if (method === "POST") {
      const name = group ? "7" : String(body?.["name"]);
      if (store.has(`${key}/${name}`)) return { status: 409, body: { message: "Already exists" } };
      store.set(`${key}/${name}`, { created_at: "t", ...body, ...(group ? { id: 7 } : {}) });
      return { status: 201, body: store.get(`${key}/${name}`) };
    }
    if (method === "PUT" || method === "PATCH") {
      store.set(key, { ...store.get(key), ...body });
      return { status: 200, body: store.get(key) };
    }
    if (method === "DELETE") return { status: store.delete(key) ? 204 : 404 };
    const found = store.get(key);
    return found === undefined
      ? { status: 404, body: { message: "Not Found" } }
      : { status: 200, body: found };
  };
}

describe("network, monitoring and GitHub resources", () => {
  let arm: FakeArm;
  let bench: Bench;

  beforeAll(async () => {
    [arm, bench] = await Promise.all([startFakeArm(), openBench()]);
  });
  afterAll(async () => {
    await bench?.close();
    await arm?.close();
  });
  beforeEach(() => {
    arm.intercept = undefined;
  });

  it("[PROV-31] applies a network, keeps associations through an update, and destroys it", async () => {
    const work = await bench.workspace("network", arm.environment);
    await work.write(network());
    await work.run("init");
    const applied = await work.run("apply", "-auto-approve");
    expect(applied.output).toContain("13 added");
    expect(await work.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });

    await work.write(network({ service_endpoints: ["Microsoft.KeyVault"] }));
    const changed = await work.run("apply", "-auto-approve");
    expect(changed.output).toContain("0 added, 1 changed, 0 destroyed");
    const subnet = [...arm.resources].find(([id]) => id.endsWith("/subnets/jobs"))?.[1];
    expect(subnet?.["properties"]).toMatchObject({
      natGateway: { id: expect.stringContaining("/natGateways/nat") as string },
      networkSecurityGroup: { id: expect.stringContaining("/networkSecurityGroups/nsg") as string },
      serviceEndpoints: [{ service: "Microsoft.KeyVault" }],
    });
    expect(await work.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    expect(await work.run("destroy", "-auto-approve")).toMatchObject({ code: 0 });
    expect([...arm.resources.keys()]).toEqual([]);
  });

  it("[PROV-32] applies GitHub's variables, runner group and environment", async () => {
    const store = new Map<string, Record<string, unknown>>();
    arm.intercept = fakeGitHub(store);
    const work = await bench.workspace("github", arm.environment);
    const github = (value: string): unknown =>
      configure(["github"], {
        resource: {
          github_actions_variable: {
            client: { repository: "hello", variable_name: "AZURE_CLIENT_ID", value },
          },
          github_actions_organization_variable: {
            tenant: { variable_name: "AZURE_TENANT_ID", value: "t", visibility: "all" },
          },
          github_actions_runner_group: { pool: { name: "azure", visibility: "all" } },
          github_repository_environment: { azure: { repository: "hello", environment: "azure" } },
        },
      });
    await work.write(github("one"));
    await work.run("init");
    expect(await work.run("apply", "-auto-approve")).toMatchObject({ code: 0 });
    expect(await work.run("plan", "-detailed-exitcode")).toMatchObject({ code: 0 });
    await work.write(github("two"));
    const changed = await work.run("apply", "-auto-approve");
    expect(changed.output).toContain("0 added, 1 changed, 0 destroyed");
    expect(store.get("repos/octo/hello/actions/variables/AZURE_CLIENT_ID")).toMatchObject({
      value: "two",
    });
    expect(await work.run("destroy", "-auto-approve")).toMatchObject({ code: 0 });
    expect(store.size).toBe(0);
  });
});
