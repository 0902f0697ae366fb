import { RestError } from "@azure/core-rest-pipeline";
import type { AzureConnection } from "./connection.js";
import { callAzure } from "./errors.js";
import { createHttpSender, type HttpSender } from "./http.js";

/** Largest range read at once, so that an old, long log does not come in one piece. */
const rangeSize = 1024 * 1024;

/**
 * A build's log: an append blob that grows while the build runs. Each read asks for what comes
 * after the last byte seen, so that a lost connection costs nothing and repeats nothing. The blob's
 * metadata says when nothing more will come.
 * https://learn.microsoft.com/rest/api/storageservices/get-blob
 */
export class BuildLogReader {
  private readonly send: HttpSender;
  private readonly decoder = new TextDecoder("utf-8");
  private url: string | undefined;
  private offset = 0;
  private partial = "";
  private ended = false;

  constructor(
    private readonly connection: AzureConnection,
    /** Asks for the log's address, whose signature is good for some time only. */
    private readonly askForUrl: () => Promise<string>,
  ) {
    this.send = createHttpSender(connection);
  }

  /** Whether the blob says that it is whole, and all of it has been read. */
  get complete(): boolean {
    return this.ended;
  }

  /** Lines that have been written since the last call; the last, unfinished line waits for its end. */
  async readNewLines(): Promise<string[]> {
    return callAzure({ doing: "reading the log of the image build" }, async () => {
      while (!this.ended) {
        const chunk = await this.readRange();
        if (chunk === undefined) break;
        // Kept at once: should the next request fail, these bytes are not asked for again.
        this.partial += this.decoder.decode(chunk, { stream: true });
      }
      return this.takeLines();
    });
  }

  /** What is left when the build is over: a last line without an end. */
  finish(): string[] {
    const rest = this.partial + this.decoder.decode();
    this.partial = "";
    return rest === "" ? [] : [rest];
  }

  private async readRange(): Promise<Uint8Array | undefined> {
    const range = `bytes=${this.offset}-${this.offset + rangeSize - 1}`;
    let response = await this.request("GET", { "x-ms-range": range, range });
    if (response.status === 403) {
      // A build outlives the signature of its log's address: another one reads on.
      this.url = undefined;
      response = await this.request("GET", { "x-ms-range": range, range });
    }
    if (response.status === 404) return undefined;
    const complete = isComplete((name) => response.header(name));
    if (response.status === 416) {
      this.ended = complete || (await this.askWhetherComplete());
      return undefined;
    }
    if (response.status !== 200 && response.status !== 206) {
      throw new RestError(`the blob store answered with HTTP ${response.status}`, {
        statusCode: response.status,
      });
    }
    // A server that ignores ranges sends everything from the start.
    const bytes = response.status === 200 ? response.bytes.subarray(this.offset) : response.bytes;
    this.offset += bytes.length;
    this.ended = complete && this.offset >= totalSize(response.header("content-range"));
    return bytes.length === 0 ? undefined : bytes;
  }

  private async askWhetherComplete(): Promise<boolean> {
    const response = await this.request("HEAD", {});
    return (
      response.status === 200 &&
      isComplete((name) => response.header(name)) &&
      Number(response.header("content-length") ?? 0) <= this.offset
    );
  }

  private async request(method: "GET" | "HEAD", headers: Record<string, string>) {
    this.url ??= await this.askForUrl();
    return this.send({
      method,
      url: this.url,
      headers: { "x-ms-version": "2021-08-06", ...headers },
      signal: this.connection.signal,
      allowHttp: this.connection.allowCustomAuthority,
    });
  }

  private takeLines(): string[] {
    const lines = this.partial.split("\n");
    this.partial = lines.pop() ?? "";
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }
}

type HeaderReader = (name: string) => string | undefined;

/** Agents write `complete` or `Complete` with how it ended as its value. */
function isComplete(header: HeaderReader): boolean {
  const value = header("x-ms-meta-complete");
  return value !== undefined && value !== "";
}

function totalSize(contentRange: string | undefined): number {
  const total = /\/(\d+)$/.exec(contentRange ?? "")?.[1];
  return total === undefined ? 0 : Number(total);
}
