import { ContainerAppsAPIClient } from "@azure/arm-appcontainers";
import { ContainerRegistryManagementClient } from "@azure/arm-containerregistry";
import { ClientSecretCredential } from "@azure/identity";
import { RestError } from "@azure/core-rest-pipeline";
import { afterAll, beforeAll, expect, test } from "vitest";
import { prepareJob, startArm, type ArmFixture } from "./arm-fixture.js";

/** The SDKs that this product uses, unchanged, over HTTPS. */
let arm: ArmFixture;
let apps: ContainerAppsAPIClient;
let registries: ContainerRegistryManagementClient;
const group = "rg-test";

beforeAll(async () => {
  arm = await startArm();
  const tlsOptions = { ca: arm.ca };
  const { tenantId, clientId, clientSecret, subscriptionId } = arm.identity;
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, {
    authorityHost: arm.origin,
    disableInstanceDiscovery: true,
    tlsOptions,
  });
  const options = {
    endpoint: arm.origin,
    tlsOptions,
    retryOptions: { maxRetries: 0 },
    credentialScopes: ["https://management.azure.com/.default"],
  };
  apps = new ContainerAppsAPIClient(credential, subscriptionId, options);
  registries = new ContainerRegistryManagementClient(credential, subscriptionId, options);
});
afterAll(() => arm.close());

test("ARM-90: the Container Apps client creates, starts, lists, stops and deletes a job", async () => {
  const { body } = await prepareJob(arm);
  const poll = { updateIntervalInMs: 1 };
  const made = await apps.jobs.beginCreateOrUpdateAndWait(
    group,
    "caj-test",
    {
      location: body.location,
      identity: body.identity,
      environmentId: body.properties.environmentId,
      workloadProfileName: body.properties.workloadProfileName,
      configuration: body.properties.configuration,
      template: body.properties.template,
    } as Parameters<typeof apps.jobs.beginCreateOrUpdateAndWait>[2],
    poll,
  );
  expect(made.provisioningState).toBe("Succeeded");
  const started = await apps.jobs.beginStartAndWait(group, "caj-test", poll);
  const names: (string | undefined)[] = [];
  for await (const one of apps.jobsExecutions.list(group, "caj-test")) names.push(one.name);
  expect(names).toEqual([started.name]);
  await apps.jobs.beginStopExecutionAndWait(group, "caj-test", started.name ?? "", poll);
  const read = await apps.jobExecution(group, "caj-test", started.name ?? "");
  expect(read.status).toBe("Stopped");
  await apps.jobs.beginDeleteAndWait(group, "caj-test", poll);
  const gone = apps.jobs.get(group, "caj-test");
  await expect(gone).rejects.toMatchObject({ statusCode: 404, code: "ResourceNotFound" });
  await expect(gone).rejects.toBeInstanceOf(RestError);
});

test("ARM-91: the registry client creates a registry and reads it back", async () => {
  const made = await registries.registries.beginCreateAndWait(
    group,
    "crtest",
    { location: "westeurope", sku: { name: "Basic" } },
    { updateIntervalInMs: 1 },
  );
  expect([made.loginServer, made.provisioningState]).toEqual(["localhost:5000", "Succeeded"]);
  const free = await registries.registries.checkNameAvailability({
    name: "crtest",
    type: "Microsoft.ContainerRegistry/registries",
  });
  expect(free.nameAvailable).toBe(false);
});
