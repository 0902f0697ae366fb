import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
  verify,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import type { Clock, Collection } from "../ports.js";

export interface TokenClaims {
  readonly [claim: string]: unknown;
}

export interface DecodedToken {
  readonly header: { readonly alg?: string; readonly kid?: string };
  readonly claims: TokenClaims;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Signs the sandbox's access tokens (RS256) and tells its own from others. */
export class TokenIssuer {
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  readonly keyId: string;

  constructor(
    keys: Collection<string>,
    private readonly clock: Clock,
  ) {
    let pem = keys.get("signing");
    if (pem === undefined) {
      pem = generateKeyPairSync("rsa", { modulusLength: 2048 })
        .privateKey.export({ type: "pkcs8", format: "pem" })
        .toString();
      keys.set("signing", pem);
    }
    this.privateKey = createPrivateKey(pem);
    this.publicKey = createPublicKey(this.privateKey);
    this.keyId = createHash("sha256")
      .update(this.publicKey.export({ type: "spki", format: "der" }))
      .digest("base64url")
      .slice(0, 27);
  }

  jwks(): { keys: JsonWebKey[] } {
    return {
      keys: [
        { ...this.publicKey.export({ format: "jwk" }), use: "sig", kid: this.keyId, alg: "RS256" },
      ],
    };
  }

  issue(claims: TokenClaims, lifetimeSeconds: number): string {
    const now = Math.floor(this.clock.now().getTime() / 1000);
    const header = { typ: "JWT", alg: "RS256", kid: this.keyId };
    const payload = {
      ...claims,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      uti: randomUUID(),
      ver: "1.0",
    };
    const signed = `${encodePart(header)}.${encodePart(payload)}`;
    const signature = sign("sha256", Buffer.from(signed), this.privateKey).toString("base64url");
    return `${signed}.${signature}`;
  }

  /** The claims of a token that this sandbox signed; undefined for anything else. Expiry is the caller's. */
  verify(token: string): TokenClaims | undefined {
    const decoded = decodeToken(token);
    if (decoded === undefined || decoded.header.alg !== "RS256") return undefined;
    return verify("sha256", decoded.signed, this.publicKey, decoded.signature)
      ? decoded.claims
      : undefined;
  }
}

function encodePart(value: unknown): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}

export function decodeToken(token: string): DecodedToken | undefined {
  const [header, payload, signature, ...rest] = token.split(".");
  if (header === undefined || payload === undefined || signature === undefined || rest.length > 0) {
    return undefined;
  }
  try {
    return {
      header: JSON.parse(
        Buffer.from(header, "base64url").toString("utf8"),
      ) as DecodedToken["header"],
      claims: JSON.parse(Buffer.from(payload, "base64url").toString("utf8")) as TokenClaims,
      signed: Buffer.from(`${header}.${payload}`),
      signature: Buffer.from(signature, "base64url"),
    };
  } catch {
    return undefined;
  }
}
