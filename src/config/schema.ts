import * as z from "zod";

import { imageSchema } from "./image-schema.js";
import { durationSchema, variableName } from "./schema-parts.js";

/*
 * The shape of runnerctl.yaml as people write it. Defaults are applied by config/defaults.ts, rules
 * across fields are in config/rules.ts; here is only what one field alone must be. Descriptions
 * become docs/configuration.md and schema.json.
 */

const label = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/,
    "letters, digits, '.', '_' and '-', starting with a letter or digit, at most 64 characters",
  )
  .describe("A runner label, matched by `runs-on` without regard to case.");

const secretName = z
  .string()
  .regex(/^[0-9A-Za-z-]{1,127}$/, "a Key Vault secret name: letters, digits and '-', at most 127");

const resourceName = z
  .string()
  .regex(
    /^[a-z](?:-?[a-z0-9])*$/,
    "lower-case letters, digits and single '-', starting with a letter and not ending with '-'",
  );

// Not `uuid`: Azure's IDs are not all of a version that RFC 9562 knows.
const guid = z.guid();

function isWebAddress(url: string): boolean {
  if (!URL.canParse(url)) return true; // Complained of as an address.
  const { hostname, pathname, search, username } = new URL(url);
  return pathname === "/" && search === "" && username === "" && !/^api\./.test(hostname);
}

export const githubAuthSchema = z.discriminatedUnion("type", [
  z.strictObject({
    type: z.literal("app").describe("A GitHub App: preferred; its tokens live an hour."),
    appId: z
      .union([
        z.number().int().positive(),
        z
          .string()
          .regex(/^(\d+|Iv[\w.]+)$/, "an App ID such as 123456, or a client ID such as Iv23li…"),
      ])
      .describe("App ID, from the App's settings page.")
      .meta({ examples: [123456] }),
    installationId: z
      .number()
      .int()
      .positive()
      .describe("Installation ID, from the address of the installation's settings page.")
      .meta({ examples: [7654321] }),
    secret: secretName
      .optional()
      .describe(
        "Name of the Key Vault secret that holds the App's private key (PEM). Default: github-app-key.",
      ),
  }),
  z.strictObject({
    type: z.literal("pat").describe("A personal access token (fine-grained or classic)."),
    secret: secretName
      .optional()
      .describe("Name of the Key Vault secret that holds the token. Default: github-pat."),
  }),
]);

export const githubSchema = z.strictObject({
  url: z
    .url({ protocol: /^https$/, error: "an address that starts with https://" })
    .refine(isWebAddress, "the web address of GitHub alone: no path, and not that of its API")
    .optional()
    .describe(
      "Address of GitHub: https://github.com, a GHES host, or https://SUBDOMAIN.ghe.com. Default: https://github.com.",
    )
    .meta({ examples: ["https://github.example.com"] }),
  owner: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$/, "a GitHub user, organization or enterprise name")
    .describe("User, organization or enterprise that owns the runners.")
    .meta({ examples: ["acme"] }),
  repositories: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,100}$/, "a repository name without its owner, such as app"),
    )
    .min(1)
    .optional()
    .describe(
      "Repositories served, without the owner. One: runners register in it. None or several: they register in the organization.",
    )
    .meta({ examples: [["app", "website"]] }),
  scope: z
    .enum(["repository", "organization", "enterprise"])
    .optional()
    .describe(
      "Where runners register. Default: repository when exactly one repository is named, else organization.",
    ),
  auth: githubAuthSchema
    .optional()
    .describe(
      "How runners are registered. The secret itself lives in Key Vault; put it there with `runnerctl secret set`. Default: {type: pat}.",
    ),
  runnerGroup: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .describe("Runner group by name (organization and enterprise only). Default: Default."),
});

export const stateSchema = z.discriminatedUnion("backend", [
  z.strictObject({
    backend: z.literal("local").describe("Files beside this one."),
    path: z
      .string()
      .min(1)
      .optional()
      .describe("Folder of the state files, relative to this file. Default: .runnerctl/state."),
  }),
  z.strictObject({
    backend: z.literal("azurerm").describe("A blob container that already exists."),
    resourceGroup: z
      .string()
      .min(1)
      .max(90)
      .describe("Resource group of the storage account.")
      .meta({ examples: ["rg-state"] }),
    storageAccount: z
      .string()
      .regex(/^[a-z0-9]{3,24}$/, "3 to 24 lower-case letters and digits")
      .describe("Storage account that holds the state.")
      .meta({ examples: ["acmestate"] }),
    container: z
      .string()
      .regex(
        /^[a-z0-9](?:-?[a-z0-9]){2,62}$/,
        "3 to 63 lower-case letters, digits and single '-', no '-' at either end",
      )
      .describe("Blob container in it.")
      .meta({ examples: ["tfstate"] }),
    key: z
      .string()
      .min(1)
      .optional()
      .describe("Prefix of the state blobs. Default: runnerctl/NAME."),
    subscription: guid.optional().describe("Subscription of the storage account, if another."),
  }),
]);

