import { createPublicKey, verify, type JsonWebKey } from "node:crypto";
import { request as requestHttps } from "node:https";
import type { Clock } from "../ports.js";
import type { FederatedCredential } from "./directory.js";
import { makeEntraError } from "./errors.js";
import { decodeToken, type DecodedToken } from "./tokens.js";

export interface AssertionContext {
  readonly clock: Clock;
  readonly ca: string;
}

/**
 * Accepts a client assertion as workload identity federation does: issuer, subject and audience equal
 * those of one federated credential, and the issuer's published keys verify it.
 * https://learn.microsoft.com/entra/workload-id/workload-identity-federation
 */
export async function verifyAssertion(
  assertion: string,
  credentials: readonly FederatedCredential[],
  context: AssertionContext,
): Promise<void> {
  const token = decodeToken(assertion);
  if (token === undefined) {
    throw makeEntraError(401, "invalid_client", 50027, "JWT token is invalid or malformed.");
  }
  const { iss: issuer, sub: subject, aud: audience } = token.claims;
  matchCredential(credentials, String(issuer), String(subject), audience);
  checkTimes(token, context.clock);
  const keys = await fetchKeys(String(issuer), context.ca);
  const key = keys.find((candidate) => candidate.kid === token.header.kid) ?? keys[0];
  const good =
    token.header.alg === "RS256" &&
    key !== undefined &&
    verify(
      "sha256",
      token.signed,
      createPublicKey({ key: key as JsonWebKey, format: "jwk" }),
      token.signature,
    );
  if (!good) {
    throw makeEntraError(
      401,
      "invalid_client",
      5000281,
      "The signature of the client assertion could not be verified with the issuer's keys.",
    );
  }
}

function matchCredential(
  credentials: readonly FederatedCredential[],
  issuer: string,
  subject: string,
  audience: unknown,
): void {
  const none = "No matching federated identity record found for presented assertion";
  const ofIssuer = credentials.filter((credential) => credential.issuer === issuer);
  if (ofIssuer.length === 0) {
    throw makeEntraError(401, "invalid_client", 700211, `${none} issuer '${issuer}'.`);
  }
  const ofSubject = ofIssuer.filter((credential) => credential.subject === subject);
  if (ofSubject.length === 0) {
    throw makeEntraError(401, "invalid_client", 700213, `${none} subject '${subject}'.`);
  }
  const given: unknown[] = Array.isArray(audience) ? audience : [audience];
  if (
    !ofSubject.some((credential) => given.some((one) => credential.audiences.includes(String(one))))
  ) {
    throw makeEntraError(401, "invalid_client", 700212, `${none} audience '${given.join(" ")}'.`);
  }
}

function checkTimes(token: DecodedToken, clock: Clock): void {
  const now = clock.now().getTime() / 1000;
  const { exp, nbf } = token.claims;
  // Five minutes of grace for the start, as clocks differ; none for the end.
  if (typeof exp !== "number" || exp < now || (typeof nbf === "number" && nbf > now + 300)) {
    throw makeEntraError(
      401,
      "invalid_client",
      700024,
      "Client assertion is not within its valid time range.",
    );
  }
}

type PublishedKey = JsonWebKey & { readonly kid?: string };

/** The issuer is the sandbox's own GitHub, or another server on loopback; nothing else is ever called. */
async function fetchKeys(issuer: string, ca: string): Promise<PublishedKey[]> {
  const base = issuer.replace(/\/+$/, "");
  const configuration = (await getJson(`${base}/.well-known/openid-configuration`, ca)) as {
    jwks_uri?: string;
  };
  const keys = (await getJson(configuration.jwks_uri ?? "", ca)) as { keys?: PublishedKey[] };
  return keys.keys ?? [];
}

async function getJson(address: string, ca: string): Promise<unknown> {
  const unreachable = (why: string): Error =>
    makeEntraError(
      400,
      "invalid_request",
      50166,
      `The issuer's metadata at '${address}' could not be read: ${why}.`,
    );
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw unreachable("not a URL");
  }
  if (url.protocol !== "https:") throw unreachable("an issuer is addressed by https");
  if (!["localhost", "127.0.0.1"].includes(url.hostname)) {
    throw unreachable("the sandbox calls loopback only");
  }
  return await new Promise<unknown>((resolve, reject) => {
    const sent = requestHttps(url, { ca, timeout: 5000 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => {
        try {
          resolve(JSON.parse(text));
        } catch {
          reject(unreachable(`status ${response.statusCode} and no JSON`));
        }
      });
    });
    sent.on("timeout", () => sent.destroy(unreachable("timed out")));
    sent.on("error", (error) => reject(unreachable(error.message)));
    sent.end();
  });
}
