import { setTimeout as delay } from "node:timers/promises";
import type { GithubConclusion } from "../../ports.js";
import type { JobReply, OpenSessionReply, OpenSessionRequest } from "../runner-protocol.js";

export class ServerRefusal extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Connection failures in a row after which the server is given up. */
const patience = 10;

/** The runner's side of the private protocol. */
export class ServerConnection {
  private token: string;

  constructor(
    private readonly serverUrl: string,
    credential: string,
  ) {
    this.token = credential;
  }

  async openSession(about: OpenSessionRequest): Promise<OpenSessionReply> {
    const opened = (await this.call("POST", "sessions", about)) as OpenSessionReply;
    this.token = opened.session;
    return opened;
  }

  /** Polls until there is a job, or the signal aborts. */
  async waitForJob(signal: AbortSignal): Promise<JobReply | undefined> {
    while (!signal.aborted) {
      const job = await this.call("GET", "job", undefined, signal);
      if (job !== undefined) return job as JobReply;
    }
    return undefined;
  }

  /** Polls until the run is cancelled; false when the signal aborts first. */
  async waitForCancellation(signal: AbortSignal): Promise<boolean> {
    while (!signal.aborted) {
      if ((await this.call("GET", "cancellation", undefined, signal)) !== undefined) return true;
    }
    return false;
  }

  async startJob(): Promise<void> {
    await this.call("POST", "job/start", {});
  }

  async startStep(number: number, name: string): Promise<void> {
    await this.call("POST", "steps", { number, name });
  }

  async finishStep(number: number, name: string, conclusion: GithubConclusion): Promise<void> {
    await this.call("POST", "steps", { number, name, conclusion });
  }

  async appendLog(lines: readonly string[]): Promise<void> {
    await this.call("POST", "log", { lines });
  }

  async finishJob(conclusion: GithubConclusion): Promise<void> {
    await this.call("POST", "job/finish", { conclusion });
  }

  async closeSession(): Promise<void> {
    await this.call("DELETE", "sessions");
  }

  private async call(
    method: string,
    path: string,
    body?: unknown,
    signal?: AbortSignal,
  ): Promise<unknown> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const response = await fetch(`${this.serverUrl}/${path}`, {
          method,
          headers: {
            Authorization: `Bearer ${this.token}`,
            ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          ...(signal === undefined ? {} : { signal }),
        });
        const text = await response.text();
        if (!response.ok) throw new ServerRefusal(response.status, text.slice(0, 500));
        return text === "" ? undefined : (JSON.parse(text) as unknown);
      } catch (error) {
        if (signal?.aborted === true) return undefined;
        const final = error instanceof ServerRefusal && error.status < 500;
        if (final || attempt >= patience) throw error;
        await delay(Math.min(200 * 2 ** attempt, 5000));
      }
    }
  }
}
