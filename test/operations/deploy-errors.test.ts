import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBench, type Bench } from "../sandbox/provider/terraform-cli.js";
import { openDeployment } from "./real-deployment.js";

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());

describe("what Azure refuses", () => {
  it("names the permission that is missing", async () => {
    const deployment = await openDeployment(bench);
    deployment.intercept = ({ method, path }) =>
      method === "PUT" && /registries\/\w+$/.test(path)
        ? {
            status: 403,
            body: {
              error: {
                code: "AuthorizationFailed",
                message: `The client 'app' with object id 'o-1' does not have authorization to perform action 'Microsoft.ContainerRegistry/registries/write' over scope '${path}' or the scope is invalid. If access was recently granted, please refresh your credentials.`,
              },
            },
          }
        : undefined;
    await expect(deployment.deploy(["platform"])).rejects.toMatchObject({
      code: "terraform.permissionMissing",
      exitCode: 3,
      details: { action: "Microsoft.ContainerRegistry/registries/write", principal: "o-1" },
    });
    deployment.intercept = undefined;
    expect(await deployment.deploy(["platform"])).toMatchObject({ changed: true });
  });

  it("says which registry name is taken", async () => {
    const deployment = await openDeployment(bench);
    deployment.intercept = ({ path }) =>
      path.toLowerCase().endsWith("/checknameavailability")
        ? {
            status: 200,
            body: {
              nameAvailable: false,
              reason: "AlreadyExists",
              message: "The registry crdemo is already in use.",
            },
          }
        : undefined;
    await expect(deployment.deploy(["platform"])).rejects.toMatchObject({
      code: "terraform.registryNameTaken",
      exitCode: 2,
      details: { name: expect.stringMatching(/^crdemo/) as unknown },
    });
  });

  it("says so when the credential is refused", async () => {
    const deployment = await openDeployment(bench, { ARM_CLIENT_SECRET: "expired" });
    await expect(deployment.deploy(["platform"])).rejects.toMatchObject({
      code: "terraform.loginFailed",
      exitCode: 3,
    });
  });

  it("waits for permissions of the runners' identities to take effect", async () => {
    const deployment = await openDeployment(bench);
    await deployment.deploy(["platform"]);
    let refusals = 0;
    deployment.intercept = ({ method, path }) => {
      if (method !== "PUT" || !/\/jobs\/[\w-]+$/.test(path) || refusals > 1) return undefined;
      refusals += 1;
      return {
        status: 400,
        body: {
          error: {
            code: "InvalidParameterValueInContainerTemplate",
            message:
              "The following field(s) are either invalid or missing. Field 'template.containers.runner.image' is invalid: unable to pull image using Managed identity /x for registry cr.",
          },
        },
      };
    };
    await deployment.deploy();
    expect(deployment.events.filter(({ name }) => name === "deploy.retry")).toHaveLength(1);
  });
});
