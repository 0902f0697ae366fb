import { createHash, randomUUID } from "node:crypto";
import type { SandboxContext, SandboxReply, SandboxRequest, SandboxService } from "../ports.js";
import { SandboxHttpError } from "../ports.js";
import type { BlobProperties, BlobStore } from "./blob-store.js";
import {
  contentTypeOf,
  metadataOf,
  propertyHeaders,
  rangeOf,
  storageError,
  writtenHeaders,
} from "./blob-wire.js";
import { storageHost } from "../storage-host.js";
import { findSasProblem, storageAccount } from "./storage-sas.js";

interface BlobAddress {
  readonly container: string;
  readonly blob: string;
}

/**
 * The part of Blob Storage that ACR Tasks lends its clients through SAS URLs: uploading a build
 * context and reading a growing log. https://learn.microsoft.com/rest/api/storageservices/blob-service-rest-api
 */
export function createBlobService(
  ctx: SandboxContext,
  store: BlobStore,
  accountKey: () => Buffer,
): SandboxService {
  /** Uncommitted blocks live in memory only, as they are soon committed or worthless. */
  const blocks = new Map<string, Map<string, Buffer>>();

  async function handle(request: SandboxRequest): Promise<SandboxReply | undefined> {
    if (request.listener !== "main") return undefined;
    const address = parseAddress(request);
    if (address === undefined) return undefined;
    const common = {
      "x-ms-request-id": randomUUID(),
      "x-ms-version": String(request.headers["x-ms-version"] ?? "2018-11-09"),
      Date: ctx.clock.now().toUTCString(),
    };
    try {
      const reply = await route(request, address);
      return { ...reply, headers: { ...common, ...reply.headers } };
    } catch (error) {
      if (error instanceof SandboxHttpError && error.options.body === undefined) {
        return storageError(error, { ...common, ...error.options.headers });
      }
      throw error;
    }
  }

  async function route(request: SandboxRequest, address: BlobAddress): Promise<SandboxReply> {
    const operation = request.query.get("comp") ?? "";
    switch (`${request.method} ${operation}`) {
      case "PUT ":
        authorize(request, address, "cw");
        return putBlob(request, address);
      case "PUT block":
        authorize(request, address, "cw");
        return putBlock(request, address);
      case "PUT blocklist":
        authorize(request, address, "cw");
        return putBlockList(request, address);
      case "GET ":
      case "HEAD ":
        authorize(request, address, "r");
        return readBlob(request, address);
      case "GET metadata":
      case "HEAD metadata":
        authorize(request, address, "r");
        return {
          status: 200,
          headers: { ...propertyHeaders(existing(address)), "Content-Length": "0" },
        };
      case "DELETE ":
        authorize(request, address, "d");
        existing(address);
        store.delete(address.container, address.blob);
        return { status: 202 };
      default:
        throw new SandboxHttpError(
          400,
          "UnsupportedHttpVerb",
          `The sandbox does not serve ${request.method}${operation === "" ? "" : ` comp=${operation}`} for blobs.`,
        );
    }
  }

  function authorize(request: SandboxRequest, address: BlobAddress, permission: string): void {
    const now = ctx.clock.now();
    const problem = findSasProblem(accountKey(), address, request.query, permission, now);
    if (problem === undefined) return;
    if (problem === "missing") {
      throw new SandboxHttpError(
        401,
        "NoAuthenticationInformation",
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
        { headers: { "WWW-Authenticate": "Bearer" } },
      );
    }
    if (problem === "permission") {
      throw new SandboxHttpError(
        403,
        "AuthorizationPermissionMismatch",
        "This request is not authorized to perform this operation using this permission.",
      );
    }
    const details: Record<typeof problem, string> = {
      malformed: "The SAS parameters are malformed or not a service SAS of a blob.",
      signature: "Signature did not match.",
      expired: `Signature not valid in the specified time frame: Start [${request.query.get("st") ?? ""}] - Expiry [${request.query.get("se") ?? ""}] - Current [${now.toUTCString()}]`,
    };
    throw new SandboxHttpError(
      403,
      "AuthenticationFailed",
      "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.",
      { headers: { "x-sandbox-authentication-detail": details[problem] } },
    );
  }

  async function putBlob(request: SandboxRequest, address: BlobAddress): Promise<SandboxReply> {
    const type = request.headers["x-ms-blob-type"];
    if (type !== "BlockBlob") {
      throw new SandboxHttpError(
        400,
        type === undefined ? "MissingRequiredHeader" : "InvalidHeaderValue",
        "An HTTP header that's mandatory for this request is not specified or has a value that is not served: x-ms-blob-type must be BlockBlob.",
      );
    }
    const content = await request.body();
    const md5 = createHash("md5").update(content).digest("base64");
    const claimed = request.headers["content-md5"];
    if (claimed !== undefined && claimed !== md5) {
      throw new SandboxHttpError(
        400,
        "Md5Mismatch",
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
      );
    }
    const properties = store.put(address.container, address.blob, content, {
      type: "BlockBlob",
      contentType: contentTypeOf(request),
      metadata: metadataOf(request),
    });
    return { status: 201, headers: { ...writtenHeaders(properties), "Content-MD5": md5 } };
  }

  async function putBlock(request: SandboxRequest, address: BlobAddress): Promise<SandboxReply> {
    const id = request.query.get("blockid");
    if (id === null) {
      throw new SandboxHttpError(
        400,
        "MissingRequiredQueryParameter",
        "A query parameter that's mandatory for this request is not specified: blockid.",
      );
    }
    // Several arrive at once: nothing is looked up before the body is there.
    const body = await request.body();
    const key = `${address.container}/${address.blob}`;
    const uncommitted = blocks.get(key) ?? new Map<string, Buffer>();
    uncommitted.set(id, body);
    blocks.set(key, uncommitted);
    return { status: 201, headers: { "x-ms-request-server-encrypted": "true" } };
  }

  async function putBlockList(
    request: SandboxRequest,
    address: BlobAddress,
  ): Promise<SandboxReply> {
    const list = (await request.body()).toString("utf8");
    const key = `${address.container}/${address.blob}`;
    const uncommitted = blocks.get(key) ?? new Map<string, Buffer>();
    const parts: Buffer[] = [];
    for (const match of list.matchAll(/<(Latest|Uncommitted|Committed)>([^<]*)<\/\1>/g)) {
      const block = uncommitted.get((match[2] ?? "").trim());
      if (block === undefined) {
        throw new SandboxHttpError(400, "InvalidBlockList", "The specified block list is invalid.");
      }
      parts.push(block);
    }
    const properties = store.put(address.container, address.blob, Buffer.concat(parts), {
      type: "BlockBlob",
      contentType: contentTypeOf(request),
      metadata: metadataOf(request),
    });
    blocks.delete(key);
    return { status: 201, headers: writtenHeaders(properties) };
  }

  function existing(address: BlobAddress): BlobProperties {
    const properties = store.properties(address.container, address.blob);
    if (properties === undefined) {
      throw new SandboxHttpError(404, "BlobNotFound", "The specified blob does not exist.");
    }
    return properties;
  }

  function readBlob(request: SandboxRequest, address: BlobAddress): SandboxReply {
    const properties = existing(address);
    const content = store.read(address.container, address.blob) ?? Buffer.alloc(0);
    const headers = propertyHeaders({ ...properties, length: content.length });
    const range = request.method === "HEAD" ? undefined : rangeOf(request);
    if (range === undefined) {
      return {
        status: 200,
        headers: { ...headers, "Content-Length": String(content.length) },
        body: request.method === "HEAD" ? undefined : content,
      };
    }
    if (range.start >= content.length) {
      throw new SandboxHttpError(
        416,
        "InvalidRange",
        "The range specified is invalid for the current size of the resource.",
        { headers: { "Content-Range": `bytes */${content.length}` } },
      );
    }
    const end = Math.min(range.end ?? content.length - 1, content.length - 1);
    const part = content.subarray(range.start, end + 1);
    return {
      status: 206,
      headers: {
        ...headers,
        "Content-Length": String(part.length),
        "Content-Range": `bytes ${range.start}-${end}/${content.length}`,
      },
      body: part,
    };
  }

  return { name: "blob", handle };
}

/** The account is the first part of the path, or of the host as in Azure. */
function parseAddress({ path, url }: SandboxRequest): BlobAddress | undefined {
  const inHost = url.hostname === storageHost;
  const [, account, container, ...rest] = `${inHost ? `/${storageAccount}` : ""}${path}`.split("/");
  if (account !== storageAccount || container === undefined || rest.length === 0) return undefined;
  return {
    container: decodeURIComponent(container),
    blob: rest.map((segment) => decodeURIComponent(segment)).join("/"),
  };
}
