import { createHmac, timingSafeEqual } from "node:crypto";

/** The storage account that holds build contexts and logs, as the first segment of the blob path. */
export const storageAccount = "blob";

const sasVersion = "2018-11-09";

export interface SasRequest {
  readonly container: string;
  readonly blob: string;
  /** In Azure's order: `racwd`. */
  readonly permissions: string;
  readonly startsOn: Date;
  readonly expiresOn: Date;
}

/**
 * A service SAS for one blob.
 * https://learn.microsoft.com/rest/api/storageservices/create-service-sas
 */
export function createSas(key: Buffer, request: SasRequest): string {
  const query = new URLSearchParams({
    sv: sasVersion,
    st: withoutMilliseconds(request.startsOn),
    se: withoutMilliseconds(request.expiresOn),
    sr: "b",
    sp: request.permissions,
  });
  query.set("sig", sign(key, request.container, request.blob, query));
  return query.toString();
}

export type SasProblem = "missing" | "malformed" | "signature" | "expired" | "permission";

/** Undefined when the query's SAS allows `permission` (any one of its letters) on the blob. */
export function findSasProblem(
  key: Buffer,
  target: { container: string; blob: string },
  query: URLSearchParams,
  permission: string,
  now: Date,
): SasProblem | undefined {
  const signature = query.get("sig");
  if (signature === null) return "missing";
  const expiry = Date.parse(query.get("se") ?? "");
  if (Number.isNaN(expiry) || query.get("sr") !== "b") return "malformed";
  const expected = Buffer.from(sign(key, target.container, target.blob, query));
  const given = Buffer.from(signature);
  if (expected.length !== given.length || !timingSafeEqual(expected, given)) return "signature";
  const start = query.get("st");
  if (now.getTime() >= expiry) return "expired";
  // A clock may run a little behind the one that signed.
  if (start !== null && now.getTime() < Date.parse(start) - 300_000) return "expired";
  const granted = query.get("sp") ?? "";
  return [...permission].some((letter) => granted.includes(letter)) ? undefined : "permission";
}

function sign(key: Buffer, container: string, blob: string, query: URLSearchParams): string {
  const field = (name: string) => query.get(name) ?? "";
  const text = [
    field("sp"),
    field("st"),
    field("se"),
    `/blob/${storageAccount}/${container}/${blob}`,
    field("si"),
    field("sip"),
    field("spr"),
    field("sv"),
    field("sr"),
    "", // snapshot time
    field("rscc"),
    field("rscd"),
    field("rsce"),
    field("rscl"),
    field("rsct"),
  ].join("\n");
  return createHmac("sha256", key).update(text, "utf8").digest("base64");
}

function withoutMilliseconds(date: Date): string {
  return date.toISOString().replace(/\.\d{3}Z$/, "Z");
}
