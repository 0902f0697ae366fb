import { BuildLogReader } from "../azure/build-log.js";
import type { AzureConnection } from "../azure/connection.js";
import type { BuildRun, RegistryAddress, RegistryBuildsClient } from "../azure/registry-builds.js";
import { classifyBuildStatus, summarizeBuildLog } from "../domain/build-states.js";
import type { Clock } from "../domain/clock.js";
import { buildCancelled, buildFailed, buildTimedOut } from "../errors/catalogue/image.js";
import type { Emit } from "../output/events.js";

export interface FollowBuildRequest {
  readonly address: RegistryAddress;
  readonly runId: string;
  readonly timeoutSeconds: number;
}

export interface FollowBuildDeps {
  readonly builds: RegistryBuildsClient;
  readonly connection: AzureConnection;
  readonly emit: Emit;
  readonly clock: Clock;
}

const pollMilliseconds = 1000;
/** Lines kept to find the failing step in; a step's output can be long. */
const keptLines = 2000;
/** The service ends a build at its timeout; this long after it, waiting on is pointless. */
const graceSeconds = 300;

/** Passes a build's log on as it grows, until the build is over; throws unless it succeeded. */
export async function followBuild(
  request: FollowBuildRequest,
  deps: FollowBuildDeps,
): Promise<BuildRun> {
  const { builds, clock, connection, emit } = deps;
  const { address, runId } = request;
  const log = new BuildLogReader(connection, await builds.getLogUrl(address, runId));
  const lines: string[] = [];
  const show = (news: readonly string[]): void => {
    for (const line of news) {
      lines.push(line);
      emit({ name: "image.build.log", level: "info", message: line, data: { runId, line } });
    }
    lines.splice(0, Math.max(0, lines.length - keptLines));
  };

  const deadline = clock.now().getTime() + (request.timeoutSeconds + graceSeconds) * 1000;
  let status = "";
  for (;;) {
    // The state first, the log after it: what is read of the log then includes its end.
    const run = await builds.getRun(address, runId);
    if (run.status !== status) {
      status = run.status;
      emit({
        name: "image.build.status",
        level: "debug",
        message: `Build ${runId}: ${status}`,
        data: { runId, status },
      });
    }
    show(await log.readNewLines());
    if (classifyBuildStatus(run.status) !== "running") {
      await drain(log, show, clock, connection.signal);
      return conclude(run, request, lines);
    }
    if (clock.now().getTime() > deadline) throw buildTimedOut(runId, request.timeoutSeconds);
    await clock.sleep(pollMilliseconds, connection.signal);
  }
}

/** The agent writes the log's end a moment after the run's state. */
async function drain(
  log: BuildLogReader,
  show: (lines: readonly string[]) => void,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 0; attempt < 5 && !log.complete; attempt += 1) {
    if (attempt > 0) await clock.sleep(pollMilliseconds, signal);
    show(await log.readNewLines());
  }
  show(log.finish());
}

function conclude(run: BuildRun, request: FollowBuildRequest, lines: readonly string[]): BuildRun {
  switch (classifyBuildStatus(run.status)) {
    case "cancelled":
      throw buildCancelled(run.runId);
    case "failed": {
      if (run.status === "Timeout") throw buildTimedOut(run.runId, request.timeoutSeconds);
      const { step, lastLines } = summarizeBuildLog(lines);
      throw buildFailed({
        runId: run.runId,
        status: run.status,
        reason: run.errorMessage,
        step,
        lastLines,
      });
    }
    default:
      return run;
  }
}
