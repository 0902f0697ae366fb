import { BuildLogReader } from "../azure/build-log.js";
import type { AzureConnection } from "../azure/connection.js";
import type { BuildRun, RegistryAddress, RegistryBuildsClient } from "../azure/registry-builds.js";
import {
  type BuildStep,
  classifyBuildStatus,
  parseBuildStep,
  summarizeBuildLog,
} from "../domain/build-states.js";
import { type Clock, pollDelay } from "../domain/clock.js";
import { buildCancelled, buildFailed, buildTimedOut } from "../errors/catalogue/image.js";
import { RunnerctlError } from "../errors/runnerctl-error.js";
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

/** Often while there is something to show, seldom while a step says nothing. */
const polling = { first: 250, longest: 2000 };
/** Lines kept to find the failing step in; a step's output can be long. */
const keptLines = 2000;
/** The service ends a build at its timeout; this long after it, waiting on is pointless. */
const graceSeconds = 300;
/** Beyond the requests' own retries: a laptop that slept, a network that was changed. */
const reconnectDelays = [2, 5, 10, 20, 30, 60, 60, 60, 60, 60];

/** Passes a build's log on as it grows, until the build is over; throws unless it succeeded. */
export async function followBuild(
  request: FollowBuildRequest,
  deps: FollowBuildDeps,
): Promise<BuildRun> {
  const { clock, connection } = deps;
  const follower = new BuildFollower(request, deps);
  const deadline = clock.now().getTime() + (request.timeoutSeconds + graceSeconds) * 1000;
  for (let quiet = 0; ; quiet += 1) {
    const seen = follower.seen;
    const run = await follower.look();
    if (follower.seen > seen) quiet = 0;
    if (classifyBuildStatus(run.status) !== "running") {
      await follower.drain();
      return conclude(run, request, follower.lines);
    }
    if (clock.now().getTime() > deadline) {
      throw buildTimedOut(request.runId, request.timeoutSeconds);
    }
    await clock.sleep(pollDelay(quiet, { ...polling, random: Math.random() }), connection.signal);
  }
}

class BuildFollower {
  readonly lines: string[] = [];
  /** How many lines there have been. */
  seen = 0;
  private readonly log: BuildLogReader;
  private status = "";
  private step: BuildStep | undefined;

  constructor(
    private readonly request: FollowBuildRequest,
    private readonly deps: FollowBuildDeps,
  ) {
    const { builds, connection } = deps;
    const { address, runId } = request;
    this.log = new BuildLogReader(connection, () => builds.getLogUrl(address, runId));
  }

  /** The state first, the log after it: what is read of the log then includes its end. */
  look(): Promise<BuildRun> {
    return this.reconnecting(async () => {
      const run = await this.deps.builds.getRun(this.request.address, this.request.runId);
      this.showStatus(run.status);
      this.show(await this.log.readNewLines());
      return run;
    });
  }

  /** The agent writes the log's end a moment after the run's state. */
  async drain(): Promise<void> {
    const { clock, connection } = this.deps;
    const { log } = this;
    for (let attempt = 0; attempt < 5 && !log.complete; attempt += 1) {
      if (attempt > 0) await clock.sleep(polling.first * 2 ** attempt, connection.signal);
      this.show(await this.reconnecting(() => log.readNewLines()));
    }
    this.show(log.finish());
  }

  /** The build goes on without us: a lost connection is waited out, and nothing is shown twice. */
  private async reconnecting<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await work();
      } catch (error) {
        const seconds = reconnectDelays[attempt];
        const { clock, connection, emit } = this.deps;
        if (seconds === undefined || connection.signal?.aborted === true || !isPassing(error)) {
          throw error;
        }
        const { runId } = this.request;
        emit({
          name: "image.build.reconnect",
          level: "warn",
          message: `No connection to the build ${runId}, which goes on in Azure; trying again in ${seconds} s`,
          data: { runId, seconds },
        });
        await clock.sleep(seconds * 1000, connection.signal);
      }
    }
  }

  private show(news: readonly string[]): void {
    const { runId } = this.request;
    const { emit } = this.deps;
    for (const line of news) {
      this.seen += 1;
      this.lines.push(line);
      emit({ name: "image.build.log", level: "info", message: line, data: { runId, line } });
      this.showStep(parseBuildStep(line));
    }
    this.lines.splice(0, Math.max(0, this.lines.length - keptLines));
  }

  private showStep(step: BuildStep | undefined): void {
    if (step === undefined || step.number === this.step?.number) return;
    this.step = step;
    this.deps.emit({
      name: "image.build.step",
      // The line itself has been shown: this is for the live line, and for programs.
      level: "debug",
      message: `step ${step.number}/${step.total ?? "?"} ${step.instruction}`,
      data: { runId: this.request.runId, ...step, transient: true },
    });
  }

  private showStatus(status: string): void {
    if (status === this.status) return;
    this.status = status;
    const { runId } = this.request;
    this.deps.emit({
      name: "image.build.status",
      level: "debug",
      message: `Build ${runId}: ${status}`,
      data: { runId, status },
    });
  }
}

/** Unreachable, overloaded or failing for now, as opposed to refused. */
const passing = new Set([
  "azure.unreachable",
  "azure.unavailable",
  "azure.throttled",
  "azure.timedOut",
]);

function isPassing(error: unknown): boolean {
  return error instanceof RunnerctlError && passing.has(error.code);
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
