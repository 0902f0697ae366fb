import type { ArmResource, SandboxContext } from "../ports.js";

/** Longer lines are cut: a row of Log Analytics holds at most 32 KB of text. */
const longestLine = 32 * 1024;

/** Sends what an execution's containers print, and what happens to them, to its environment's workspace. */
export class ExecutionLogs {
  private readonly customerId: string | undefined;
  private readonly environment: string;

  constructor(
    private readonly context: SandboxContext,
    private readonly job: ArmResource,
    private readonly execution: string,
  ) {
    const id = job.properties["environmentId"];
    const environment = typeof id === "string" ? context.arm.find(id) : undefined;
    this.environment = environment?.name ?? "";
    this.customerId = findWorkspace(environment);
  }

  /** Takes pieces of a stream as they come; `end` gives up what is left without a line end. */
  openStream(from: {
    readonly replica: string;
    readonly container: string;
    readonly image: string;
    readonly stream: "stdout" | "stderr";
  }): { write(text: string): void; end(): void } {
    let rest = "";
    const emit = (lines: readonly string[]): void => {
      if (this.customerId === undefined || lines.length === 0) return;
      const now = this.context.clock.now();
      this.context.logs.ingest(
        this.customerId,
        lines.map((line) => ({
          table: "ContainerAppConsoleLogs_CL" as const,
          timeGenerated: now,
          columns: {
            ContainerJobName_s: this.job.name,
            ContainerGroupName_s: from.replica,
            ContainerName_s: from.container,
            ContainerImage_s: from.image,
            EnvironmentName_s: this.environment,
            Stream_s: from.stream,
            Log_s: line.slice(0, longestLine),
            _timestamp_d: now.getTime() / 1000,
            time_s: now.toISOString(),
          },
        })),
      );
    };
    return {
      write: (text) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        if (rest.length > longestLine) {
          lines.push(rest);
          rest = "";
        }
        emit(lines.map((line) => line.replace(/\r$/, "")));
      },
      end: () => {
        if (rest !== "") emit([rest]);
        rest = "";
      },
    };
  }

  system(
    reason: string,
    message: string,
    more: { replica?: string; warning?: boolean } = {},
  ): void {
    if (this.customerId === undefined) return;
    const now = this.context.clock.now();
    this.context.logs.ingest(this.customerId, [
      {
        table: "ContainerAppSystemLogs_CL",
        timeGenerated: now,
        columns: {
          JobName_s: this.job.name,
          ExecutionName_s: this.execution,
          ReplicaName_s: more.replica ?? "",
          EnvironmentName_s: this.environment,
          Type_s: more.warning === true ? "Warning" : "Normal",
          EventSource_s: "ContainerAppController",
          Reason_s: reason,
          Log_s: message,
          _timestamp_d: now.getTime() / 1000,
          time_s: now.toISOString(),
        },
      },
    ]);
  }
}

function findWorkspace(environment: ArmResource | undefined): string | undefined {
  const logs = environment?.properties["appLogsConfiguration"] as
    { logAnalyticsConfiguration?: { customerId?: unknown } | null } | null | undefined;
  const customerId = logs?.logAnalyticsConfiguration?.customerId;
  return typeof customerId === "string" && customerId !== "" ? customerId : undefined;
}
