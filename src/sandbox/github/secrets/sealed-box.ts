import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  timingSafeEqual,
  type JsonWebKey,
} from "node:crypto";
import { hashBlake2b } from "./blake2b.js";
import { authenticatePoly1305 } from "./poly1305.js";
import { deriveBoxKey, makeStream } from "./xsalsa20.js";

export interface SealingKey {
  /** To be kept. */
  readonly privateKey: JsonWebKey;
  /** Base64 of the 32 bytes that clients seal with. */
  readonly publicKey: string;
}

export function makeSealingKey(): SealingKey {
  const privateKey = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  return {
    privateKey,
    publicKey: Buffer.from(privateKey.x ?? "", "base64url").toString("base64"),
  };
}

/**
 * The message of one of libsodium's sealed boxes, in which clients send secrets; undefined when this
 * key does not open it. https://docs.github.com/rest/guides/encrypting-secrets-for-the-rest-api and
 * https://doc.libsodium.org/public-key_cryptography/sealed_boxes
 */
export function openSealedBox(box: Buffer, key: SealingKey): Buffer | undefined {
  if (box.length < 48) return undefined;
  const sender = box.subarray(0, 32);
  const tag = box.subarray(32, 48);
  const sealed = box.subarray(48);
  const shared = agree(sender, key);
  if (shared === undefined) return undefined;
  const nonce = hashBlake2b(Buffer.concat([sender, Buffer.from(key.publicKey, "base64")]), 24);
  const stream = makeStream(deriveBoxKey(shared), nonce, 32 + sealed.length);
  if (!timingSafeEqual(authenticatePoly1305(sealed, stream.subarray(0, 32)), tag)) return undefined;
  return Buffer.from(sealed.map((byte, index) => byte ^ (stream[32 + index] ?? 0)));
}

function agree(sender: Buffer, key: SealingKey): Buffer | undefined {
  try {
    return diffieHellman({
      privateKey: createPrivateKey({ key: key.privateKey, format: "jwk" }),
      publicKey: createPublicKey({
        key: { kty: "OKP", crv: "X25519", x: sender.toString("base64url") },
        format: "jwk",
      }),
    });
  } catch {
    // A point of small order, with which nothing can be agreed.
    return undefined;
  }
}
