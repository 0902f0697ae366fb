import { SandboxHttpError } from "../ports.js";

/** https://distribution.github.io/distribution/spec/api/#errors-2 */
export type RegistryErrorCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DENIED"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "TAG_INVALID"
  | "TAG_UNKNOWN"
  | "UNAUTHORIZED"
  | "UNSUPPORTED";

export function registryError(
  status: number,
  code: RegistryErrorCode,
  message: string,
  options: { detail?: unknown; headers?: Record<string, string> } = {},
): SandboxHttpError {
  const body = {
    errors: [
      { code, message, ...(options.detail === undefined ? {} : { detail: options.detail }) },
    ],
  };
  return new SandboxHttpError(status, code, message, {
    body,
    headers: { "Docker-Distribution-Api-Version": "registry/2.0", ...options.headers },
  });
}

export function manifestUnknown(reference: string): SandboxHttpError {
  const byDigest = reference.startsWith("sha256:");
  return registryError(
    404,
    "MANIFEST_UNKNOWN",
    byDigest
      ? `manifest ${reference} is not found`
      : `manifest tagged by "${reference}" is not found`,
    { detail: byDigest ? { Digest: reference } : { Tag: reference } },
  );
}

export function nameUnknown(repository: string): SandboxHttpError {
  return registryError(404, "NAME_UNKNOWN", `repository "${repository}" is not found`, {
    detail: { name: repository },
  });
}
