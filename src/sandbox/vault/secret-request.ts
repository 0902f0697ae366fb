import type { SandboxRequest } from "../ports.js";
import type { SecretSettings } from "./secret-store.js";
import { badParameter } from "./vault-errors.js";

/** https://learn.microsoft.com/azure/key-vault/secrets/about-secrets: 25k bytes a value. */
const largestValue = 25 * 1024;
const largestPage = 25;

export function checkName(name: string): void {
  if (!/^[0-9a-zA-Z-]{1,127}$/.test(name)) {
    throw badParameter(`The request URI contains an invalid name: ${name}`);
  }
}

/** The SDKs write the parameter's own name percent-encoded, which decoding has undone by now. */
export function checkApiVersion(request: SandboxRequest): void {
  const version = request.query.get("api-version");
  if (version === null || version === "") throw badParameter("api-version must be specified");
  if (!/^(7\.\d(-preview(\.\d)?)?|2016-10-01|2025-\d\d-\d\d(-preview)?)$/.test(version)) {
    throw badParameter(
      `The specified version (${version}) is not recognized. Consider using the latest supported version (2025-07-01).`,
    );
  }
}

export function parseSecret(body: unknown): { value: string; settings: SecretSettings } {
  const { value } = asObject(body);
  if (typeof value !== "string") throw badParameter("Property value has invalid value");
  if (Buffer.byteLength(value, "utf8") > largestValue) {
    throw badParameter(
      `Secret value exceeds the maximum of ${largestValue} bytes: ${Buffer.byteLength(value, "utf8")}`,
    );
  }
  return { value, settings: parseSettings(body) };
}

export function parseSettings(body: unknown): SecretSettings {
  const { contentType, tags, attributes } = asObject(body);
  if (contentType !== undefined && contentType !== null && typeof contentType !== "string") {
    throw badParameter("Property contentType has invalid value");
  }
  return {
    ...(typeof contentType === "string" ? { contentType } : {}),
    ...(tags === undefined || tags === null ? {} : { tags: parseTags(tags) }),
    ...(attributes === undefined || attributes === null
      ? {}
      : { attributes: parseAttributes(attributes) }),
  };
}

/** Slices a listing; the token is opaque to clients. */
export function pageOf<T>(
  request: SandboxRequest,
  base: string,
  all: readonly T[],
): { items: readonly T[]; nextLink: string | null } {
  const given = request.query.get("maxresults");
  const size = given === null ? largestPage : Number(given);
  if (!Number.isInteger(size) || size < 1 || size > largestPage) {
    throw badParameter(`Invalid value for maxresults: it must be between 1 and ${largestPage}.`);
  }
  const token = request.query.get("$skiptoken");
  const start = token === null ? 0 : Number(Buffer.from(token, "base64url").toString("utf8"));
  if (!Number.isInteger(start) || start < 0) throw badParameter("Invalid $skiptoken.");
  const items = all.slice(start, start + size);
  if (start + size >= all.length) return { items, nextLink: null };
  const next = new URLSearchParams({
    "api-version": request.query.get("api-version") ?? "",
    $skiptoken: Buffer.from(String(start + size)).toString("base64url"),
    maxresults: String(size),
  });
  return { items, nextLink: `${base}?${next.toString()}` };
}

function parseTags(value: unknown): Record<string, string> {
  const entries = Object.entries(asObject(value));
  if (entries.length > 15) throw badParameter("A secret can have at most 15 tags.");
  for (const [name, tag] of entries) {
    if (typeof tag !== "string" || tag.length > 256 || name.length > 256) {
      throw badParameter(`The tag '${name}' has an invalid name or value.`);
    }
  }
  return Object.fromEntries(entries) as Record<string, string>;
}

function parseAttributes(value: unknown): NonNullable<SecretSettings["attributes"]> {
  const { enabled, nbf, exp } = asObject(value);
  const seconds = (name: string, given: unknown): number | undefined => {
    if (given === undefined || given === null) return undefined;
    if (typeof given !== "number")
      throw badParameter(`Property attributes.${name} has invalid value`);
    return given;
  };
  if (enabled !== undefined && enabled !== null && typeof enabled !== "boolean") {
    throw badParameter("Property attributes.enabled has invalid value");
  }
  const from = seconds("nbf", nbf);
  const until = seconds("exp", exp);
  return {
    ...(typeof enabled === "boolean" ? { enabled } : {}),
    ...(from === undefined ? {} : { nbf: from }),
    ...(until === undefined ? {} : { exp: until }),
  };
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw badParameter("The request body must be a JSON object.");
  }
  return value as Record<string, unknown>;
}
