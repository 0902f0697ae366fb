import {
  ContainerRegistryManagementClient,
  type DockerBuildRequest,
  type Run,
} from "@azure/arm-containerregistry";
import { callOptions, managementOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { callAzure } from "./errors.js";

export interface RegistryAddress {
  readonly resourceGroup: string;
  readonly registry: string;
}

export interface BuildOrder {
  /** `repository:tag`, without the registry. */
  readonly imageNames: readonly string[];
  readonly dockerfile: string;
  /** The uploaded context, as `prepareUpload` named it, or the address of a repository. */
  readonly sourceLocation: string;
  readonly arguments: Readonly<Record<string, string>>;
  /** Shown neither in the run nor in its log. */
  readonly secretArguments: Readonly<Record<string, string>>;
  readonly target: string | undefined;
  readonly platform: { readonly os: string; readonly architecture: string };
  readonly timeoutSeconds: number;
  readonly noCache: boolean;
  readonly agentCpu: number;
}

export interface BuildRun {
  readonly runId: string;
  readonly status: string;
  readonly errorMessage: string | undefined;
  readonly startedAt: Date | undefined;
  readonly finishedAt: Date | undefined;
  readonly images: readonly {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string | undefined;
  }[];
}

export interface BuildUpload {
  readonly uploadUrl: string;
  readonly sourceLocation: string;
}

/** Quick builds in a registry: https://learn.microsoft.com/azure/container-registry/container-registry-tasks-overview#quick-task */
export interface RegistryBuildsClient {
  prepareUpload(address: RegistryAddress): Promise<BuildUpload>;
  schedule(address: RegistryAddress, order: BuildOrder): Promise<BuildRun>;
  /** With a signal of its own where the connection's may have fired. */
  getRun(address: RegistryAddress, runId: string, signal?: AbortSignal): Promise<BuildRun>;
  getLogUrl(address: RegistryAddress, runId: string): Promise<string>;
  /** With a signal of its own: the connection's has usually fired by then. */
  cancel(address: RegistryAddress, runId: string, signal: AbortSignal): Promise<void>;
}

export function createRegistryBuildsClient(connection: AzureConnection): RegistryBuildsClient {
  const client = new ContainerRegistryManagementClient(
    connection.credential,
    connection.subscriptionId,
    managementOptions(connection),
  );
  const call = callOptions(connection.signal);
  const describe = (address: RegistryAddress, doing: string, action: string) => ({
    doing,
    resource: `The registry ${address.registry} in resource group ${address.resourceGroup}`,
    permission: `Microsoft.ContainerRegistry/registries/${action}`,
    scope: `/subscriptions/${connection.subscriptionId}/resourceGroups/${address.resourceGroup}/providers/Microsoft.ContainerRegistry/registries/${address.registry}`,
  });

  return {
    async prepareUpload(address) {
      const what = describe(
        address,
        "asking the registry where to upload the build context",
        "listBuildSourceUploadUrl/action",
      );
      return callAzure(what, async () => {
        const answer = await client.registries.getBuildSourceUploadUrl(
          address.resourceGroup,
          address.registry,
          call,
        );
        if (answer.uploadUrl === undefined || answer.relativePath === undefined) {
          throw incomplete("an upload address");
        }
        return { uploadUrl: answer.uploadUrl, sourceLocation: answer.relativePath };
      });
    },

    async schedule(address, order) {
      const request: DockerBuildRequest = {
        type: "DockerBuildRequest",
        imageNames: [...order.imageNames],
        isPushEnabled: true,
        noCache: order.noCache,
        dockerFilePath: order.dockerfile,
        arguments: [
          ...toArguments(order.arguments, false),
          ...toArguments(order.secretArguments, true),
        ],
        timeout: order.timeoutSeconds,
        platform: { os: order.platform.os, architecture: order.platform.architecture },
        agentConfiguration: { cpu: order.agentCpu },
        sourceLocation: order.sourceLocation,
        ...(order.target === undefined ? {} : { target: order.target }),
      };
      const what = describe(address, "scheduling the image build", "scheduleRun/action");
      return callAzure(what, async () => {
        let first: Run | undefined;
        const poller = await client.registries.beginScheduleRun(
          address.resourceGroup,
          address.registry,
          request,
          {
            ...call,
            onResponse: (response, body) => {
              if (response.status < 300) first ??= body as Run | undefined;
            },
          },
        );
        const run = first?.runId === undefined ? await poller.pollUntilDone(call) : first;
        if (run.runId === undefined) throw incomplete("a run");
        return viewRun(run);
      });
    },

    async getRun(address, runId, signal) {
      const what = describe(address, `reading the image build ${runId}`, "runs/read");
      const own = signal === undefined ? call : callOptions(signal);
      return callAzure(what, async () =>
        viewRun(await client.runs.get(address.resourceGroup, address.registry, runId, own)),
      );
    },

    async getLogUrl(address, runId) {
      const what = describe(
        address,
        `asking for the log of the image build ${runId}`,
        "runs/listLogSasUrl/action",
      );
      return callAzure(what, async () => {
        const answer = await client.runs.getLogSasUrl(
          address.resourceGroup,
          address.registry,
          runId,
          call,
        );
        if (answer.logLink === undefined) throw incomplete("a log address");
        return answer.logLink;
      });
    },

    async cancel(address, runId, signal) {
      const what = describe(address, `cancelling the image build ${runId}`, "runs/cancel/action");
      await callAzure(what, () =>
        client.runs.beginCancelAndWait(address.resourceGroup, address.registry, runId, {
          abortSignal: signal,
          updateIntervalInMs: 500,
        }),
      );
    },
  };
}

function toArguments(values: Readonly<Record<string, string>>, isSecret: boolean) {
  return Object.entries(values).map(([name, value]) => ({ name, value, isSecret }));
}

function viewRun(run: Run): BuildRun {
  return {
    runId: run.runId ?? run.name ?? "",
    status: run.status ?? "Unknown",
    errorMessage: run.runErrorMessage,
    startedAt: run.startTime,
    finishedAt: run.finishTime,
    images: (run.outputImages ?? []).map((image) => ({
      repository: image.repository ?? "",
      tag: image.tag ?? "",
      digest: image.digest,
    })),
  };
}

/** An answer without what it is for is the service's error, and reported as one. */
function incomplete(what: string): Error {
  return Object.assign(new Error(`the answer lacks ${what}`), { statusCode: 502 });
}
