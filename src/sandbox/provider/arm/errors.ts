import { STATUS_CODES } from "node:http";
import type { HttpReply } from "../http/client.js";
import { asJson, asText } from "../http/json.js";

/** An answer of Azure Resource Manager that is not a success. */
export class ArmError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly reason: string,
    /** The whole, as azurerm words it. */
    text: string,
  ) {
    super(text);
  }
}

/** https://learn.microsoft.com/azure/azure-resource-manager/management/common-error-codes */
export function armErrorOfReply(reply: HttpReply): ArmError {
  const { code, message } = readErrorBody(reply.text);
  const phrase = STATUS_CODES[reply.status] ?? "";
  const status = `unexpected status ${reply.status} (${reply.status} ${phrase})`;
  return new ArmError(
    reply.status,
    code,
    message,
    code === "" && message === "" ? status : `${status} with error: ${code}: ${message}`,
  );
}

/** The end of an asynchronous operation that did not succeed. */
export function armErrorOfOperation(status: string, error: unknown): ArmError {
  const { code, message } = readError(error);
  return new ArmError(
    0,
    code,
    message,
    "polling failed: the Azure API returned the following error:\n\n" +
      `Status: ${JSON.stringify(status)}\nCode: ${JSON.stringify(code)}\nMessage: ${JSON.stringify(message)}`,
  );
}

function readErrorBody(text: string): { code: string; message: string } {
  try {
    const body = asJson(JSON.parse(text));
    return readError(body["error"] ?? body["odata.error"] ?? body);
  } catch {
    return { code: "", message: text.slice(0, 500) };
  }
}

function readError(error: unknown): { code: string; message: string } {
  const fields = asJson(error);
  const nested = asText(asJson(fields["message"])["value"]);
  return {
    code: asText(fields["code"]) ?? "",
    message: asText(fields["message"]) ?? nested ?? asText(fields["error_description"]) ?? "",
  };
}
