import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
  type Pipeline,
} from "@azure/core-rest-pipeline";
import { retryOptions, tlsOptions, userAgentOptions } from "./client-options.js";

export interface HttpRequest {
  readonly method: HttpMethods;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | string;
  readonly signal?: AbortSignal | undefined;
  /** Blob addresses with a signature of their own may be plain HTTP on a cloud of one's own. */
  readonly allowHttp?: boolean;
}

export interface HttpResponse {
  readonly status: number;
  header(name: string): string | undefined;
  readonly text: string;
  readonly bytes: Uint8Array;
}

export type HttpSender = (request: HttpRequest) => Promise<HttpResponse>;

/**
 * The Azure SDKs' own pipeline (proxies from the environment, retries, Retry-After), for the few
 * calls that no SDK of ours makes: blobs by SAS address, and the description of a cloud.
 */
export function createHttpSender(options: {
  readonly ca?: string;
  readonly version?: string;
}): HttpSender {
  const tls = options.ca === undefined ? undefined : tlsOptions(options.ca);
  const pipeline: Pipeline = createPipelineFromOptions({
    retryOptions,
    userAgentOptions: userAgentOptions(options.version),
    ...(tls === undefined ? {} : { tlsOptions: tls }),
  });
  const client = createDefaultHttpClient();
  return async (request) => {
    const response = await pipeline.sendRequest(
      client,
      createPipelineRequest({
        method: request.method,
        url: request.url,
        headers: createHttpHeaders(request.headers),
        allowInsecureConnection: request.allowHttp === true,
        // Status "any": hand the body over as a stream, so that bytes stay bytes.
        streamResponseStatusCodes: new Set([Number.POSITIVE_INFINITY]),
        ...(request.body === undefined ? {} : { body: request.body }),
        ...(request.signal === undefined ? {} : { abortSignal: request.signal }),
      }),
    );
    const bytes = await readAll(response.readableStreamBody);
    return {
      status: response.status,
      header: (name) => response.headers.get(name),
      bytes,
      get text() {
        return new TextDecoder().decode(bytes);
      },
    };
  };
}

async function readAll(stream: NodeJS.ReadableStream | undefined): Promise<Uint8Array> {
  if (stream === undefined) return new Uint8Array();
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array | string));
  return Buffer.concat(chunks);
}
