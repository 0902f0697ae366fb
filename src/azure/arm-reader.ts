import {
  bearerTokenAuthenticationPolicy,
  createDefaultHttpClient,
  createPipelineFromOptions,
  createPipelineRequest,
  RestError,
} from "@azure/core-rest-pipeline";
import { callOptions, managementOptions } from "./client-options.js";
import type { AzureConnection } from "./connection.js";
import { callAzure } from "./errors.js";

/** Plain reads of Resource Manager: they need no SDK of their own. */
export interface ArmReader {
  /** The resource as it goes over the wire; undefined when there is none. */
  get(id: string, apiVersion: string): Promise<unknown>;
  /** All elements of a collection, page after page; undefined when there is no such collection. */
  list(id: string, apiVersion: string): Promise<readonly unknown[] | undefined>;
}

export function createArmReader(connection: AzureConnection): ArmReader {
  const options = managementOptions(connection);
  const pipeline = createPipelineFromOptions(options);
  pipeline.addPolicy(
    bearerTokenAuthenticationPolicy({
      credential: connection.credential,
      scopes: options.credentialScopes,
    }),
    { phase: "Sign" },
  );
  const http = createDefaultHttpClient();

  function fetchPage(id: string, url: string): Promise<unknown> {
    return callAzure(
      { doing: `reading ${id}`, permission: readAction(id), scope: id },
      async () => {
        const request = createPipelineRequest({ url, ...callOptions(connection.signal) });
        const response = await pipeline.sendRequest(http, request);
        if (response.status === 404) return undefined;
        if (response.status !== 200) {
          throw new RestError(`HTTP ${response.status}`, {
            statusCode: response.status,
            request,
            response,
          });
        }
        return JSON.parse(response.bodyAsText ?? "{}") as unknown;
      },
    );
  }

  const urlOf = (id: string, apiVersion: string): string =>
    `${options.endpoint}${id}?api-version=${apiVersion}`;

  return {
    get: (id, apiVersion) => fetchPage(id, urlOf(id, apiVersion)),
    async list(id, apiVersion) {
      const items: unknown[] = [];
      let next: string | undefined = urlOf(id, apiVersion);
      while (next !== undefined) {
        const page = (await fetchPage(id, next)) as
          { value?: unknown[]; nextLink?: string } | undefined;
        if (page === undefined) return undefined;
        items.push(...(page.value ?? []));
        next = page.nextLink || undefined;
      }
      return items;
    },
  };
}

/** `Microsoft.KeyVault/vaults/read` for the id of a vault. */
function readAction(id: string): string {
  const type = /\/providers\/([^/]+\/[^/]+)\/[^/]+$/.exec(id)?.[1];
  return type === undefined
    ? "Microsoft.Resources/subscriptions/resourceGroups/read"
    : `${type}/read`;
}
