import {
  X509Certificate,
  createHash,
  generateKeyPairSync,
  randomBytes,
  sign,
  type KeyObject,
} from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  encodeBitString,
  encodeExplicit,
  encodeImplicit,
  encodeInteger,
  encodeObjectId,
  encodeOctetString,
  encodeSequence,
  encodeSet,
  encodeTagged,
  encodeTime,
  encodeTrue,
  encodeUtf8,
} from "./der.js";
import { storageHost } from "./storage-host.js";

export interface SandboxCertificates {
  readonly ca: { readonly pem: string; readonly file: string };
  readonly key: string;
  readonly cert: string;
}

const day = 24 * 60 * 60 * 1000;
const lifetime = 365 * day;
/** Renewed when less than this is left, so that a long-lived state directory never serves an expired one. */
const renewWithin = 30 * day;

const ecdsaWithSha256 = encodeSequence(encodeObjectId("1.2.840.10045.4.3.2"));

/**
 * The sandbox's own CA and its certificate for loopback names. Kept in the state directory, so that
 * a shell pointed at the sandbox stays valid after a restart. Wall-clock time, not the sandbox's:
 * clients check against theirs.
 */
export function loadCertificates(directory: string): SandboxCertificates {
  const files = {
    ca: join(directory, "ca.pem"),
    cert: join(directory, "server.pem"),
    key: join(directory, "server.key"),
  };
  if (!Object.values(files).every((file) => existsSync(file)) || isOutdated(files.cert)) {
    const made = makeCertificates(new Date());
    writeFileSync(files.ca, made.ca);
    writeFileSync(files.cert, made.cert);
    writeFileSync(files.key, made.key, { mode: 0o600 });
  }
  return {
    ca: { pem: readFileSync(files.ca, "utf8"), file: files.ca },
    cert: readFileSync(files.cert, "utf8"),
    key: readFileSync(files.key, "utf8"),
  };
}

/** About to expire, or made before it had all the names that it needs. */
function isOutdated(file: string): boolean {
  try {
    const certificate = new X509Certificate(readFileSync(file));
    const left = Date.parse(certificate.validTo) - Date.now();
    return left < renewWithin || certificate.checkHost(storageHost) === undefined;
  } catch {
    return true;
  }
}

/** The CA's private key is dropped at once: nobody can have it sign anything else. */
function makeCertificates(now: Date): { ca: string; cert: string; key: string } {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const issuer = encodeName(`runnerctl sandbox CA ${randomBytes(4).toString("hex")}`);
  const authorityId = keyIdentifier(authority.publicKey);
  const ca = signCertificate(authority.privateKey, {
    issuer,
    subject: issuer,
    publicKey: authority.publicKey,
    now,
    extensions: [
      // basicConstraints: a CA that may sign no further CA.
      encodeExtension(
        "2.5.29.19",
        true,
        encodeSequence(encodeTrue(), encodeInteger(Buffer.from([0]))),
      ),
      // keyUsage: keyCertSign, cRLSign.
      encodeExtension("2.5.29.15", true, encodeBitString(Buffer.from([0x06]), 1)),
      encodeExtension("2.5.29.14", false, encodeOctetString(authorityId)),
    ],
  });
  const cert = signCertificate(authority.privateKey, {
    issuer,
    subject: encodeName("localhost"),
    publicKey: server.publicKey,
    now,
    extensions: [
      encodeExtension("2.5.29.19", true, encodeSequence()),
      // keyUsage: digitalSignature.
      encodeExtension("2.5.29.15", true, encodeBitString(Buffer.from([0x80]), 7)),
      // extendedKeyUsage: serverAuth.
      encodeExtension("2.5.29.37", false, encodeSequence(encodeObjectId("1.3.6.1.5.5.7.3.1"))),
      encodeExtension(
        "2.5.29.17",
        false,
        encodeSequence(
          encodeImplicit(2, Buffer.from("localhost", "ascii")),
          encodeImplicit(2, Buffer.from(storageHost, "ascii")),
          encodeImplicit(7, Buffer.from([127, 0, 0, 1])),
          encodeImplicit(7, Buffer.from([...new Array<number>(15).fill(0), 1])),
        ),
      ),
      encodeExtension("2.5.29.14", false, encodeOctetString(keyIdentifier(server.publicKey))),
      encodeExtension("2.5.29.35", false, encodeSequence(encodeImplicit(0, authorityId))),
    ],
  });
  return {
    ca,
    cert,
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface CertificateContent {
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly publicKey: KeyObject;
  readonly now: Date;
  readonly extensions: readonly Buffer[];
}

function signCertificate(authority: KeyObject, content: CertificateContent): string {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const body = encodeSequence(
    encodeExplicit(0, encodeInteger(Buffer.from([2]))),
    encodeInteger(serial),
    ecdsaWithSha256,
    content.issuer,
    encodeSequence(
      // A day back: a client whose clock is a little behind still accepts it.
      encodeTime(new Date(content.now.getTime() - day)),
      encodeTime(new Date(content.now.getTime() + lifetime)),
    ),
    content.subject,
    content.publicKey.export({ type: "spki", format: "der" }),
    encodeExplicit(3, encodeSequence(...content.extensions)),
  );
  const certificate = encodeSequence(
    body,
    ecdsaWithSha256,
    encodeBitString(sign("sha256", body, authority)),
  );
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function encodeName(commonName: string): Buffer {
  return encodeSequence(
    encodeSet(encodeSequence(encodeObjectId("2.5.4.3"), encodeUtf8(commonName))),
  );
}

function encodeExtension(id: string, critical: boolean, value: Buffer): Buffer {
  return encodeSequence(
    encodeObjectId(id),
    ...(critical ? [encodeTagged(0x01, Buffer.from([0xff]))] : []),
    encodeOctetString(value),
  );
}

function keyIdentifier(key: KeyObject): Buffer {
  const point = key.export({ type: "spki", format: "der" }).subarray(-65);
  return createHash("sha1").update(point).digest();
}
