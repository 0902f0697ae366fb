import type { SandboxHttpError, SandboxReply, SandboxRequest } from "../ports.js";
import type { BlobProperties } from "./blob-store.js";

export function rangeOf(
  request: SandboxRequest,
): { start: number; end: number | undefined } | undefined {
  const header = request.headers["x-ms-range"] ?? request.headers["range"];
  const match = /^bytes=(\d+)-(\d*)$/.exec(String(header ?? ""));
  if (match === null) return undefined;
  const end = match[2] === "" ? undefined : Number(match[2]);
  return { start: Number(match[1]), end };
}

export function contentTypeOf(request: SandboxRequest): string {
  const type = request.headers["x-ms-blob-content-type"] ?? request.headers["content-type"];
  return typeof type === "string" ? type : "application/octet-stream";
}

export function metadataOf(request: SandboxRequest): Record<string, string> {
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (name.startsWith("x-ms-meta-")) metadata[name.slice(10)] = String(value);
  }
  return metadata;
}

export function writtenHeaders(properties: BlobProperties): Record<string, string> {
  return {
    ETag: properties.etag,
    "Last-Modified": properties.lastModified,
    "x-ms-request-server-encrypted": "true",
  };
}

export function propertyHeaders(properties: BlobProperties): Record<string, string> {
  const headers: Record<string, string> = {
    ETag: properties.etag,
    "Last-Modified": properties.lastModified,
    "Content-Type": properties.contentType,
    "Accept-Ranges": "bytes",
    "Content-Length": String(properties.length),
    "x-ms-blob-type": properties.type,
    "x-ms-lease-status": "unlocked",
    "x-ms-lease-state": "available",
    "x-ms-server-encrypted": "true",
  };
  for (const [name, value] of Object.entries(properties.metadata)) {
    headers[`x-ms-meta-${name}`] = value;
  }
  return headers;
}

/** https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2 */
export function storageError(
  error: SandboxHttpError,
  headers: Record<string, string>,
): SandboxReply {
  const detail = headers["x-sandbox-authentication-detail"];
  const shown = { ...headers };
  delete shown["x-sandbox-authentication-detail"];
  const text = [
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code>`,
    `<Message>${escapeXml(error.message)}\nRequestId:${headers["x-ms-request-id"] ?? ""}</Message>`,
    detail === undefined
      ? ""
      : `<AuthenticationErrorDetail>${escapeXml(detail)}</AuthenticationErrorDetail>`,
    "</Error>",
  ].join("");
  return {
    status: error.status,
    headers: { ...shown, "Content-Type": "application/xml", "x-ms-error-code": error.code },
    body: text,
  };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
