import { createHash, randomBytes } from "node:crypto";
import { makeArmError } from "../errors.js";
import { parseCron } from "../../registry/cron-times.js";
import { readList, readObject, type ArmRoom, type Properties, type ResourceKind } from "../kind.js";
import { registryType } from "../type-names.js";

/** https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules#microsoftcontainerregistry */
export const registryNames = {
  pattern: /^[a-zA-Z0-9]{5,50}$/,
  rule: "must be 5 to 50 letters and digits",
};

const skus: Readonly<Record<string, string>> = {
  basic: "Basic",
  standard: "Standard",
  premium: "Premium",
};

/** https://learn.microsoft.com/rest/api/containerregistry/registries */
export function defineRegistry(room: ArmRoom): ResourceKind[] {
  const { ctx } = room;
  const registry: ResourceKind = {
    type: registryType,
    location: "required",
    names: registryNames,
    write: { how: "Azure-AsyncOperation", state: "Creating" },
    async prepare({ id, name, body, existing }) {
      const sku = skus[String((body["sku"] as { name?: unknown } | undefined)?.name).toLowerCase()];
      if (sku === undefined) {
        throw makeArmError(
          400,
          "SkuNotSupported",
          "The registry's sku.name must be one of Basic, Standard, Premium.",
        );
      }
      body["sku"] = { name: sku, tier: sku };
      if (existing === undefined && room.isTaken(registryType, name)) {
        throw makeArmError(
          409,
          "AlreadyInUse",
          `The registry DNS name ${name.toLowerCase()}.azurecr.io is already in use. You can check if the name is already claimed using following API: https://docs.microsoft.com/en-us/rest/api/containerregistry/registries/checknameavailability`,
        );
      }
      const loginServer = await ctx.registry.open({ ...body, id, name });
      return {
        creationDate: ctx.clock.now().toISOString(),
        adminUserEnabled: false,
        publicNetworkAccess: "Enabled",
        networkRuleBypassOptions: "AzureServices",
        zoneRedundancy: "Disabled",
        anonymousPullEnabled: false,
        dataEndpointEnabled: false,
        dataEndpointHostNames: [],
        privateEndpointConnections: [],
        encryption: { status: "disabled" },
        policies: {
          quarantinePolicy: { status: "disabled" },
          trustPolicy: { type: "Notary", status: "disabled" },
          retentionPolicy: { days: 7, status: "disabled" },
          exportPolicy: { status: "enabled" },
          azureADAuthenticationAsArmPolicy: { status: "enabled" },
        },
        ...existing?.properties,
        ...body.properties,
        loginServer,
      };
    },
    removed: (resource) => ctx.registry.close(resource.id),
    async reopen(resource) {
      const loginServer = await ctx.registry.open(resource);
      return { ...resource, properties: { ...resource.properties, loginServer } };
    },
    actions: {
      listcredentials: ({ resource }) => {
        if (resource.properties["adminUserEnabled"] !== true) {
          throw makeArmError(
            400,
            "UnAuthorizedForCredentialOperations",
            `Cannot perform credential operations for ${resource.id} as admin user is disabled. Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account`,
          );
        }
        const passwords = room.ctx.state.collection<string>("arm.registry-passwords");
        const key = resource.id.toLowerCase();
        const seed = passwords.get(key) ?? randomBytes(24).toString("hex");
        passwords.set(key, seed);
        const value = (name: string): string =>
          createHash("sha256").update(`${seed}/${name}`).digest("base64url");
        return {
          status: 200,
          body: {
            username: resource.name,
            passwords: ["password", "password2"].map((name) => ({ name, value: value(name) })),
          },
        };
      },
    },
    views: {
      // Limits and what is used of them; the sandbox has no quotas.
      listusages: () => ({
        status: 200,
        body: { value: [{ name: "Webhooks", limit: 2, currentValue: 0, unit: "Count" }] },
      }),
    },
  };
  const task: ResourceKind = {
    type: `${registryType}/tasks`,
    location: "required",
    names: { pattern: /^[a-zA-Z0-9_-]{5,50}$/, rule: "must be 5 to 50 letters, digits, - and _" },
    prepare({ body, existing }) {
      checkTask(body.properties);
      return {
        creationDate: existing?.properties["creationDate"] ?? ctx.clock.now().toISOString(),
        status: "Enabled",
        timeout: 3600,
        isSystemTask: false,
        ...body.properties,
      };
    },
    // With what a plain read leaves out: https://learn.microsoft.com/rest/api/containerregistry/tasks/get-details
    actions: { listdetails: ({ resource }) => ({ status: 200, body: resource }) },
  };
  return [
    registry,
    task,
    { type: `${registryType}/replications`, location: "required" },
    { type: `${registryType}/webhooks`, location: "required" },
    { type: `${registryType}/scopeMaps`, location: "none" },
    { type: `${registryType}/agentPools`, location: "required" },
  ];
}

/** https://learn.microsoft.com/rest/api/containerregistry/tasks/create — the text of a task is read when it runs. */
function checkTask(properties: Properties): void {
  const refuse = (message: string) => makeArmError(400, "InvalidTaskProperties", message);
  if (properties["isSystemTask"] === true) return;
  const step = readObject(properties, "step");
  if (!["Docker", "EncodedTask", "FileTask"].includes(String(step["type"]))) {
    throw refuse(
      `The task's step.type '${String(step["type"])}' is not Docker, EncodedTask or FileTask.`,
    );
  }
  if (step["type"] === "EncodedTask" && typeof step["encodedTaskContent"] !== "string") {
    throw refuse("An EncodedTask step needs encodedTaskContent.");
  }
  const timeout = properties["timeout"] ?? 3600;
  if (typeof timeout !== "number" || timeout < 300 || timeout > 28_800) {
    throw refuse("The task's timeout must be between 300 and 28800 seconds.");
  }
  for (const timer of readList(properties, "trigger", "timerTriggers")) {
    if (parseCron(String(timer["schedule"])) === undefined) {
      throw refuse(`The schedule '${String(timer["schedule"])}' is no cron expression.`);
    }
  }
}
