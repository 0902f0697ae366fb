import type { Readable } from "node:stream";
import { RestError } from "@azure/core-rest-pipeline";
import type { AzureConnection } from "./connection.js";
import { callAzure } from "./errors.js";
import { createHttpSender, type HttpSender } from "./http.js";

const blockSize = 4 * 1024 * 1024;
const serviceVersion = "2021-08-06";

/**
 * Uploads a stream to a block blob by its SAS address, holding one block in memory at a time. The
 * address carries its own signature and must not be logged.
 * https://learn.microsoft.com/rest/api/storageservices/put-block-list
 */
export async function uploadBuildSource(
  connection: AzureConnection,
  uploadUrl: string,
  content: Readable,
): Promise<{ readonly bytes: number }> {
  const send = createHttpSender(connection);
  const allowHttp = connection.allowCustomAuthority;
  return callAzure({ doing: "uploading the build context" }, async () => {
    const blocks: string[] = [];
    let bytes = 0;
    let pending: Buffer | undefined;
    for await (const block of inBlocks(content, blockSize)) {
      bytes += block.length;
      if (pending !== undefined) await putBlock(pending);
      pending = block;
    }
    if (blocks.length === 0) {
      await put(send, uploadUrl, pending ?? Buffer.alloc(0), {
        "x-ms-blob-type": "BlockBlob",
        "content-type": "application/gzip",
      });
      return { bytes };
    }
    if (pending !== undefined) await putBlock(pending);
    const list = blocks.map((id) => `<Latest>${id}</Latest>`).join("");
    await put(
      send,
      withQuery(uploadUrl, { comp: "blocklist" }),
      Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`),
      { "content-type": "application/xml", "x-ms-blob-content-type": "application/gzip" },
    );
    return { bytes };

    async function putBlock(block: Buffer): Promise<void> {
      const id = Buffer.from(String(blocks.length).padStart(8, "0")).toString("base64");
      await put(send, withQuery(uploadUrl, { comp: "block", blockid: id }), block, {});
      blocks.push(id);
    }
  });

  async function put(
    sender: HttpSender,
    url: string,
    body: Buffer,
    headers: Record<string, string>,
  ): Promise<void> {
    const response = await sender({
      method: "PUT",
      url,
      body,
      headers: { "x-ms-version": serviceVersion, ...headers },
      signal: connection.signal,
      allowHttp,
    });
    if (response.status !== 201) {
      throw new RestError(`the blob store answered with HTTP ${response.status}`, {
        statusCode: response.status,
      });
    }
  }
}

function withQuery(url: string, query: Readonly<Record<string, string>>): string {
  const extra = new URLSearchParams(query).toString();
  return `${url}${url.includes("?") ? "&" : "?"}${extra}`;
}

async function* inBlocks(content: Readable, size: number): AsyncGenerator<Buffer> {
  let parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (length + rest.length >= size) {
      const head = rest.subarray(0, size - length);
      yield Buffer.concat([...parts, head]);
      rest = rest.subarray(head.length);
      parts = [];
      length = 0;
    }
    if (rest.length > 0) {
      parts.push(rest);
      length += rest.length;
    }
  }
  if (length > 0) yield Buffer.concat(parts);
}
