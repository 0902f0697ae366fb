import { environmentInvalid } from "../errors/catalogue/config.js";
import { apiUrlOf, normalizeGithubUrl } from "../domain/github-address.js";
import type { RunnerctlConfig } from "./types.js";

/** What a GitHub workflow tells the processes of its steps. */
export interface WorkflowContext {
  readonly repository: string | undefined;
  readonly ref: string | undefined;
  readonly sha: string | undefined;
  readonly actor: string | undefined;
  readonly workflow: string | undefined;
  readonly job: string | undefined;
  readonly runId: string | undefined;
  readonly runAttempt: string | undefined;
  readonly eventName: string | undefined;
  readonly serverUrl: string | undefined;
  /** Whether the job has `id-token: write`: the token request itself stays in `raw`. */
  readonly hasIdToken: boolean;
}

/** The environment, read once. Empty variables count as unset. */
export interface Environment {
  /** RUNNERCTL_CONFIG */
  readonly configPath: string | undefined;
  /** RUNNERCTL_SUBSCRIPTION_ID: wins over the file. */
  readonly subscription: string | undefined;
  /** ARM_SUBSCRIPTION_ID, AZURE_SUBSCRIPTION_ID: used when the file names none. */
  readonly fallbackSubscription: string | undefined;
  /** ARM_TENANT_ID, AZURE_TENANT_ID */
  readonly tenant: string | undefined;
  /** ARM_CLIENT_ID, AZURE_CLIENT_ID */
  readonly clientId: string | undefined;
  /** RUNNERCTL_GITHUB_URL: wins over the file. */
  readonly githubUrl: string | undefined;
  /** ARM_METADATA_HOSTNAME: `host[:port]` of a cloud that describes itself. */
  readonly metadataHost: string | undefined;
  /** AZURE_CLOUD, ARM_ENVIRONMENT: `public`, `usgovernment`, `china` and their long names. */
  readonly cloudName: string | undefined;
  /** AZURE_AUTHORITY_HOST, ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST */
  readonly authorityHost: string | undefined;
  /** ARM_DISABLE_INSTANCE_DISCOVERY */
  readonly disableInstanceDiscovery: boolean;
  /** Files with further certificate authorities, none twice. */
  readonly caFiles: readonly string[];
  readonly httpsProxy: string | undefined;
  readonly httpProxy: string | undefined;
  readonly noProxy: string | undefined;
  readonly isGithubActions: boolean;
  /** GITHUB_OUTPUT: the file that takes a step's outputs. */
  readonly githubOutput: string | undefined;
  /** GITHUB_STEP_SUMMARY */
  readonly githubStepSummary: string | undefined;
  readonly workflow: WorkflowContext;
  readonly noColor: boolean;
  readonly forceColor: boolean;
  readonly ci: boolean;
  /** TERRAFORM_BINARY_NAME */
  readonly terraformBinary: string | undefined;
  readonly home: string | undefined;
  readonly path: string | undefined;
  /** All of it, for child processes and SDKs; frozen. */
  readonly raw: Readonly<Record<string, string>>;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The one place that reads the process's environment. */
export function readEnvironment(env: Variables = process.env): Environment {
  const raw = Object.freeze(
    Object.fromEntries(
      Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
    ),
  );
  const first = (...names: string[]): string | undefined =>
    names.map((name) => raw[name]?.trim()).find((value) => value !== undefined && value !== "");
  const isOn = (...names: string[]): boolean =>
    !["", "0", "false", "no"].includes((first(...names) ?? "").toLowerCase());
  const files = ["SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"].map((name) =>
    first(name),
  );
  return {
    configPath: first("RUNNERCTL_CONFIG"),
    subscription: first("RUNNERCTL_SUBSCRIPTION_ID"),
    fallbackSubscription: first("ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"),
    tenant: first("ARM_TENANT_ID", "AZURE_TENANT_ID"),
    clientId: first("ARM_CLIENT_ID", "AZURE_CLIENT_ID"),
    githubUrl: first("RUNNERCTL_GITHUB_URL"),
    metadataHost: first("ARM_METADATA_HOSTNAME"),
    cloudName: first("AZURE_CLOUD", "ARM_ENVIRONMENT"),
    authorityHost: first("AZURE_AUTHORITY_HOST", "ARM_ACTIVE_DIRECTORY_AUTHORITY_HOST"),
    disableInstanceDiscovery: isOn("ARM_DISABLE_INSTANCE_DISCOVERY"),
    caFiles: [...new Set(files.filter((file) => file !== undefined))],
    httpsProxy: first("HTTPS_PROXY", "https_proxy"),
    httpProxy: first("HTTP_PROXY", "http_proxy"),
    noProxy: first("NO_PROXY", "no_proxy"),
    isGithubActions: first("GITHUB_ACTIONS") === "true",
    githubOutput: first("GITHUB_OUTPUT"),
    githubStepSummary: first("GITHUB_STEP_SUMMARY"),
    workflow: {
      repository: first("GITHUB_REPOSITORY"),
      ref: first("GITHUB_REF"),
      sha: first("GITHUB_SHA"),
      actor: first("GITHUB_ACTOR"),
      workflow: first("GITHUB_WORKFLOW"),
      job: first("GITHUB_JOB"),
      runId: first("GITHUB_RUN_ID"),
      runAttempt: first("GITHUB_RUN_ATTEMPT"),
      eventName: first("GITHUB_EVENT_NAME"),
      serverUrl: first("GITHUB_SERVER_URL"),
      hasIdToken:
        first("ACTIONS_ID_TOKEN_REQUEST_URL") !== undefined &&
        first("ACTIONS_ID_TOKEN_REQUEST_TOKEN") !== undefined,
    },
    // https://no-color.org: any value but the empty one.
    noColor: first("NO_COLOR") !== undefined,
    forceColor: isOn("FORCE_COLOR"),
    ci: isOn("CI"),
    terraformBinary: first("TERRAFORM_BINARY_NAME"),
    home: first("HOME", "USERPROFILE"),
    path: first("PATH", "Path"),
    raw,
  };
}

/** The same environment with some variables set, or unset by `undefined`. */
export function overlay(env: Environment, more: Variables): Environment {
  return readEnvironment({ ...env.raw, ...more });
}

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The file's configuration as this environment changes it. Subscription: RUNNERCTL_SUBSCRIPTION_ID,
 * then the file, then ARM_ or AZURE_SUBSCRIPTION_ID; still undefined when none names one.
 */
export function applyEnvironment(config: RunnerctlConfig, env: Environment): RunnerctlConfig {
  const subscription = env.subscription ?? config.subscription ?? env.fallbackSubscription;
  if (subscription !== undefined && !guid.test(subscription)) {
    throw environmentInvalid(
      nameOfSubscriptionVariable(env),
      "is not a subscription ID",
      "It looks like 00000000-0000-0000-0000-000000000000; `az account show --query id` prints yours.",
    );
  }
  return { ...config, subscription, github: applyGithubUrl(config.github, env.githubUrl) };
}

function nameOfSubscriptionVariable(env: Environment): string {
  const names = ["RUNNERCTL_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"];
  return names.find((name) => (env.raw[name] ?? "").trim() !== "") ?? "The subscription";
}

function applyGithubUrl(
  github: RunnerctlConfig["github"],
  url: string | undefined,
): RunnerctlConfig["github"] {
  if (url === undefined) return github;
  if (!URL.canParse(url) || new URL(url).protocol !== "https:") {
    throw environmentInvalid(
      "RUNNERCTL_GITHUB_URL",
      "is not an https address",
      "Write the address of your GitHub, such as https://github.example.com, or unset it.",
    );
  }
  return { ...github, url: normalizeGithubUrl(url), apiUrl: apiUrlOf(url) };
}
