import { SandboxHttpError } from "../ports.js";

/** https://learn.microsoft.com/rest/api/keyvault/#error-response */
export function vaultError(
  status: number,
  code: string,
  message: string,
  options: { innerCode?: string; headers?: Record<string, string> } = {},
): SandboxHttpError {
  const inner = options.innerCode === undefined ? {} : { innererror: { code: options.innerCode } };
  return new SandboxHttpError(status, code, message, {
    body: { error: { code, message, ...inner } },
    ...(options.headers === undefined ? {} : { headers: options.headers }),
  });
}

export function badParameter(message: string): SandboxHttpError {
  return vaultError(400, "BadParameter", message);
}

export function secretNotFound(name: string): SandboxHttpError {
  return vaultError(
    404,
    "SecretNotFound",
    `A secret with (name/id) ${name} was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182`,
  );
}

export function deletedSecretNotFound(name: string): SandboxHttpError {
  return vaultError(404, "SecretNotFound", `Deleted Secret not found: ${name}`);
}
