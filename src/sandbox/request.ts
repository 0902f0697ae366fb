import type { IncomingMessage } from "node:http";
import { SandboxHttpError, type SandboxRequest } from "./ports.js";

export function parseRequest(
  message: IncomingMessage,
  options: { readonly scheme: string; readonly listener: string; readonly signal: AbortSignal },
): SandboxRequest {
  const host = message.headers.host ?? "localhost";
  // Put together as text: `new URL("//metadata/endpoints", base)` would take `metadata` for a host.
  const target = message.url ?? "/";
  const url = new URL(
    /^https?:\/\//i.test(target) ? target : `${options.scheme}://${host}${target}`,
  );
  let read: Promise<Buffer> | undefined;
  const body = (): Promise<Buffer> => (read ??= readAll(message));
  return {
    method: message.method ?? "GET",
    url,
    path: url.pathname.replace(/\/{2,}/g, "/"),
    query: url.searchParams,
    headers: message.headers,
    listener: options.listener,
    stream: message,
    signal: options.signal,
    body,
    json: async () => parseJson(await body()),
    form: async () => new URLSearchParams((await body()).toString("utf8")),
  };
}

async function readAll(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString("utf8");
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SandboxHttpError(
      400,
      "InvalidRequestContent",
      "The request content was invalid and could not be deserialized: it is not JSON.",
    );
  }
}
