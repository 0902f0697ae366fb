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
    const log = new BuildLogReader(
      await start(blob.handle),
      async () => `${server.origin}/log?sig=s`,
    );
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
    const log = new BuildLogReader(
      await start(blob.handle),
      async () => `${server.origin}/log?sig=s`,
    );
    expect(await log.readNewLines()).toEqual(["a"]);
    blob.append("b\nc\n");
    blob.cuts = 1;
    expect(await log.readNewLines()).toEqual(["b", "c"]);
  });

  it("asks for another address when the signature of this one has run out", async () => {
    const blob = new Blob();
    let signature = 0;
    const connection = await start((request) =>
      request.query.get("sig") === String(signature) ? blob.handle(request) : { status: 403 },
    );
    const log = new BuildLogReader(connection, async () => {
      signature += 1;
      return `${server.origin}/log?sig=${signature}`;
    });
    blob.append("a\n");
    expect(await log.readNewLines()).toEqual(["a"]);
    signature = 7;
    blob.append("b\n");
    expect(await log.readNewLines()).toEqual(["b"]);
    expect(signature).toBe(8);
  });

  it("keeps what it has read when a later request fails", async () => {
    const blob = new Blob();
    blob.append("a\n".repeat(700_000));
    let asked = 0;
    const connection = await start((request) => {
      asked += 1;
      return asked === 2 ? { status: 403 } : blob.handle(request);
    });
    let url: string | undefined = "log?sig=s";
    const log = new BuildLogReader(connection, async () => {
      if (url === undefined) throw Object.assign(new Error("no"), { statusCode: 404 });
      return `${server.origin}/${url}`;
    });
    const first = log.readNewLines();
    url = undefined;
    await failureOf(first);
    url = "log?sig=s";
    expect(await log.readNewLines()).toHaveLength(700_000);
  });

  it("reads a long log in ranges", async () => {
    const blob = new Blob();
    const line = `${"x".repeat(99)}\n`;
    blob.append(line.repeat(25_000));
    blob.complete = "successful";
    const log = new BuildLogReader(
      await start(blob.handle),
      async () => `${server.origin}/log?sig=s`,
    );
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

  it("puts a large one in blocks, and lists them in the order of the content", async () => {
    let refused = 0;
    const connection = await start((request) => {
      // One block fails once, and is sent again.
      const isFirst = request.query.get("blockid") === Buffer.from("00000000").toString("base64");
      return { status: isFirst && refused++ === 0 ? 503 : 201 };
    });
    const sent: number[] = [];
    const piece = (letter: string) => Buffer.alloc(700 * 1024, letter);
    const content = Readable.from([..."abcde"].map(piece));
    const { bytes } = await uploadBuildSource(connection, `${server.origin}/c/b?sig=s`, content, {
      onProgress: (done) => sent.push(done),
    });
    expect(bytes).toBe(3500 * 1024);
    expect(Math.max(...sent)).toBe(bytes);
    const blocks = new Map(
      server.requests
        .filter((request) => request.query.get("comp") === "block")
        .map((request) => [request.query.get("blockid"), request.body]),
    );
    const list = server.requests.at(-1);
    expect(list?.query.get("comp")).toBe("blocklist");
    const listed = [...(list?.body ?? "").matchAll(/<Latest>(.*?)<\/Latest>/g)].map((m) => m[1]);
    const sizes = listed.map((id) => blocks.get(id ?? "")?.length);
    expect(sizes).toEqual([1024, 1024, 1024, 428].map((kilobytes) => kilobytes * 1024));
    const whole = listed.map((id) => blocks.get(id ?? "")).join("");
    expect(whole === "abcde".replace(/./g, (letter) => letter.repeat(700 * 1024))).toBe(true);
  });

  it("stops at a block that is refused", async () => {
    const connection = await start(() => ({ status: 403 }));
    const content = Readable.from(Array.from({ length: 50 }, () => Buffer.alloc(1 << 20)));
    const error = await failureOf(
      uploadBuildSource(connection, `${server.origin}/c/b?sig=s`, content),
    );
    expect(error.code).toBe("azure.forbidden");
    expect(content.destroyed).toBe(true);
    expect(server.requests.some((request) => request.query.get("comp") === "blocklist")).toBe(
      false,
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
