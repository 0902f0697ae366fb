import { ContainerAppsAPIClient } from "@azure/arm-appcontainers";
import { throttlingRetryPolicy } from "@azure/core-rest-pipeline";
import { callOptions, managementOptions, retryOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { readAzureError } from "./error-facts.js";
import { callAzure } from "./errors.js";
import { type ExecutionView, type JobView, viewExecution, viewJob } from "./job-views.js";

export type { ExecutionView, JobView };

export interface JobAddress {
  readonly resourceGroup: string;
  readonly job: string;
}

export interface StartedExecution {
  readonly name: string;
  readonly id: string;
}

/** Containers that replace the job's own for one execution. The API carries no volumes here. */
export interface StartOverride {
  readonly containers: readonly OverrideContainer[];
  readonly initContainers?: readonly OverrideContainer[];
}

export interface OverrideContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly {
    readonly name: string;
    readonly value?: string;
    readonly secretRef?: string;
  }[];
  readonly cpu?: number;
  readonly memory?: string;
}

/** Jobs and their executions in Container Apps. */
export interface JobsClient {
  find(address: JobAddress): Promise<JobView | undefined>;
  start(address: JobAddress, override?: StartOverride): Promise<StartedExecution>;
  /** Newest first. */
  listExecutions(address: JobAddress, limit?: number): Promise<ExecutionView[]>;
  getExecution(address: JobAddress, execution: string): Promise<ExecutionView>;
  stopExecution(address: JobAddress, execution: string): Promise<void>;
}

export function createJobsClient(connection: AzureConnection): JobsClient {
  const options = managementOptions(connection);
  const { credential, subscriptionId, signal } = connection;
  const reader = new ContainerAppsAPIClient(credential, subscriptionId, options);
  let starter: ContainerAppsAPIClient | undefined;
  const jobId = ({ resourceGroup, job }: JobAddress): string =>
    `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.App/jobs/${job}`;
  const missing = ({ resourceGroup, job }: JobAddress): string =>
    `The job ${job} in resource group ${resourceGroup}`;

  return {
    async find(address) {
      try {
        const job = await reader.jobs.get(address.resourceGroup, address.job, callOptions(signal));
        return viewJob(job);
      } catch (error) {
        if (readAzureError(error).status === 404) return undefined;
        return callAzure(
          {
            doing: `reading the job ${address.job}`,
            permission: "Microsoft.App/jobs/read",
            scope: jobId(address),
          },
          () => Promise.reject(error),
        );
      }
    },

    async start(address, override) {
      starter ??= createStarter(connection);
      const client = starter;
      return callAzure(
        {
          doing: `starting the job ${address.job}`,
          resource: missing(address),
          permission: "Microsoft.App/jobs/start/action",
          scope: jobId(address),
        },
        () => startExecution(client, address, override, signal),
      );
    },

    async listExecutions(address, limit = 100) {
      return callAzure(
        {
          doing: `listing the executions of ${address.job}`,
          resource: missing(address),
          permission: "Microsoft.App/jobs/executions/read",
          scope: jobId(address),
        },
        async () => {
          const found: ExecutionView[] = [];
          const pages = reader.jobsExecutions.list(
            address.resourceGroup,
            address.job,
            callOptions(signal),
          );
          for await (const execution of pages) found.push(viewExecution(execution, undefined));
          return found
            .sort((a, b) => (b.startedAt?.getTime() ?? 0) - (a.startedAt?.getTime() ?? 0))
            .slice(0, limit);
        },
      );
    },

    async getExecution(address, execution) {
      return callAzure(
        {
          doing: `reading the execution ${execution}`,
          resource: `The execution ${execution} of the job ${address.job}`,
          permission: "Microsoft.App/jobs/execution/read",
          scope: jobId(address),
        },
        async () => {
          let text: string | null | undefined;
          const found = await reader.jobExecution(address.resourceGroup, address.job, execution, {
            ...callOptions(signal),
            onResponse: (response) => {
              text = response.bodyAsText;
            },
          });
          return viewExecution(found, text);
        },
      );
    },

    async stopExecution(address, execution) {
      await callAzure(
        {
          doing: `stopping the execution ${execution}`,
          resource: `The execution ${execution} of the job ${address.job}`,
          permission: "Microsoft.App/jobs/stop/execution/action",
          scope: jobId(address),
        },
        () =>
          reader.jobs.beginStopExecutionAndWait(
            address.resourceGroup,
            address.job,
            execution,
            callOptions(signal),
          ),
      );
    },
  };
}

