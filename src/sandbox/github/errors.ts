import { SandboxHttpError } from "../ports.js";

export const restDocs = "https://docs.github.com/rest";

/**
 * An error in GitHub's shape: `message`, `documentation_url`, `status` and, for 422, `errors`.
 * https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api
 */
export function makeGithubError(
  status: number,
  message: string,
  more: {
    readonly docs?: string | undefined;
    readonly errors?: unknown;
    readonly headers?: Record<string, string>;
  } = {},
): SandboxHttpError {
  return new SandboxHttpError(status, `GitHub${status}`, message, {
    ...(more.headers === undefined ? {} : { headers: more.headers }),
    body: {
      message,
      ...(more.errors === undefined ? {} : { errors: more.errors }),
      documentation_url: more.docs ?? restDocs,
      status: String(status),
    },
  });
}

export function makeNotFound(docs?: string): SandboxHttpError {
  return makeGithubError(404, "Not Found", { docs });
}
