import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineFromOptions,
  createPipelineRequest,
  type HttpMethods,
  type PipelineResponse,
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
  // It drops the credential even on the way to the same host.
  pipeline.removePolicy({ name: "redirectPolicy" });
  const client = createDefaultHttpClient();
  return async (url, init = {}) => {
    let address = url;
    let response = await send(address, init);
    for (let hops = 0; hops < mostHops; hops += 1) {
      const next = redirectOf(address, response);
      if (next === undefined) break;
      address = next;
      response = await send(address, init);
    }
    const hasBody = response.status !== 204 && response.status !== 205 && response.status !== 304;
    const result = new Response(hasBody ? (response.bodyAsText ?? "") : null, {
      status: response.status,
      headers: response.headers.toJSON(),
    });
    // After redirects; only the platform's own fetch can set it otherwise.
    return Object.defineProperty(result, "url", { value: address });
  };

  function send(url: string, init: FetchInit): Promise<PipelineResponse> {
    return pipeline.sendRequest(
      client,
      createPipelineRequest({
        url,
        method: (init.method ?? "GET") as HttpMethods,
        headers: createHttpHeaders({ ...init.headers }),
        ...(typeof init.body === "string" ? { body: init.body } : {}),
        ...(init.signal === undefined || init.signal === null ? {} : { abortSignal: init.signal }),
      }),
    );
  }
}

const mostHops = 3;

/**
 * Where GitHub sends a call for a repository that was renamed or transferred: same method, same
 * body. The credential goes to the same origin and nowhere else.
 * https://docs.github.com/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
 */
function redirectOf(url: string, response: PipelineResponse): string | undefined {
  const location = response.headers.get("location");
  if (location === undefined || ![301, 302, 307, 308].includes(response.status)) return undefined;
  if (!URL.canParse(location, url)) return undefined;
  const next = new URL(location, url);
  return next.origin === new URL(url).origin ? next.href : undefined;
}
