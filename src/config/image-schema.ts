import * as z from "zod";

import { durationSchema, variableName } from "./schema-parts.js";

/** `image` as people write it. */
export const imageSchema = z.strictObject({
  repository: z
    .string()
    .regex(
      /^[a-z0-9]+(?:[._/-][a-z0-9]+)*$/,
      "lower-case letters and digits, joined by single '.', '_', '-' or '/'",
    )
    .max(200)
    .optional()
    .describe("Repository in the registry. Default: runner."),
  context: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Folder with your own Dockerfile, relative to this file. Default: the image that comes with runnerctl.",
    ),
  dockerfile: z
    .string()
    .min(1)
    .optional()
    .describe("Dockerfile inside the context. Default: Dockerfile."),
  base: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Base image, any Debian or Ubuntu for linux/amd64 (BASE_IMAGE). Default: ubuntu:24.04, pinned by digest in the Dockerfile.",
    ),
  preset: z
    .enum(["minimal", "standard", "azure"])
    .optional()
    .describe(
      "Tools in the image: minimal (git), standard (also curl, jq, zip, unzip, build-essential, Python, Node LTS), or azure (also Azure CLI and azd). Smaller starts faster. Default: minimal.",
    ),
  packages: z
    .array(
      z
        .string()
        .regex(
          /^[a-z0-9][a-z0-9+.-]*(:[a-z0-9]+)?(=[A-Za-z0-9.+:~-]+)?$/,
          "the name of an apt package, such as make or make=4.3-4.1build2",
        ),
    )
    .optional()
    .describe("Further apt packages. Default: none.")
    .meta({ examples: [["make", "postgresql-client"]] }),
  setup: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Script run as root when the image is built, relative to this file. It may read build secrets, which never reach a layer of the image. Default: none.",
    )
    .meta({ examples: ["runner-setup.sh"] }),
  certificates: z
    .array(z.string().min(1))
    .optional()
    .describe(
      "CA certificates (PEM files, relative to this file) that the build and the runner trust beside the public ones. Default: none.",
    )
    .meta({ examples: [["certificates/proxy-ca.crt"]] }),
  runnerVersion: z
    .string()
    .regex(/^(latest|\d+\.\d+\.\d+)$/, "latest, or a full version such as 2.336.0")
    .optional()
    .describe("Version of the runner application, or latest. Default: latest."),
  buildArgs: z
    .record(variableName, z.string())
    .optional()
    .describe(
      "Further build arguments. Never a secret: build arguments stay in the image's history.",
    )
    .meta({ examples: [{ RUNNER_DOWNLOAD_URL: "https://mirror.example.com/actions-runner" }] }),
  timeout: durationSchema.optional().describe("Longest a build may take. Default: 1h."),
  schedule: z
    .string()
    .min(1)
    .optional()
    .describe(
      'When the image is rebuilt by itself, as a cron expression of five fields in UTC, or never. GitHub refuses jobs on runners more than 30 days behind. Default: "0 3 * * 1", every Monday.',
    )
    .meta({ examples: ["0 3 * * 1"] }),
  baseImageTrigger: z
    .boolean()
    .optional()
    .describe(
      "Rebuild when the base image changes. Default: true when `base` is a tag that ACR can watch (in an Azure registry, on Docker Hub or in mcr.microsoft.com).",
    ),
  keep: z
    .number()
    .int()
    .min(1)
    .max(100)
    .optional()
    .describe("Builds that `images prune` leaves in the registry. Default: 5."),
  pin: z
    .enum(["current", "digest"])
    .optional()
    .describe(
      "What jobs run: the newest good build (current), or the one of the last deploy (digest). Default: current.",
    ),
});
