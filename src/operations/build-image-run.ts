import { uploadBuildSource } from "../azure/build-source.js";
import type { AzureConnection } from "../azure/connection.js";
import type { BuildRun, RegistryAddress, RegistryBuildsClient } from "../azure/registry-builds.js";
import { classifyBuildStatus } from "../domain/build-states.js";
import type { Clock } from "../domain/clock.js";
import { interrupted } from "../errors/catalogue/command.js";
import type { Emit } from "../output/events.js";
import type { PreparedBuild } from "./build-image-plan.js";
import { followBuild } from "./follow-build.js";

export interface BuildRunDeps {
  readonly connection: AzureConnection;
  readonly builds: RegistryBuildsClient;
  readonly address: RegistryAddress;
  readonly emit: Emit;
  readonly clock: Clock;
}

/** Brings the context to the registry; returns what the build is told to take. */
export async function deliverContext(prepared: PreparedBuild, deps: BuildRunDeps): Promise<string> {
  const { transport } = prepared.context;
  if (transport.kind === "address") return transport.location;
  const upload = await deps.builds.prepareUpload(deps.address);
  let shown = 0;
  const { bytes } = await uploadBuildSource(deps.connection, upload.uploadUrl, transport.open(), {
    onProgress: (sent) => {
      if (sent - shown < progressStep) return;
      shown = sent;
      deps.emit({
        name: "image.upload.progress",
        level: "debug",
        message: `${megabytes(sent)} MB sent`,
        data: { bytes: sent, transient: true },
      });
    },
  });
  deps.emit({
    name: "image.upload.done",
    level: bytes > largeArchive ? "warn" : "debug",
    message:
      bytes > largeArchive
        ? `The build context has ${megabytes(bytes)} MB when packed; agents have failed to unpack archives of over 500 MB ("unexpected EOF"). A .dockerignore keeps it small.`
        : `The build context has ${megabytes(bytes)} MB when packed`,
    data: { bytes },
  });
  return upload.sourceLocation;
}

const progressStep = 8_000_000;

/** https://github.com/Azure/acr-builder/issues/653 */
const largeArchive = 500_000_000;

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0);
}

export interface BuildWishes {
  readonly sourceLocation: string;
  readonly target: string | undefined;
  readonly noCache: boolean;
  readonly agentCpu: number | undefined;
}

export async function scheduleBuild(
  prepared: PreparedBuild,
  wishes: BuildWishes,
  deps: BuildRunDeps,
): Promise<BuildRun> {
  const { plan, platform } = prepared;
  const run = await deps.builds.schedule(deps.address, {
    imageNames: [`${plan.repository}:${plan.tag}`, ...prepared.imageNames],
    dockerfile: prepared.context.dockerfile,
    sourceLocation: wishes.sourceLocation,
    arguments: prepared.buildArgs,
    secretArguments: prepared.secretArgs,
    target: wishes.target,
    platform,
    timeoutSeconds: prepared.timeoutSeconds,
    noCache: wishes.noCache,
    agentCpu: wishes.agentCpu ?? 2,
  });
  deps.emit({
    name: "image.build.scheduled",
    level: "info",
    message: `Build ${run.runId} is queued in ${deps.address.registry}`,
    data: { runId: run.runId },
  });
  return run;
}

/** Waits for a build's end; when interrupted, cancels it. */
export async function awaitBuild(
  runId: string,
  timeoutSeconds: number,
  deps: BuildRunDeps,
): Promise<BuildRun> {
  const { builds, connection, address } = deps;
  try {
    return await followBuild({ address, runId, timeoutSeconds }, deps);
  } catch (error) {
    if (connection.signal?.aborted !== true) throw error;
    throw interrupted(await cancelBuild(builds, address, runId));
  }
}

const cancelMilliseconds = 10_000;

/** Says what state the build is in afterwards. */
async function cancelBuild(
  builds: RegistryBuildsClient,
  address: RegistryAddress,
  runId: string,
): Promise<string> {
  try {
    await builds.cancel(address, runId, AbortSignal.timeout(cancelMilliseconds));
    return `The image build ${runId} was cancelled in Azure.`;
  } catch {
    // It may have ended in the same moment.
    const signal = AbortSignal.timeout(cancelMilliseconds);
    const run = await builds.getRun(address, runId, signal).catch(() => undefined);
    const phase = classifyBuildStatus(run?.status);
    return phase === "running"
      ? `The image build ${runId} could not be cancelled and goes on in Azure: az acr task cancel-run --registry ${address.registry} --run-id ${runId}`
      : `The image build ${runId} had already ended (${run?.status ?? phase}).`;
  }
}
