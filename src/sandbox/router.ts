import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { AccessLog, AccessRecord } from "./access-log.js";
import { makeFaultReply, type FaultTable } from "./faults.js";
import {
  SandboxHttpError,
  type Clock,
  type SandboxReply,
  type SandboxRequest,
  type SandboxService,
} from "./ports.js";
import { parseRequest } from "./request.js";

export interface RouterOptions {
  /** Asked in this order; the first that answers has it. */
  readonly services: () => readonly SandboxService[];
  readonly faults: FaultTable;
  readonly log: AccessLog;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Throws when a request to `/_sandbox/` does not carry the control token. */
  readonly guardControl: (request: SandboxRequest) => void;
}

export type RouteRequest = (
  message: IncomingMessage,
  response: ServerResponse,
  from: { readonly scheme: string; readonly listener: string },
) => Promise<void>;

export function createRouter(options: RouterOptions): RouteRequest {
  return async (message, response, from) => {
    const gone = new AbortController();
    response.once("close", () => gone.abort(new Error("The client went away.")));
    const signal = AbortSignal.any([gone.signal, options.signal]);
    const started = Date.now();
    let record: AccessRecord | undefined;
    try {
      const request = parseRequest(message, { ...from, signal });
      record = options.log.open(request, options.clock.now());
      const reply = await answer(request, record, options);
      if (reply === "reset" || response.destroyed) {
        message.socket.destroy();
        return;
      }
      record.status = reply.status;
      record.durationMs = Date.now() - started;
      await sendReply(message, response, reply);
    } catch {
      // Only a client that went away, a stream that broke, or a request line that is no URL.
      message.socket.destroy();
    }
  };
}

async function answer(
  request: SandboxRequest,
  record: AccessRecord,
  options: RouterOptions,
): Promise<SandboxReply | "reset"> {
  const effect = options.faults.take(request);
  if (effect === "reset-before") return "reset";
  if (effect === "hang") {
    await new Promise((resolve) => request.signal.addEventListener("abort", resolve));
    return "reset";
  }
  if (typeof effect === "object" && "status" in effect) {
    record.service = "fault";
    return makeFaultReply(effect);
  }
  // A client that leaves meanwhile does not take its request back.
  if (typeof effect === "object") await options.clock.sleep(effect.delayMs, options.signal);
  const reply = await dispatch(request, record, options);
  return effect === "reset-after" ? "reset" : reply;
}

async function dispatch(
  request: SandboxRequest,
  record: AccessRecord,
  options: RouterOptions,
): Promise<SandboxReply> {
  try {
    if (request.path.startsWith("/_sandbox/")) options.guardControl(request);
    for (const service of options.services()) {
      const reply = await service.handle(request);
      if (reply !== undefined) {
        record.service = service.name;
        return reply;
      }
    }
    throw new SandboxHttpError(
      404,
      "NotFound",
      `The sandbox serves nothing at ${request.method} ${request.path}.`,
    );
  } catch (error) {
    return makeErrorReply(error);
  }
}

function makeErrorReply(error: unknown): SandboxReply {
  if (error instanceof SandboxHttpError) {
    return {
      status: error.status,
      ...(error.options.headers === undefined ? {} : { headers: error.options.headers }),
      body: error.options.body ?? { error: { code: error.code, message: error.message } },
    };
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  // 501 rather than 500: clients repeat a 500, and a defect of ours does not go away by that.
  return {
    status: 501,
    body: { error: { code: "SandboxDefect", message: `A defect of the sandbox: ${text}` } },
  };
}

async function sendReply(
  message: IncomingMessage,
  response: ServerResponse,
  reply: SandboxReply,
): Promise<void> {
  const headers: Record<string, string | readonly string[]> = {
    "x-ms-request-id": randomUUID(),
    ...reply.headers,
  };
  const given = Object.keys(headers).map((name) => name.toLowerCase());
  const stream = reply.body instanceof Readable ? reply.body : undefined;
  const bytes = stream === undefined ? encodeBody(reply.body) : undefined;
  if (bytes !== undefined && bytes.json && !given.includes("content-type")) {
    headers["content-type"] = "application/json; charset=utf-8";
  }
  if (bytes !== undefined && reply.status !== 204 && !given.includes("content-length")) {
    headers["content-length"] = String(bytes.data.length);
  }
  for (const [name, value] of Object.entries(headers)) {
    response.setHeader(name, typeof value === "string" ? value : [...value]);
  }
  response.statusCode = reply.status;
  if (message.method === "HEAD" || bytes?.data.length === 0) response.end();
  else if (stream !== undefined) await pipeline(stream, response);
  else response.end(bytes?.data);
  // What a service left unread, or the next request of this connection would wait behind it.
  message.resume();
}

function encodeBody(body: unknown): { readonly data: Buffer; readonly json: boolean } {
  if (body === undefined) return { data: Buffer.alloc(0), json: false };
  if (Buffer.isBuffer(body)) return { data: body, json: false };
  if (typeof body === "string") return { data: Buffer.from(body, "utf8"), json: false };
  return { data: Buffer.from(JSON.stringify(body), "utf8"), json: true };
}
