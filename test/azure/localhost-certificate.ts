import { generateKeyPairSync, sign } from "node:crypto";
import {
  encodeBitString,
  encodeExplicit,
  encodeImplicit,
  encodeInteger,
  encodeObjectId,
  encodeOctetString,
  encodeSequence,
  encodeSet,
  encodeTime,
  encodeUtf8,
} from "../../src/sandbox/der.js";

/** A self-signed certificate for localhost that is its own authority, good for a day. */
export function createLocalhostCertificate(): { readonly key: string; readonly cert: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = encodeSequence(encodeObjectId("1.2.840.10045.4.3.2"));
  const name = encodeSequence(
    encodeSet(encodeSequence(encodeObjectId("2.5.4.3"), encodeUtf8("localhost"))),
  );
  const alternativeName = encodeSequence(
    encodeObjectId("2.5.29.17"),
    encodeOctetString(encodeSequence(encodeImplicit(2, Buffer.from("localhost")))),
  );
  const body = encodeSequence(
    encodeExplicit(0, encodeInteger(Buffer.from([2]))),
    encodeInteger(Buffer.from([1])),
    algorithm,
    name,
    encodeSequence(
      encodeTime(new Date(Date.now() - 3_600_000)),
      encodeTime(new Date(Date.now() + 86_400_000)),
    ),
    name,
    publicKey.export({ type: "spki", format: "der" }),
    encodeExplicit(3, encodeSequence(alternativeName)),
  );
  const certificate = encodeSequence(
    body,
    algorithm,
    encodeBitString(sign("sha256", body, privateKey)),
  );
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`,
  };
}
