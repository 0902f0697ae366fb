import type { AzureConnection } from "./connection.js";

/** 429 and 503 with Retry-After are waited for as Azure says, whatever the delays here. */
export const retryOptions = { maxRetries: 4, retryDelayInMs: 400, maxRetryDelayInMs: 15_000 };

export function userAgentOptions(version: string | undefined): { userAgentPrefix: string } {
  return { userAgentPrefix: `runnerctl/${version ?? "0.0.0"}` };
}

const tlsByCertificates = new Map<string, { readonly ca: string }>();

/** The same object for the same certificates: the pipeline keeps one set of connections for each object. */
export function tlsOptions(ca: string): { readonly ca: string } {
  const known = tlsByCertificates.get(ca);
  if (known !== undefined) return known;
  const created = { ca };
  tlsByCertificates.set(ca, created);
  return created;
}

export interface PipelineOptions {
  readonly retryOptions: typeof retryOptions;
  readonly userAgentOptions: { userAgentPrefix: string };
  readonly tlsOptions?: { readonly ca: string };
}

export function pipelineOptions(
  connection: Pick<AzureConnection, "ca" | "version">,
): PipelineOptions {
  return {
    retryOptions,
    userAgentOptions: userAgentOptions(connection.version),
    ...(connection.ca === undefined ? {} : { tlsOptions: tlsOptions(connection.ca) }),
  };
}

/** For the clients of Azure Resource Manager. */
export function managementOptions(
  connection: AzureConnection,
): PipelineOptions & { readonly endpoint: string; readonly credentialScopes: string } {
  return {
    ...pipelineOptions(connection),
    endpoint: connection.endpoints.resourceManager,
    credentialScopes: `${connection.endpoints.resourceManagerAudience}/.default`,
  };
}

/** Passed to each call: undefined must not be passed as a value under exact optional types. */
export function callOptions(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}
