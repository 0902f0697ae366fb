import { stringify } from "yaml";

import { type InitAnswers, answersToValue } from "./answers.js";

/**
 * A runnerctl.yaml with the answers set and every other option as a comment. The answers must be
 * in order; `schema` is where editors find the schema for completion.
 */
export function renderConfigTemplate(answers: InitAnswers, schema: string): string {
  const value = answersToValue(answers) as {
    name: string;
    location: string;
    subscription?: string;
    github: {
      url?: string;
      owner: string;
      repositories?: string[];
      auth: { type: string; appId?: number | string; installationId?: number };
    };
    pools: { trigger?: string }[];
  };
  const { github } = value;
  return `# yaml-language-server: $schema=${schema}
#
# Ephemeral GitHub Actions runners on Azure Container Apps. Lines that start with # show what else
# can be set, with its default. No secret belongs in this file: see \`runnerctl secret set\`.

# Every Azure resource is named after it.
name: ${scalar(value.name)}

# Azure region, and subscription (default: ARM_SUBSCRIPTION_ID or the Azure CLI's current one).
location: ${scalar(value.location)}
${setOr("subscription", value.subscription, "00000000-0000-0000-0000-000000000000")}

# Tags on every Azure resource.
# tags:
#   team: platform

github:
  # A GitHub Enterprise Server host or https://SUBDOMAIN.ghe.com, if not github.com.
  ${setOr("url", github.url, "https://github.com")}
  # User, organization or enterprise that owns the runners.
  owner: ${scalar(github.owner)}
  # One repository: runners register in it. None or several: in the organization.
  ${setOr("repositories", github.repositories, ["app"])}
  # repository, organization or enterprise.
  # scope: ${github.repositories?.length === 1 ? "repository" : "organization"}
  # Runner group (organization and enterprise only).
  # runnerGroup: Default
  # How runners are registered; \`secret\` names a secret in the deployment's Key Vault.
${renderAuth(github.auth)}

# The runner image: the one that comes with runnerctl, or one from a context of your own.
# image:
#   context: ./runner-image
#   dockerfile: Dockerfile
# image:
#   repository: runner
#   base: ubuntu:24.04
#   # minimal (git), standard (also build tools, Python, Node LTS) or azure (also Azure CLI, azd).
#   preset: minimal
#   # Further apt packages, and a script that the build runs as root.
#   packages: [make]
#   setup: runner-setup.sh
#   # CA certificates (PEM) that the build and the runner trust beside the public ones.
#   certificates: [proxy-ca.crt]
#   runnerVersion: latest
#   buildArgs:
#     RUNNER_DOWNLOAD_URL: https://mirror.example.com/actions-runner
#   timeout: 1h
#   # Rebuilt in Azure at these times (cron, UTC; or never) and when a base given by tag changes.
#   schedule: "0 3 * * 1"
#   baseImageTrigger: false
#   # Builds that \`runnerctl images prune\` leaves.
#   keep: 5
#   # Jobs run the newest good build (current), or that of the last deploy (digest).
#   pin: current

# Where Terraform keeps its state: files here, or a blob container that exists already.
# state:
#   backend: local
#   path: .runnerctl/state
# state:
#   backend: azurerm
#   resourceGroup: rg-state
#   storageAccount: acmestate
#   container: tfstate
#   key: ${scalar(`runnerctl/${value.name}`)}

# One Container Apps job each. Give every pool labels that no other pool has.
pools:
  - name: default
    # What \`runs-on\` asks for, beside self-hosted, linux and x64.
    labels: [azure]
    # noDefaultLabels: false
    # vCPU in steps of 0.25 up to 4; memory is always 2Gi a vCPU.
    # cpu: 2
    # memory: 4Gi
    # manual, queue, {type: queue, pollingInterval: 30s} or {type: schedule, cron: "0 6 * * 1-5"}.
    ${setOr("trigger", value.pools[0]?.trigger, "manual")}
    # limits:
    #   min: 0
    #   max: 10
    # Longest a runner may live.
    # timeout: 6h
    # Environment of the pool's jobs. Never a secret.
    # env:
    #   NODE_OPTIONS: --max-old-space-size=3072
`;
}

/** The published schema of this version, or the one installed beside the file. */
export function schemaReference(version: string, installedLocally: boolean): string {
  return installedLocally
    ? "./node_modules/runnerctl/schema.json"
    : `https://unpkg.com/runnerctl@${version}/schema.json`;
}

function renderAuth(auth: {
  type: string;
  appId?: number | string;
  installationId?: number;
}): string {
  return auth.type === "app"
    ? `  auth:
    type: app
    appId: ${scalar(auth.appId)}
    installationId: ${scalar(auth.installationId)}
    # secret: github-app-key
  # auth:
  #   type: pat
  #   secret: github-pat`
    : `  auth:
    type: pat
    # secret: github-pat
  # auth:
  #   type: app
  #   appId: 123456
  #   installationId: 7654321
  #   secret: github-app-key`;
}

function setOr(key: string, value: unknown, example: unknown): string {
  return value === undefined ? `# ${key}: ${scalar(example)}` : `${key}: ${scalar(value)}`;
}

/** On one line, quoted where YAML would read something else. */
function scalar(value: unknown): string {
  return stringify(value, {
    collectionStyle: "flow",
    lineWidth: 0,
    flowCollectionPadding: false,
  }).trim();
}
