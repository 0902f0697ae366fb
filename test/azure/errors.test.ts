import { createHttpHeaders, createPipelineRequest, RestError } from "@azure/core-rest-pipeline";
import { describe, expect, it } from "vitest";
import { translateAzureError } from "../../src/azure/errors.js";
import { RunnerctlError } from "../../src/errors/runnerctl-error.js";

function answer(status: number, body?: unknown, headers: Record<string, string> = {}): RestError {
  const request = createPipelineRequest({ url: "https://management.azure.com/x" });
  return new RestError("the service's words", {
    statusCode: status,
    request,
    response: {
      status,
      request,
      headers: createHttpHeaders(headers),
      bodyAsText: body === undefined ? "" : JSON.stringify(body),
    },
  });
}

function noAnswer(code: string): RestError {
  return new RestError("failed", {
    code,
    request: createPipelineRequest({ url: "https://management.azure.com/x" }),
  });
}

const what = {
  doing: "reading the vault",
  resource: "The vault kv-x",
  permission: "Microsoft.KeyVault/vaults/secrets/setSecret/action",
};

describe("translateAzureError", () => {
  it.each<[string, RestError, string, number]>([
    ["401", answer(401), "azure.unauthorized", 3],
    ["403 without a code", answer(403), "azure.forbidden", 3],
    [
      "403 by firewall",
      answer(403, { error: { code: "Forbidden", innererror: { code: "ForbiddenByFirewall" } } }),
      "azure.networkForbidden",
      3,
    ],
    ["404", answer(404, { error: { code: "ResourceGroupNotFound" } }), "azure.notFound", 4],
    ["409", answer(409, { error: { code: "Conflict", message: "busy" } }), "azure.conflict", 5],
    ["429", answer(429, undefined, { "retry-after": "17" }), "azure.throttled", 5],
    ["400", answer(400, { error: { code: "BadRequest", message: "no" } }), "azure.rejected", 5],
    ["500", answer(500), "azure.unavailable", 5],
    ["504", answer(504), "azure.unavailable", 5],
    ["408", answer(408), "azure.timedOut", 8],
    ["name unknown", noAnswer("ENOTFOUND"), "azure.unreachable", 5],
    ["refused", noAnswer("ECONNREFUSED"), "azure.unreachable", 5],
    ["untrusted certificate", noAnswer("SELF_SIGNED_CERT_IN_CHAIN"), "azure.unreachable", 5],
    ["time out", noAnswer("ETIMEDOUT"), "azure.timedOut", 8],
  ])("%s", (_title, error, code, exitCode) => {
    const translated = translateAzureError(error, what);
    expect(translated).toBeInstanceOf(RunnerctlError);
    const known = translated as RunnerctlError;
    expect(known.code).toBe(code);
    expect(known.exitCode).toBe(exitCode);
    expect(known.hint).toBeTruthy();
    expect(known.message).toContain("reading the vault");
    expect(known.cause).toBe(error);
  });

  it("falls back on the permission that the call needs", () => {
    const error = translateAzureError(
      answer(403, { error: { code: "Forbidden", innererror: { code: "ForbiddenByRbac" } } }),
      what,
    ) as RunnerctlError;
    expect(error.message).toContain("Microsoft.KeyVault/vaults/secrets/setSecret/action");
    expect(error.hint).toContain("Key Vault Secrets Officer");
  });

  it("does not decide by message text", () => {
    const error = translateAzureError(
      answer(400, { error: { code: "X", message: "AuthorizationFailed: not found, throttled" } }),
      what,
    ) as RunnerctlError;
    expect(error.code).toBe("azure.rejected");
  });

  it("gives an abort the exit code of an interrupt", () => {
    const abort = Object.assign(new Error("The operation was aborted."), { name: "AbortError" });
    expect(translateAzureError(abort, what)).toMatchObject({ code: "interrupted", exitCode: 130 });
  });

  it("leaves defects alone", () => {
    const defect = new TypeError("x is not a function");
    expect(translateAzureError(defect, what)).toBe(defect);
  });
});