/**
 * Starting is not idempotent: repeated after a lost answer, it would start a second runner. So only
 * refusals (429, or 503 with Retry-After) are repeated here.
 */
function createStarter(connection: AzureConnection): ContainerAppsAPIClient {
  const client = new ContainerAppsAPIClient(
    connection.credential,
    connection.subscriptionId,
    managementOptions(connection),
  );
  client.pipeline.removePolicy({ name: "defaultRetryPolicy" });
  client.pipeline.addPolicy(throttlingRetryPolicy({ maxRetries: retryOptions.maxRetries }), {
    phase: "Retry",
  });
  return client;
}

/** Whether a failed start may have started something all the same. */
export function mayHaveStarted(error: unknown): boolean {
  const { status, errno } = readAzureError(error);
  if (status !== undefined) return status >= 500 && status !== 503;
  return errno === "ECONNRESET" || errno === "EPIPE" || errno === "ETIMEDOUT";
}

async function startExecution(
  client: ContainerAppsAPIClient,
  address: JobAddress,
  override: StartOverride | undefined,
  signal: AbortSignal | undefined,
): Promise<StartedExecution> {
  let accepted: StartedExecution | undefined;
  try {
    const poller = await client.jobs.beginStart(address.resourceGroup, address.job, {
      ...callOptions(signal),
      ...(override === undefined ? {} : { template: toTemplate(override) }),
      onResponse: (response) => {
        // The first answer already names the execution, with 200 and, usually, with 202.
        if (response.status < 300) accepted ??= readStarted(response.bodyAsText, address);
      },
    });
    if (accepted !== undefined) return accepted;
    const result = await poller.pollUntilDone(callOptions(signal));
    const started = toStarted(result?.name, result?.id);
    if (started !== undefined) return started;
  } catch (error) {
    // It runs: that a later poll of the operation failed changes nothing.
    if (accepted !== undefined) return accepted;
    throw error;
  }
  throw Object.assign(new Error("Azure accepted the start, but did not name the execution"), {
    statusCode: 502,
  });
}

function readStarted(text: string | null | undefined, address: JobAddress) {
  if (text === null || text === undefined || text === "") return undefined;
  try {
    const body = JSON.parse(text) as { name?: unknown; id?: unknown };
    // The body of an asynchronous operation also has id and name: its own.
    if (typeof body.id === "string" && !body.id.includes("/executions/")) return undefined;
    const name = typeof body.name === "string" ? body.name : undefined;
    return name?.startsWith(address.job) === true
      ? toStarted(name, typeof body.id === "string" ? body.id : undefined)
      : undefined;
  } catch {
    return undefined;
  }
}

function toStarted(name: string | undefined, id: string | undefined): StartedExecution | undefined {
  return name === undefined ? undefined : { name, id: id ?? "" };
}

function toTemplate(override: StartOverride) {
  const convert = (container: OverrideContainer) => ({
    name: container.name,
    image: container.image,
    ...(container.command === undefined ? {} : { command: [...container.command] }),
    ...(container.args === undefined ? {} : { args: [...container.args] }),
    ...(container.env === undefined ? {} : { env: container.env.map((entry) => ({ ...entry })) }),
    ...(container.cpu === undefined || container.memory === undefined
      ? {}
      : { resources: { cpu: container.cpu, memory: container.memory } }),
  });
  return {
    containers: override.containers.map(convert),
    ...(override.initContainers === undefined
      ? {}
      : { initContainers: override.initContainers.map(convert) }),
  };
}
