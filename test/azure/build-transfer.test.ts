import { Readable } from "node:stream";
import { afterEach, describe, expect, it } from "vitest";
import { BuildLogReader } from "../../src/azure/build-log.js";
import { uploadBuildSource } from "../../src/azure/build-source.js";
import { connectTo } from "./fake-connection.js";
import { failureOf } from "./failure.js";
import { type Handler, type HttpsServer, startHttpsServer } from "./https-server.js";

let server: HttpsServer;

afterEach(() => server.close());

async function start(handler: Handler) {
  server = await startHttpsServer(handler);
  return connectTo(server).connection;
}

/** An append blob whose content the test grows. */
class Blob {
  content = Buffer.alloc(0);
  complete: string | undefined;
  exists = true;
  cuts = 0;

  readonly handle: Handler = (request) => {
    if (!this.exists) return { status: 404 };
    if (this.cuts > 0) {
      this.cuts -= 1;
      return { status: 200, cut: true };
    }
    const metadata: Record<string, string> =
      this.complete === undefined ? {} : { "x-ms-meta-complete": this.complete };
    if (request.method === "HEAD") {
      return {
        status: 200,
        headers: { ...metadata, "content-length": String(this.content.length) },
      };
    }
    const [, from, to] = /bytes=(\d+)-(\d+)/.exec(String(request.headers.range)) ?? [];
    if (Number(from) >= this.content.length) return { status: 416 };
    const part = this.content.subarray(Number(from), Number(to) + 1);
    return {
      status: 206,
      headers: {
        ...metadata,
        "content-range": `bytes ${from}-${Number(from) + part.length - 1}/${this.content.length}`,
      },
      body: part,
    };
  };

  append(text: string | Buffer): void {
    this.content = Buffer.concat([this.content, Buffer.from(text)]);
  }
}

describe("reading a build's log", () => {
  it("reads on from the last byte, and ends where the metadata says", async () => {
    const blob = new Blob();
    blob.exists = false;
    const log = new BuildLogReader(await start(blob.handle), `${server.origin}/log?sig=s`);
    expect(await log.readNewLines()).toEqual([]);
    blob.exists = true;
    blob.append("one\r\ntwo\r\nthr");
    expect(await log.readNewLines()).toEqual(["one", "two"]);
    expect(await log.readNewLines()).toEqual([]);
    // A character that arrives in two halves.
    const accent = Buffer.from("é");
    blob.append("ee");
    blob.append(accent.subarray(0, 1));
    expect(await log.readNewLines()).toEqual([]);
    blob.append(accent.subarray(1));
    blob.append("\nlast");
    expect(await log.readNewLines()).toEqual(["threeé"]);
    expect(log.complete).toBe(false);
    blob.complete = "successful";
    expect(await log.readNewLines()).toEqual([]);
    expect(log.complete).toBe(true);
    expect(log.finish()).toEqual(["last"]);
  });

  it("goes on after a lost connection without losing or repeating a line", async () => {
    const blob = new Blob();
    blob.append("a\n");
    const log = new BuildLogReader(await start(blob.handle), `${server.origin}/log?sig=s`);
    expect(await log.readNewLines()).toEqual(["a"]);
    blob.append("b\nc\n");
    blob.cuts = 1;
    expect(await log.readNewLines()).toEqual(["b", "c"]);
  });

  it("reads a long log in ranges", async () => {
    const blob = new Blob();
    const line = `${"x".repeat(99)}\n`;
    blob.append(line.repeat(25_000));
    blob.complete = "successful";
    const log = new BuildLogReader(await start(blob.handle), `${server.origin}/log?sig=s`);
    expect(await log.readNewLines()).toHaveLength(25_000);
    expect(log.complete).toBe(true);
    expect(server.requests.length).toBe(3);
  });
});

describe("uploading a build context", () => {
  it("puts a small one in one request", async () => {
    const connection = await start(() => ({ status: 201 }));
    const content = Readable.from([Buffer.from("ab"), Buffer.from("c")]);
    const { bytes } = await uploadBuildSource(connection, `${server.origin}/c/b?sig=s`, content);
    expect(bytes).toBe(3);
    expect(server.requests).toHaveLength(1);
    const [request] = server.requests;
    expect(request?.headers["x-ms-blob-type"]).toBe("BlockBlob");
    expect(request?.body).toBe("abc");
    expect(request?.query.get("sig")).toBe("s");
    expect(request?.headers.authorization).toBeUndefined();
  });

  it("puts a large one in blocks, in order", async () => {
    const connection = await start(() => ({ status: 201 }));
    const piece = Buffer.alloc(3 * 1024 * 1024, "p");
    const content = Readable.from([piece, piece, piece]);
    const { bytes } = await uploadBuildSource(connection, `${server.origin}/c/b?sig=s`, content);
    expect(bytes).toBe(9 * 1024 * 1024);
    const blocks = server.requests.filter((request) => request.query.get("comp") === "block");
    expect(blocks.map((request) => request.body.length / 1024 / 1024)).toEqual([4, 4, 1]);
    const list = server.requests.at(-1);
    expect(list?.query.get("comp")).toBe("blocklist");
    expect([...(list?.body ?? "").matchAll(/<Latest>(.*?)<\/Latest>/g)].map((m) => m[1])).toEqual(
      blocks.map((request) => request.query.get("blockid")),
    );
  });

  it("tells a refused upload", async () => {
    const connection = await start(() => ({ status: 403, body: "<Error/>" }));
    const error = await failureOf(
      uploadBuildSource(
        connection,
        `${server.origin}/c/b?sig=secret`,
        Readable.from([Buffer.from("a")]),
      ),
    );
    expect(error.code).toBe("azure.forbidden");
    expect(error.message).not.toContain("secret");
  });
});
