/**
 * As much DER as an X.509 certificate takes (ITU-T X.690): https://datatracker.ietf.org/doc/html/rfc5280#section-4.1
 */

function encodeLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Buffer.from([0x80 | bytes.length, ...bytes]);
}

export function encodeTagged(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content]);
}

export const encodeSequence = (...parts: Buffer[]): Buffer => encodeTagged(0x30, ...parts);
export const encodeSet = (...parts: Buffer[]): Buffer => encodeTagged(0x31, ...parts);
export const encodeOctetString = (...parts: Buffer[]): Buffer => encodeTagged(0x04, ...parts);
export const encodeUtf8 = (text: string): Buffer => encodeTagged(0x0c, Buffer.from(text, "utf8"));
export const encodeTrue = (): Buffer => encodeTagged(0x01, Buffer.from([0xff]));

/** A context-specific, constructed tag: `[number] EXPLICIT`. */
export const encodeExplicit = (number: number, ...parts: Buffer[]): Buffer =>
  encodeTagged(0xa0 | number, ...parts);

/** A context-specific, primitive tag: `[number] IMPLICIT`. */
export const encodeImplicit = (number: number, ...parts: Buffer[]): Buffer =>
  encodeTagged(0x80 | number, ...parts);

/** A positive integer of any size. */
export function encodeInteger(bytes: Buffer): Buffer {
  const first = bytes[0] ?? 0;
  return encodeTagged(0x02, first & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes);
}

export function encodeBitString(bytes: Buffer, unusedBits = 0): Buffer {
  return encodeTagged(0x03, Buffer.from([unusedBits]), bytes);
}

export function encodeObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const group = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      group.unshift((left & 0x7f) | 0x80);
    }
    bytes.push(...group);
  }
  return encodeTagged(0x06, Buffer.from(bytes));
}

/** GeneralizedTime to the second, in UTC. */
export function encodeTime(date: Date): Buffer {
  const text = date.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  // RFC 5280 wants UTCTime until 2049.
  return date.getUTCFullYear() < 2050
    ? encodeTagged(0x17, Buffer.from(`${text.slice(2)}Z`, "ascii"))
    : encodeTagged(0x18, Buffer.from(`${text}Z`, "ascii"));
}
