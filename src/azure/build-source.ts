import type { Readable } from "node:stream";
import { RestError } from "@azure/core-rest-pipeline";
import type { AzureConnection } from "./connection.js";
import { callAzure } from "./errors.js";
import { createHttpSender, type HttpSender } from "./http.js";

const blockSize = 1024 * 1024;
/** Keeps the line busy while a block is on its way, and memory flat. */
const blocksAtOnce = 4;
const serviceVersion = "2021-08-06";

/**
 * Uploads a stream to a block blob by its SAS address, holding a few blocks in memory at a time. The
 * address carries its own signature and must not be logged.
 * https://learn.microsoft.com/rest/api/storageservices/put-block-list
 */
export async function uploadBuildSource(
  connection: AzureConnection,
  uploadUrl: string,
  content: Readable,
  options: { readonly onProgress?: (bytes: number) => void } = {},
): Promise<{ readonly bytes: number }> {
  const send = createHttpSender(connection);
  const allowHttp = connection.allowCustomAuthority;
  return callAzure({ doing: "uploading the build context" }, async () => {
    const blocks: string[] = [];
    const sending = new Set<Promise<void>>();
    let bytes = 0;
    let sent = 0;
    let failure: unknown;
    try {
      for await (const block of inBlocks(content, blockSize)) {
        // Less than a block altogether: one request says it all.
        if (blocks.length === 0 && block.length < blockSize) return await putWhole(block);
        bytes += block.length;
        const put = putBlock(block);
        sending.add(put);
        void put.then(
          () => sending.delete(put),
          (error: unknown) => {
            failure ??= error;
            sending.delete(put);
          },
        );
        if (sending.size >= blocksAtOnce) await Promise.race(sending);
        if (failure !== undefined) throw failure;
      }
      await Promise.all(sending);
    } finally {
      content.destroy();
      await Promise.allSettled(sending);
    }
    if (failure !== undefined) throw failure;
    if (blocks.length === 0) return putWhole(Buffer.alloc(0));
    const list = blocks.map((id) => `<Latest>${id}</Latest>`).join("");
    await put(
      send,
      withQuery(uploadUrl, { comp: "blocklist" }),
      Buffer.from(`<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`),
      { "content-type": "application/xml", "x-ms-blob-content-type": "application/gzip" },
    );
    return { bytes };

    async function putWhole(block: Buffer): Promise<{ readonly bytes: number }> {
      await put(send, uploadUrl, block, {
        "x-ms-blob-type": "BlockBlob",
        "content-type": "application/gzip",
      });
      return { bytes: block.length };
    }

    async function putBlock(block: Buffer): Promise<void> {
      const id = Buffer.from(String(blocks.length).padStart(8, "0")).toString("base64");
      blocks.push(id);
      await put(send, withQuery(uploadUrl, { comp: "block", blockid: id }), block, {});
      sent += block.length;
      options.onProgress?.(sent);
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
