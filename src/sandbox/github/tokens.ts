import { createPublicKey, randomBytes, verify } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { makeGithubError } from "./errors.js";
import type { AppRecord, TokenRecord } from "./records.js";
import { hashSecret, type GithubStore } from "./store.js";

export type Caller =
  | { readonly kind: "anonymous" }
  /** Authenticated by a JWT signed with an App's private key. */
  | { readonly kind: "app"; readonly app: AppRecord }
  | { readonly kind: "token"; readonly token: TokenRecord; readonly hash: string };

/** Prefixes as GitHub gives them: https://github.blog/engineering/behind-githubs-new-authentication-token-formats */
const prefixes = {
  classic: "ghp_",
  "fine-grained": "github_pat_",
  installation: "ghs_",
  job: "ghs_",
} as const;

/** Makes a token; its value is returned once and kept nowhere. */
export function issueToken(
  store: GithubStore,
  token: Omit<TokenRecord, "id">,
): { readonly value: string; readonly record: TokenRecord } {
  const length = token.kind === "fine-grained" ? 82 : 36;
  const value = prefixes[token.kind] + makeRandomText(length);
  const record = { id: store.nextId("token"), ...token };
  store.tokens.set(hashSecret(value), record);
  return { value, record };
}

export function makeRandomText(length: number): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  return [...randomBytes(length)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** Throws GitHub's 401 for credentials that are wrong, expired or revoked. */
export function authenticate(store: GithubStore, headers: IncomingHttpHeaders): Caller {
  const credential = readCredential(headers.authorization);
  if (credential === undefined) return { kind: "anonymous" };
  if (credential.split(".").length === 3) {
    return { kind: "app", app: verifyAppJwt(store, credential) };
  }
  const hash = hashSecret(credential);
  const token = store.tokens.get(hash);
  if (token === undefined || isExpired(store, token)) throw makeGithubError(401, "Bad credentials");
  const installation =
    token.installationId === null
      ? undefined
      : store.installations.get(String(token.installationId));
  if (installation !== undefined && installation.suspendedAt !== null) {
    throw makeGithubError(403, "This installation has been suspended");
  }
  return { kind: "token", token, hash };
}

function readCredential(header: string | undefined): string | undefined {
  const [scheme, value] = header?.trim().split(/\s+/, 2) ?? [];
  if (scheme === undefined) return undefined;
  if (value === undefined) return "";
  if (scheme.toLowerCase() !== "basic") return value;
  const [user = "", ...password] = Buffer.from(value, "base64").toString("utf8").split(":");
  return password.join(":") || user;
}

function isExpired(store: GithubStore, token: TokenRecord): boolean {
  return token.expiresAt !== null && Date.parse(token.expiresAt) <= store.clock.now().getTime();
}

/**
 * `iat` at most 60 s ahead, `exp` at most ten minutes ahead, `iss` the App's id or client id, RS256.
 * https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app
 */
export function verifyAppJwt(store: GithubStore, jwt: string): AppRecord {
  const [head = "", payload = "", signature = ""] = jwt.split(".");
  const header = decodePart(head);
  const claims = decodePart(payload);
  if (header?.alg !== "RS256" || claims === undefined) throw unauthorized(undecodable);
  const now = store.clock.now().getTime() / 1000;
  const { iss, iat, exp } = claims;
  const app = store.apps
    .entries()
    .map(([, candidate]) => candidate)
    .find((candidate) => String(iss) === String(candidate.id) || iss === candidate.clientId);
  if (iss === undefined || iss === "") {
    throw unauthorized("'Issuer' claim ('iss') must be an Integer");
  }
  if (app === undefined) throw makeGithubError(404, "Integration not found");
  const signed = Buffer.from(`${head}.${payload}`);
  const key = createPublicKey(app.publicKeyPem);
  if (!verify("RSA-SHA256", signed, key, Buffer.from(signature, "base64url"))) {
    throw unauthorized(undecodable);
  }
  if (typeof exp !== "number" || exp <= now) {
    throw unauthorized(
      "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
    );
  }
  if (exp > now + 600 + 60) {
    throw unauthorized("'Expiration time' claim ('exp') is too far in the future");
  }
  if (typeof iat !== "number" || iat > now + 60) {
    throw unauthorized(
      "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    );
  }
  return app;
}

const undecodable = "A JSON web token could not be decoded";

export function makeJwtRequired(): Error {
  return unauthorized(undecodable);
}

function unauthorized(message: string): Error {
  return makeGithubError(401, message);
}

function decodePart(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
