import {
  SandboxHttpError,
  type SandboxContext,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "../ports.js";
import type {
  FinishRequest,
  LogRequest,
  OpenSessionRequest,
  StepRequest,
} from "./runner-protocol.js";

/** How long a poll is held open; below every proxy's and client's own patience. */
const pollMs = 30_000;
/** A runner that has not been heard of for so long is lost: after an answer, and after it hung up. */
const patienceMs = 15_000;
const patienceAfterHangUpMs = 2_000;

/** Serves `/_runner/`: hands GitHub's jobs to the runners and their reports to GitHub. */
export class ListenerService implements SandboxService {
  readonly name = "runner";
  private readonly watches = new Map<string, { polls: number; timer?: NodeJS.Timeout }>();

  constructor(private readonly context: SandboxContext) {}

  async handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (!request.path.startsWith("/_runner/")) return undefined;
    const route = `${request.method} ${request.path.slice("/_runner/".length)}`;
    const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? "")?.[1];
    if (token === undefined) throw new SandboxHttpError(401, "Unauthorized", "A token is missing.");
    if (route === "POST sessions") return this.openSession(request, token);
    return await this.hearFrom(token, request.signal, () => this.serve(route, request, token));
  }

  close(): Promise<void> {
    for (const { timer } of this.watches.values()) clearTimeout(timer);
    this.watches.clear();
    return Promise.resolve();
  }

  private async openSession(request: SandboxRequest, credential: string): Promise<SandboxReply> {
    const about = (await request.json()) as OpenSessionRequest;
    const opened = this.context.github.openSession(credential, about);
    this.watches.set(opened.session, { polls: 0 });
    return { status: 200, body: opened };
  }

  private async serve(
    route: string,
    request: SandboxRequest,
    session: string,
  ): Promise<SandboxReply> {
    const { github } = this.context;
    switch (route) {
      case "GET job": {
        const job = await github.waitForJob(session, pollSignal(request));
        return job === undefined ? { status: 204 } : { status: 200, body: job };
      }
      case "GET cancellation": {
        const cancelled = await waitForAbort(github.cancellation(session), pollSignal(request));
        return cancelled ? { status: 200, body: { cancelled } } : { status: 204 };
      }
      case "POST job/start":
        github.startJob(session);
        return { status: 204 };
      case "POST steps": {
        const { conclusion, ...step } = (await request.json()) as StepRequest;
        if (conclusion === undefined) github.startStep(session, step);
        else github.finishStep(session, { number: step.number, conclusion });
        return { status: 204 };
      }
      case "POST log":
        github.appendLog(session, ((await request.json()) as LogRequest).lines);
        return { status: 204 };
      case "POST job/finish":
        github.finishJob(session, ((await request.json()) as FinishRequest).conclusion);
        return { status: 204 };
      case "DELETE sessions":
        this.forget(session);
        github.closeSession(session, "ended");
        return { status: 204 };
      default:
        throw new SandboxHttpError(404, "NotFound", `The runner service has no ${route}.`);
    }
  }

  /** A runner always has a poll open; when none has been for a while, its process is gone. */
  private async hearFrom(
    session: string,
    hungUp: AbortSignal,
    serve: () => Promise<SandboxReply>,
  ): Promise<SandboxReply> {
    const watch = this.watches.get(session);
    if (watch === undefined) return await serve();
    clearTimeout(watch.timer);
    watch.polls += 1;
    try {
      return await serve();
    } finally {
      watch.polls -= 1;
      if (watch.polls === 0 && this.watches.has(session)) {
        watch.timer = setTimeout(
          () => this.lose(session),
          hungUp.aborted ? patienceAfterHangUpMs : patienceMs,
        );
        watch.timer.unref();
      }
    }
  }

  private lose(session: string): void {
    this.forget(session);
    try {
      this.context.github.closeSession(session, "lost");
    } catch {
      // GitHub had closed it already.
    }
  }

  private forget(session: string): void {
    clearTimeout(this.watches.get(session)?.timer);
    this.watches.delete(session);
  }
}

function pollSignal(request: SandboxRequest): AbortSignal {
  return AbortSignal.any([request.signal, AbortSignal.timeout(pollMs)]);
}

function waitForAbort(awaited: AbortSignal, until: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    if (awaited.aborted || until.aborted) return resolve(awaited.aborted);
    const settle = (): void => {
      awaited.removeEventListener("abort", settle);
      until.removeEventListener("abort", settle);
      resolve(awaited.aborted);
    };
    awaited.addEventListener("abort", settle);
    until.addEventListener("abort", settle);
  });
}
