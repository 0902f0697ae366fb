import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
} from "@azure/core-rest-pipeline";

export type Fetch = (url: string, init?: FetchInit) => Promise<Response>;

export interface FetchInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | null;
  readonly signal?: AbortSignal | null;
}

/**
 * A fetch that honours HTTPS_PROXY, HTTP_PROXY and NO_PROXY and takes certificates of one's own:
 * Node's own fetch does neither on the versions that we support. Redirects (renamed repositories)
 * are followed; retries are the caller's business.
 */
export function createFetch(options: { readonly ca?: string | undefined }): Fetch {
  const pipeline = createPipelineFromOptions({
    ...(options.ca === undefined ? {} : { tlsOptions: { ca: options.ca } }),
  });
  pipeline.removePolicy({ name: "defaultRetryPolicy" });
  // Octokit names itself.
  pipeline.removePolicy({ name: "userAgentPolicy" });
  pipeline.removePolicy({ name: "setClientRequestIdPolicy" });
  const client = createDefaultHttpClient();
  return async (url, init = {}) => {
    const response = await pipeline.sendRequest(
      client,
      createPipelineRequest({
        url,
        method: (init.method ?? "GET") as HttpMethods,
        headers: createHttpHeaders({ ...init.headers }),
        ...(typeof init.body === "string" ? { body: init.body } : {}),
        ...(init.signal === undefined || init.signal === null ? {} : { abortSignal: init.signal }),
      }),
    );
    const hasBody = response.status !== 204 && response.status !== 205 && response.status !== 304;
    const result = new Response(hasBody ? (response.bodyAsText ?? "") : null, {
      status: response.status,
      headers: response.headers.toJSON(),
    });
    // After redirects; only the platform's own fetch can set it otherwise.
    return Object.defineProperty(result, "url", { value: response.request.url });
  };
}