export const triggerSchema = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("manual").describe("Started by `runnerctl trigger`.") }),
  z.strictObject({
    type: z
      .literal("queue")
      .describe("Started by the queue of waiting jobs (KEDA github-runner scale rule)."),
    pollingInterval: durationSchema
      .optional()
      .describe("How often the queue is looked at. Default: 30s."),
  }),
  z.strictObject({
    type: z.literal("schedule").describe("Started at fixed times."),
    cron: z
      .string()
      .describe("When, as a cron expression of five fields, in UTC.")
      .meta({ examples: ["0 6 * * 1-5"] }),
  }),
]);

export const poolSchema = z.strictObject({
  name: resourceName
    .max(20)
    .describe("Name of the pool; becomes part of the job's name.")
    .meta({ examples: ["default"] }),
  labels: z
    .array(label)
    .min(1)
    .max(20)
    .optional()
    .describe(
      "Labels of the pool's runners, beside self-hosted, linux and x64. Default: the pool's name.",
    )
    .meta({ examples: [["build", "large"]] }),
  noDefaultLabels: z
    .boolean()
    .optional()
    .describe("Leave out self-hosted, linux and x64. Default: false."),
  cpu: z.number().positive().optional().describe("vCPU, in steps of 0.25 up to 4. Default: 2."),
  memory: z
    .string()
    .regex(/^\d+(\.\d+)?\s*Gi$/, "gibibytes with their unit, such as 4Gi")
    .optional()
    .describe("Memory. Consumption offers exactly 2 Gi a vCPU. Default: 2 Gi a vCPU."),
  trigger: z
    .union([z.enum(["manual", "queue"]), triggerSchema])
    .optional()
    .describe("What starts runners: manual, queue, or {type: schedule, cron: …}. Default: manual."),
  limits: z
    .strictObject({
      min: z
        .number()
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe("Executions kept running (queue only). Default: 0."),
      max: z
        .number()
        .int()
        .min(1)
        .max(1000)
        .optional()
        .describe("Most executions at once. Default: 10."),
    })
    .optional()
    .describe("Bounds on executions at once."),
  timeout: durationSchema.optional().describe("Longest a runner may live. Default: 6h."),
  env: z
    .record(variableName, z.string())
    .optional()
    .describe("Environment of the pool's jobs. Never a secret.")
    .meta({ examples: [{ NODE_OPTIONS: "--max-old-space-size=3072" }] }),
});

export const configSchema = z.strictObject({
  name: resourceName
    .min(2)
    .max(24)
    .describe("Name of this deployment; every Azure resource is named after it.")
    .meta({ examples: ["acme-ci"] }),
  location: z
    .string()
    .regex(/^[a-z0-9]+$/, "an Azure region's short name, such as westeurope")
    .describe("Azure region, such as westeurope.")
    .meta({ examples: ["westeurope"] }),
  subscription: guid
    .optional()
    .describe(
      "Azure subscription ID. Default: ARM_SUBSCRIPTION_ID, AZURE_SUBSCRIPTION_ID, or the Azure CLI's current one.",
    )
    .meta({ examples: ["00000000-0000-0000-0000-000000000000"] }),
  tags: z
    .record(z.string().min(1).max(512), z.string().max(256))
    .optional()
    .describe("Tags on every Azure resource.")
    .meta({ examples: [{ team: "platform" }] }),
  github: githubSchema.describe("Which GitHub the runners serve."),
  image: imageSchema.optional().describe("The runner image."),
  state: stateSchema
    .optional()
    .describe("Where Terraform keeps its state. Default: {backend: local}."),
  pools: z
    .array(poolSchema)
    .min(1)
    .optional()
    .describe("The runner pools. Default: one pool named default."),
});

export type ConfigInput = z.input<typeof configSchema>;
