import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { prepareJob, startArm, type ArmFixture } from "./arm-fixture.js";

let arm: ArmFixture;
let world: Awaited<ReturnType<typeof prepareJob>>;

beforeEach(async () => {
  arm = await startArm();
  world = await prepareJob(arm);
});
afterEach(() => arm.close());

type Body = (typeof world)["body"];

async function write(change: (body: Body) => void = () => {}) {
  const body = structuredClone(world.body);
  change(body);
  return await arm.call("PUT", world.job, body);
}

describe("a job", () => {
  test("ARM-40: is created with 201 and an operation, and is then Succeeded", async () => {
    const made = await write();
    expect(made.status).toBe(201);
    expect(made.json.properties.provisioningState).toBe("InProgress");
    const operation = await arm.call("GET", String(made.headers["azure-asyncoperation"]));
    expect(operation.json.status).toBe("Succeeded");
    const read = await arm.call("GET", world.job);
    expect(read.json.properties.provisioningState).toBe("Succeeded");
    expect(read.json.identity.userAssignedIdentities[world.identity].principalId).toBeTruthy();
  });

  test("ARM-41: hides the values of its secrets, and listSecrets gives them", async () => {
    await write();
    const read = await arm.call("GET", world.job);
    expect(read.text).not.toContain("v4lue");
    expect(read.json.properties.configuration.secrets).toEqual([
      world.body.properties.configuration.secrets[0],
      { name: "plain" },
    ]);
    const secrets = await arm.call("POST", `${world.job}/listSecrets`);
    expect(secrets.json.value).toEqual([
      { ...world.body.properties.configuration.secrets[0], value: "s3cret" },
      { name: "plain", value: "v4lue" },
    ]);
  });

  test("ARM-42: keeps a secret's value when what was read is written back", async () => {
    await write();
    const read = await arm.call("GET", world.job);
    expect((await arm.call("PUT", world.job, read.json)).status).toBe(200);
    const secrets = await arm.call("POST", `${world.job}/listSecrets`);
    expect(secrets.json.value[1].value).toBe("v4lue");
  });

  const template = "InvalidParameterValueInContainerTemplate";
  const refusals: [clause: string, change: (body: Body) => void, code: string, text: string][] = [
    [
      "ARM-43: an image that cannot be pulled",
      (body) => (body.properties.template.containers[0]!.image = "localhost:5000/none:1"),
      template,
      "template.containers.runner.image",
    ],
    [
      "ARM-44: a vault secret that cannot be resolved",
      (body) =>
        (body.properties.configuration.secrets[0]!["keyVaultUrl"] =
          "https://localhost:1/secrets/x"),
      "SecretMissing",
      "secrets/x",
    ],
    [
      "ARM-45: a secretRef without its secret",
      (body) => (body.properties.template.initContainers[0]!.env[0]!.secretRef = "other"),
      "ContainerAppSecretRefNotFound",
      "SecretRef 'other' defined for container 'mint' not found.",
    ],
    [
      "ARM-46: a mount without its volume",
      (body) => (body.properties.template.volumes = []),
      template,
      "there is no volume 'jit'",
    ],
    [
      "ARM-47: a pair of CPU and memory that is not on the list",
      (body) => (body.properties.template.containers[0]!.resources.memory = "2Gi"),
      "ContainerAppInvalidResourceTotal",
      "CPU: 0.5, memory: 2",
    ],
    [
      "ARM-47: more than the profile allows",
      (body) =>
        (body.properties.template.containers[0]!.resources = { cpu: 4.25, memory: "8.5Gi" }),
      "ContainerAppInvalidResourceTotal",
      "CPU: 4.25",
    ],
    [
      "ARM-48: an environment that is not there",
      (body) => (body.properties.environmentId += "x"),
      "ManagedEnvironmentNotFound",
      "cae-testx",
    ],
    [
      "ARM-49: an identity that does not exist",
      (body) => (body.identity.userAssignedIdentities = { [`${world.identity}x`]: {} }),
      "FailedIdentityOperation",
      "id-testx",
    ],
    [
      "ARM-50: an identity that is used but not assigned",
      (body) => (body.properties.configuration.registries[0]!.identity = `${world.identity}y`),
      template,
      "is not assigned to the job",
    ],
    [
      "ARM-51: a workload profile that the environment lacks",
      (body) => (body.properties.workloadProfileName = "D4"),
      "WorkloadProfileNotFound",
      "'D4'",
    ],
    [
      "ARM-52: an unknown trigger",
      (body) => (body.properties.configuration.triggerType = "Sometimes"),
      template,
      "configuration.triggerType",
    ],
  ];
  test.each(refusals)("%s is refused with 400", async (_clause, change, code, text) => {
    const refused = await write(change);
    expect([refused.status, refused.json.error.code]).toEqual([400, code]);
    expect(refused.json.error.message).toContain(text);
    expect((await arm.call("GET", world.job)).status).toBe(404);
  });

  test("ARM-53: a name against the rules is refused", async () => {
    const refused = await arm.call("PUT", `${world.job}--x`, world.body);
    expect([refused.status, refused.json.error.code]).toEqual([400, "InvalidResourceName"]);
  });

  test("ARM-54: start answers 200 with id and name; the bare override goes to the engine", async () => {
    await write();
    const plain = await arm.call("POST", `${world.job}/start`);
    expect(plain.status).toBe(200);
    expect(plain.json.id).toBe(`${world.job}/executions/${plain.json.name}`);
    await arm.call("POST", `${world.job}/start`, { containers: [{ name: "runner" }] });
    expect(arm.starts.map((start) => start.override)).toEqual([
      undefined,
      { containers: [{ name: "runner" }] },
    ]);
  });

  test("ARM-55: executions are listed, filtered, read one by one, and 404 when unknown", async () => {
    await write();
    const { name } = (await arm.call("POST", `${world.job}/start`)).json;
    await arm.call("POST", `${world.job}/start`);
    arm.executions[1]!.properties.status = "Failed";
    expect((await arm.call("GET", `${world.job}/executions`)).json.value).toHaveLength(2);
    const filter = encodeURIComponent("Status eq 'Failed'");
    const failed = await arm.call("GET", `${world.job}/executions?$filter=${filter}`);
    expect(failed.json.value.map((one: { name: string }) => one.name)).toEqual([
      arm.executions[1]!.name,
    ]);
    const one = await arm.call("GET", `${world.job}/executions/${name}`);
    expect(one.json.properties.status).toBe("Running");
    expect((await arm.call("GET", `${world.job}/executions/none`)).status).toBe(404);
  });

  test("ARM-56: one execution is stopped, or all of them", async () => {
    await write();
    const { name } = (await arm.call("POST", `${world.job}/start`)).json;
    await arm.call("POST", `${world.job}/start`);
    expect((await arm.call("POST", `${world.job}/executions/${name}/stop`)).status).toBe(202);
    expect(arm.executions.map((one) => one.properties.status)).toEqual(["Stopped", "Running"]);
    expect((await arm.call("POST", `${world.job}/stop`)).status).toBe(200);
    expect(arm.executions.map((one) => one.properties.status)).toEqual(["Stopped", "Stopped"]);
  });

  test("ARM-57: its deletion is accepted with 202 and tells the engine; its environment waits for it", async () => {
    await write();
    const early = await arm.call("DELETE", world.environment);
    expect([early.status, early.json.error.code]).toEqual([
      409,
      "ManagedEnvironmentHasContainerAppsJobs",
    ]);
    const deleted = await arm.call("DELETE", world.job);
    expect(deleted.status).toBe(202);
    expect((await arm.call("GET", String(deleted.headers.location))).status).toBe(200);
    expect(arm.closed).toContain(world.job);
    expect((await arm.call("DELETE", world.job)).status).toBe(204);
    expect((await arm.call("DELETE", world.environment)).status).toBe(202);
  });

  test("ARM-58: an environment that is not ready takes no job", async () => {
    const other = `${arm.group}/providers/Microsoft.App/managedEnvironments/cae-slow`;
    await arm.call("PUT", other, { location: "westeurope", properties: {} });
    const stored = arm.ctx.state.collection<{ properties: Record<string, unknown> }>(
      "arm.resources",
    );
    const key = other.toLowerCase();
    await arm.call("GET", other);
    stored.set(key, {
      ...stored.get(key)!,
      properties: { ...stored.get(key)!.properties, provisioningState: "Waiting" },
    });
    const refused = await write((body) => (body.properties.environmentId = other));
    expect(refused.json.error.code).toBe("ManagedEnvironmentNotReadyForAppCreation");
  });
});
