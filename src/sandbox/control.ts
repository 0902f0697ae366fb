import { timingSafeEqual } from "node:crypto";
import type { AccessLog } from "./access-log.js";
import type { ControlClock } from "./clock.js";
import { parseFaultScripts, type FaultTable } from "./faults.js";
import {
  SandboxHttpError,
  type Clock,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "./ports.js";

export interface ControlOptions {
  readonly token: string;
  readonly clock: Clock | ControlClock;
  readonly faults: FaultTable;
  readonly log: AccessLog;
  readonly environment: () => Readonly<Record<string, string>>;
  readonly createPrincipal: (displayName: string) => unknown;
  readonly reset: () => Promise<void>;
}

/** Every address below `/_sandbox/`, in any room, takes the control token; only the health check does not. */
export function createControlGuard(token: string): (request: SandboxRequest) => void {
  const wanted = Buffer.from(`Bearer ${token}`);
  return (request) => {
    if (request.path === "/_sandbox/health") return;
    const given = Buffer.from(request.headers.authorization ?? "");
    if (given.length === wanted.length && timingSafeEqual(given, wanted)) return;
    throw new SandboxHttpError(
      401,
      "ControlTokenRequired",
      "Send `Authorization: Bearer` with the token of control.json in the sandbox's directory.",
    );
  };
}

export function createControlService(options: ControlOptions): SandboxService {
  return { name: "control", handle: (request) => route(request, options) };
}

async function route(
  request: SandboxRequest,
  options: ControlOptions,
): Promise<SandboxReply | undefined> {
  const { faults, log, clock } = options;
  switch (`${request.method} ${request.path}`) {
    case "GET /_sandbox/health":
      return { status: 200, body: { status: "ok", pid: process.pid } };
    case "GET /_sandbox/environment":
      return { status: 200, body: options.environment() };
    case "GET /_sandbox/requests":
      return { status: 200, body: { value: log.list() } };
    case "DELETE /_sandbox/requests":
      log.clear();
      return { status: 204 };
    case "GET /_sandbox/faults":
      return { status: 200, body: { value: faults.list() } };
    case "POST /_sandbox/faults":
      return { status: 201, body: { ids: faults.add(parseFaultScripts(await request.json())) } };
    case "DELETE /_sandbox/faults":
      faults.clear();
      return { status: 204 };
    case "GET /_sandbox/clock":
      return { status: 200, body: { now: clock.now().toISOString() } };
    case "POST /_sandbox/clock":
      return { status: 200, body: changeClock(clock, await request.json()) };
    case "POST /_sandbox/principals": {
      const { displayName } = ((await request.json()) ?? {}) as { displayName?: string };
      return { status: 201, body: options.createPrincipal(displayName ?? "sandbox principal") };
    }
    case "POST /_sandbox/reset":
      await options.reset();
      return { status: 204 };
    default:
      return undefined;
  }
}

function changeClock(clock: Clock | ControlClock, body: unknown): { now: string } {
  const { advance, speed } = (body ?? {}) as { advance?: unknown; speed?: unknown };
  if (!("advance" in clock)) {
    throw new SandboxHttpError(409, "ClockNotControllable", "This sandbox was given a clock.");
  }
  for (const [name, value] of Object.entries({ advance, speed })) {
    if (value === undefined) continue;
    if (typeof value !== "number" || !(value >= 0) || (name === "speed" && value === 0)) {
      throw new SandboxHttpError(400, "InvalidClock", `\`${name}\` must be a positive number.`);
    }
  }
  if (typeof speed === "number") clock.setSpeed(speed);
  if (typeof advance === "number") clock.advance(advance * 1000);
  return { now: clock.now().toISOString() };
}
