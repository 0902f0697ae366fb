import type { TerraformDiagnostic } from "../errors/catalogue/terraform.js";
import type { Emit } from "../output/events.js";

/*
 * Terraform's machine-readable UI, one JSON object a line:
 * https://developer.hashicorp.com/terraform/internals/machine-readable-ui
 */

/** A line of the stream, as far as it is read here. */
interface UiMessage {
  readonly type?: string;
  readonly "@message"?: string;
  readonly diagnostic?: {
    readonly severity?: string;
    readonly summary?: string;
    readonly detail?: string;
    readonly address?: string;
  };
  readonly change?: { readonly resource?: { readonly addr?: string }; readonly action?: string };
  readonly hook?: {
    readonly resource?: { readonly addr?: string };
    readonly action?: string;
    readonly elapsed_seconds?: number;
  };
}

/** What a run of Terraform has said so far. */
export interface StreamSummary {
  readonly diagnostics: readonly TerraformDiagnostic[];
  /** Addresses in the order in which they were done. */
  readonly applied: readonly string[];
  /** Started, and neither done nor failed. */
  readonly inFlight: readonly string[];
  readonly failed: readonly string[];
}

/** Turns lines into events and keeps what the end of the run is judged by. */
export class JsonStream {
  readonly #planning: boolean;
  readonly #emit: Emit;
  readonly #stack: string;
  readonly #diagnostics: TerraformDiagnostic[] = [];
  readonly #applied: string[] = [];
  readonly #failed: string[] = [];
  readonly #inFlight = new Set<string>();

  /** `planning`: report what is planned; an apply repeats it all at its beginning. */
  constructor(stack: string, emit: Emit, { planning }: { readonly planning: boolean }) {
    this.#planning = planning;
    this.#stack = stack;
    this.#emit = emit;
  }

  get summary(): StreamSummary {
    return {
      diagnostics: this.#diagnostics,
      applied: this.#applied,
      inFlight: [...this.#inFlight],
      failed: this.#failed,
    };
  }

  /** A line of stdout. What is not JSON (a panic, a wrapper's chatter) is passed on as it is. */
  readLine(line: string): void {
    if (line.trim() === "") return;
    const message = parseMessage(line);
    this.#emit({
      name: "terraform.raw",
      level: "debug",
      message: message?.["@message"] ?? line,
      data: { stack: this.#stack, line },
    });
    if (message !== undefined) this.#read(message);
  }

  /** A line of stderr: the provider's or Terraform's own log. */
  readErrorLine(line: string): void {
    if (line.trim() === "") return;
    this.#emit({
      name: "terraform.stderr",
      level: "debug",
      message: line,
      data: { stack: this.#stack },
    });
  }

  #read(message: UiMessage): void {
    // Data sources are only looked at.
    if (message.hook?.action === "read") return;
    const address = message.hook?.resource?.addr;
    switch (message.type) {
      case "planned_change":
        if (!this.#planning) return;
        // The plan is shown as a whole when it is complete.
        this.#report(
          "terraform.plan.change",
          message,
          { address: message.change?.resource?.addr, action: message.change?.action },
          "debug",
        );
        return;
      case "apply_start":
        if (address !== undefined) this.#inFlight.add(address);
        this.#reportHook("terraform.resource.start", message);
        return;
      case "apply_progress":
        this.#reportHook("terraform.resource.progress", message);
        return;
      case "apply_complete":
        if (address !== undefined) {
          this.#inFlight.delete(address);
          this.#applied.push(address);
        }
        this.#reportHook("terraform.resource.done", message);
        return;
      case "apply_errored":
        if (address !== undefined) {
          this.#inFlight.delete(address);
          this.#failed.push(address);
        }
        // Why is in the diagnostic; whether it is an error of the command is not known yet.
        this.#reportHook("terraform.resource.failed", message, "warn");
        return;
      case "diagnostic":
        this.#readDiagnostic(message);
        return;
      case undefined:
      default:
        return;
    }
  }

  #readDiagnostic({ diagnostic }: UiMessage): void {
    if (diagnostic === undefined) return;
    const severity = diagnostic.severity === "warning" ? "warning" : "error";
    const entry: TerraformDiagnostic = {
      severity,
      summary: diagnostic.summary ?? "",
      detail: diagnostic.detail ?? "",
      ...(diagnostic.address === undefined ? {} : { address: diagnostic.address }),
    };
    // Terraform repeats "execution halted" once for every resource that it gave up.
    if (this.#diagnostics.some((known) => isSame(known, entry))) return;
    this.#diagnostics.push(entry);
    this.#emit({
      name: "terraform.diagnostic",
      // An error becomes the command's error; here it is only told of, for --verbose.
      level: severity === "warning" ? "warn" : "debug",
      message: entry.summary,
      data: { stack: this.#stack, ...entry },
    });
  }

  #reportHook(name: string, message: UiMessage, level: "info" | "warn" = "info"): void {
    this.#report(
      name,
      message,
      {
        address: message.hook?.resource?.addr,
        action: message.hook?.action,
        elapsedSeconds: message.hook?.elapsed_seconds,
        // On a terminal only the newest matters of what has begun; what is done stays.
        transient: name === "terraform.resource.start" || name === "terraform.resource.progress",
      },
      level,
    );
  }

  #report(
    name: string,
    message: UiMessage,
    data: Readonly<Record<string, unknown>>,
    level: "debug" | "info" | "warn" = "info",
  ): void {
    this.#emit({
      name,
      level,
      // The id repeats what the address says, at three times the length.
      message: (message["@message"] ?? "").replace(/ \[id=[^\]]*\]$/, ""),
      data: { stack: this.#stack, ...data },
    });
  }
}

function parseMessage(line: string): UiMessage | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as UiMessage;
  } catch {
    return undefined;
  }
}

function isSame(a: TerraformDiagnostic, b: TerraformDiagnostic): boolean {
  return a.summary === b.summary && a.detail === b.detail && a.address === b.address;
}
